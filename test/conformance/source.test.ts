/** What every source of metrics has to hold, with history or without. A source registers itself at the end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RetryLaterError, SourceError } from '../../lib/base/errors.ts';
import type { SourceSettings } from '../../lib/config/source-settings.ts';
import type { Deadline } from '../../lib/models/framework/contract.ts';
import { describeSeries } from '../../lib/source/matrix-response.ts';
import {
  type DetectorSource,
  MAX_SERIES,
  type MatrixSeries,
  type MetricMatrix,
  type MetricSource,
  type SourceWithHistory,
} from '../../lib/source/metric-source.ts';
import { openSource } from '../../lib/source/open-source.ts';
import { createClusterSource } from '../helpers/cluster-source.ts';
import { answerQueries, answerText, startFakePrometheus } from '../helpers/fake-prometheus.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';

/** By query, what a source is to find. */
type Known = Readonly<Record<string, readonly KnownSeries[] | 'refused'>>;

interface KnownSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** By epoch ms; undefined where there is no sample. */
  readonly valueAt: (time: number) => number | undefined;
}

interface World {
  readonly known: Known;
  readonly deadline: Deadline;
}

/** A source over a world; a query that is `refused` there can never be answered. It is asked at NOW. */
type Implementation = (world: World) => Promise<{ readonly source: MetricSource } & AsyncDisposable>;

const STEP = 60_000;
const START = 1_700_000_040_000;
const END = START + 10 * STEP;
const NOW = END + 30_000;
const NO_LIMIT: Deadline = { remaining: () => Number.POSITIVE_INFINITY };

const gauge = (pod: string, valueAt: KnownSeries['valueAt'] = () => 1): KnownSeries => ({
  labels: { pod },
  valueAt,
});

function runSuite(name: string, open: Implementation): void {
  /** Hands over the source of a detector with a metric for each query of `known`. */
  async function over(
    known: Known,
    work: (opened: DetectorSource, source: MetricSource) => Promise<void>,
    deadline: Deadline = NO_LIMIT,
  ): Promise<void> {
    await using implementation = await open({ known, deadline });
    const { source } = implementation;
    await work(source.forDetector(detectorOf(Object.keys(known))), source);
  }

  describe(`source: ${name}`, () => {
    test('answers with a matrix a metric, in the order of the manifest, empty where there is nothing', () =>
      over({ memory: [gauge('a')], nothing: [], cpu: [gauge('a'), gauge('b')] }, async (opened) => {
        assert.deepEqual(
          (await read(opened)).map((matrix) => [matrix.name, matrix.query, matrix.series.length]),
          [
            ['metric of memory', 'memory', 1],
            ['metric of nothing', 'nothing', 0],
            ['metric of cpu', 'cpu', 2],
          ],
        );
      }));

    test('tells series apart by their labels, whatever they are called', () => {
      const labels: readonly Readonly<Record<string, string>>[] = [
        { pod: 'a', node: 'n' },
        { pod: 'a', node: 'm' },
        { ['__proto__']: 'x', constructor: 'y' },
        { pod: 'é "quoted" \\ 漢\n' },
        {},
      ];
      const known = labels.map((each, at) => ({ labels: each, valueAt: () => at }));
      return over({ cpu: known }, async (opened) => {
        const [matrix] = await read(opened);
        const told = new Map(matrix!.series.map((series) => [describeSeries(series.labels), series]));
        assert.equal(matrix!.series.length, labels.length);
        for (const [at, each] of labels.entries())
          assert.equal(told.get(describeSeries(each))?.values[0], at, describeSeries(each));
      });
    });

    test('times ascend without doubles, and never come from after now', () =>
      over({ cpu: [gauge('a'), gauge('b', sparse)] }, async (opened) => {
        for (const { times, values } of await readSeries(opened)) {
          assert.equal(times.length, values.length);
          for (const [at, time] of times.entries()) {
            assert.ok(at === 0 || time > times[at - 1]!, `${time} after ${times[at - 1]}`);
            assert.ok(time <= NOW, `${time}`);
          }
        }
      }));

    test('what is no finite number is NaN, and a sample all the same', () =>
      over(
        { cpu: [gauge('a', () => NaN), gauge('b', () => Infinity), gauge('c', () => 0)] },
        async (opened) => {
          for (const { labels, values } of await readSeries(opened)) {
            assert.ok(values.length > 0, labels.pod);
            assert.ok(
              values.every((value) => Object.is(value, labels.pod === 'c' ? 0 : NaN)),
              labels.pod,
            );
          }
        },
      ));

    test('says the same when it is asked again, and of another detector only what that one watches', () =>
      over({ cpu: [gauge('a', byTime)], memory: [gauge('b')] }, async (opened, source) => {
        const first = await read(opened);
        assert.deepEqual(await read(opened), first);
        assert.deepEqual(await read(source.forDetector(detectorOf(['memory']))), [first[1]]);
        assert.deepEqual(await read(source.forDetector(detectorOf([]))), []);
      }));

    test('a metric that cannot be answered is an error that quotes it, and never a part of the answer', () =>
      over({ cpu: [gauge('a')], broken_query: 'refused' }, async (opened, source) => {
        await assert.rejects(read(opened), isSourceError(undefined, /broken_query/));
        assert.equal((await readSeries(source.forDetector(detectorOf(['cpu'])))).length, 1);
      }));

    test('the same labels twice are an error', () =>
      over({ cpu: [gauge('a'), gauge('a', () => 2)] }, (opened) =>
        assert.rejects(read(opened), isSourceError('duplicate-series', /a/)),
      ));

    test(`${MAX_SERIES} series of a metric are an answer, and one more is refused and not cut`, async () => {
      const pods = Array.from({ length: MAX_SERIES }, (_, at) => gauge(`p${at}`));
      await over({ cpu: pods }, async (opened) =>
        assert.equal((await readSeries(opened, lastCell)).length, MAX_SERIES),
      );
      await over({ cpu: [...pods, gauge('one more')] }, (opened) =>
        assert.rejects(read(opened, lastCell), isSourceError('too-many-series', new RegExp(`${MAX_SERIES}`))),
      );
    });

    test('without time left it can be asked later', () =>
      over({ cpu: [gauge('a')] }, (opened) => assert.rejects(read(opened), isRetryLater('deadline')), {
        remaining: () => 0,
      }));

    test('what was called off is no answer', () =>
      over({ cpu: [gauge('a')] }, async (opened) => {
        const signal = AbortSignal.abort(new Error('no longer wanted'));
        await assert.rejects(read(opened, { signal }), isRetryLater('aborted'));
        assert.equal((await readSeries(opened)).length, 1);
      }));

    test('a source with history keeps to the grid and the range, and one without gives one sample', () =>
      over({ cpu: [gauge('a', byTime), gauge('b', sparse)] }, async (opened) => {
        const [all, some] = await readSeries(opened);
        if (!opened.history) {
          assert.deepEqual([all!.times.length, some!.times.length], [1, 1]);
          return;
        }
        const cells = Array.from({ length: 10 }, (_, cell) => START + cell * STEP);
        assert.deepEqual([...all!.times], cells);
        assert.deepEqual([...all!.values], cells.map(byTime));
        assert.deepEqual(
          [...some!.times],
          cells.filter((time) => sparse(time) !== undefined),
        );
      }));

    test('a source with history gives a range in parts as it gives the whole', () =>
      over({ cpu: [gauge('a', byTime)] }, async (opened) => {
        if (!opened.history) return;
        const middle = START + 4 * STEP;
        const parts = [
          ...(await readSeries(opened, { start: START, end: middle })),
          ...(await readSeries(opened, { start: middle, end: END })),
        ];
        const [whole] = await readSeries(opened);
        assert.deepEqual(
          parts.flatMap(({ times }) => [...times]),
          [...whole!.times],
        );
        assert.deepEqual(
          parts.flatMap(({ values }) => [...values]),
          [...whole!.values],
        );
      }));

    test('a source with history gives a long range whole', () =>
      over({ cpu: [gauge('a', byTime)] }, async (opened) => {
        if (!opened.history) return;
        const cells = 30_000;
        const [series] = await readSeries(opened, { start: END - cells * 1000, end: END, step: 1000 });
        assert.equal(series!.times.length, cells);
        for (const [cell, time] of series!.times.entries()) assert.equal(time, END - (cells - cell) * 1000);
      }));

    test('a range before all data is empty, and one that is no whole number of steps an error', () =>
      over({ cpu: [gauge('a', (time) => (time < START ? undefined : 1))] }, async (opened) => {
        if (!opened.history) return;
        const before = await readSeries(opened, { start: START - 5 * STEP, end: START });
        assert.equal(
          before.reduce((sum, { times }) => sum + times.length, 0),
          0,
        );
        for (const end of [START, START + STEP / 2, START - STEP])
          await assert.rejects(read(opened, { end }), isSourceError('bad-range', new RegExp(`${end}`)));
      }));
  });
}

type Asked = Partial<Parameters<SourceWithHistory['readRange']>[0]>;

/** As many series as there may be need no more than one cell. */
const lastCell: Asked = { start: END - STEP };

/** What there is from START to END, or now. */
function read(opened: DetectorSource, asked: Asked = {}): Promise<readonly MetricMatrix[]> {
  if (opened.history) return opened.readRange({ start: START, end: END, step: STEP, ...asked });
  return opened.readNow(asked.signal ? { signal: asked.signal } : {});
}

async function readSeries(opened: DetectorSource, asked?: Asked): Promise<readonly MatrixSeries[]> {
  return (await read(opened, asked)).flatMap(({ series }) => series);
}

function detectorOf(queries: readonly string[]): Parameters<MetricSource['forDetector']>[0] {
  const metrics = queries.map((query) => ({ name: `metric of ${query}`, query }));
  return { name: 'shop', metrics, entityLabels: ['pod'] };
}

function byTime(time: number): number {
  return (time - START) / 1000;
}

/** Missing in every third cell, and there now. */
function sparse(time: number): number | undefined {
  return Math.floor((time - START) / STEP) % 3 === 2 ? undefined : 1;
}

function isSourceError(code: string | undefined, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SourceError, String(error));
    if (code !== undefined) assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

function isRetryLater(code: string): (error: unknown) => boolean {
  return (error) => error instanceof RetryLaterError && error.code === code;
}

/** Of every kind that settings can name: the type check says which one is missing. */
const BY_SETTINGS: { readonly [Kind in SourceSettings['kind']]: Implementation } = {
  prometheus: async ({ known, deadline }) => {
    const answer = answerQueries((query) => {
      const series = known[query] as readonly KnownSeries[];
      return series.map(({ labels, valueAt }) => ({ labels, valueAt: (time) => asPromQL(valueAt(time)) }));
    });
    const refuse = answerText(422, '{"status":"error","errorType":"execution","error":"no such thing"}');
    const fake = await startFakePrometheus((response, request) =>
      (known[request.fields.query!] === 'refused' ? refuse : answer)(response, request),
    );
    const source = await openSource(
      { kind: 'prometheus', url: fake.url, auth: { kind: 'none' }, headers: {} },
      {
        deadline,
        telemetry: createMemoryTelemetry(),
        now: () => NOW,
        random: () => 0,
        readSecret: async (arn) => assert.fail(arn),
        readFile: async (path) => assert.fail(path),
        credentials: async () => assert.fail('credentials'),
      },
    );
    return { source, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() };
  },
};

/** PromQL's words for what is no finite number. */
function asPromQL(value: number | undefined): number | string | undefined {
  return value === Number.POSITIVE_INFINITY ? '+Inf' : value;
}

for (const [kind, open] of Object.entries(BY_SETTINGS)) runSuite(kind, open);

runSuite('a cluster in memory, which has no history', async ({ known, deadline }) => ({
  source: createClusterSource(
    (query) => {
      const gauges = known[query]!;
      if (gauges === 'refused') throw new SourceError('query-rejected', `the cluster refused ${query}`);
      return gauges;
    },
    { now: () => NOW, deadline },
  ),
  [Symbol.asyncDispose]: async () => {},
}));
