import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { RetryLaterError } from '../../../../../lib/base/errors.ts';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import type { Checkpoint, ModelState } from '../../../../../lib/models/framework/contract.ts';
import { getModel } from '../../../../../lib/models/registry.ts';
import { NO_DEADLINE, normalRows, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { DAY_ROWS, daily, halfHours, joinEntities, weekly } from './matrices.ts';

const RUN = { seed: 1, deadline: NO_DEADLINE };
const auto = await getModel('auto');
const PARAMS = auto.parseParams({});

interface Members {
  readonly members: readonly { readonly weight: number; readonly state: { readonly kind: string } }[];
}

function membersOf({ json }: ModelState): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (json as unknown as Members).members.map(({ weight, state }) => [state.kind, weight]),
  );
}

test('several metrics: mahalanobis leads, pca counts half as much', async () => {
  const fitted = await auto.fit(toMatrix(normalRows(3000, 3, 1)), PARAMS, RUN);
  const weights = membersOf(fitted.save());
  assert.deepEqual(Object.keys(weights), ['mahalanobis', 'pca']);
  assert.ok(Math.abs(weights['mahalanobis']! - 2 / 3) < 1e-12);
});

test('a single metric, however many constant ones beside it: shape counts as much, novelty half', async () => {
  const x = toMatrix(normalRows(3000, 2, 1).map((row) => [row[0]!, 4]));
  const weights = membersOf((await auto.fit(x, PARAMS, RUN)).save());
  assert.deepEqual(weights, { mahalanobis: 0.4, pca: 0.4, 'nearest-value': 0.2 });
});

test('a week is a season that the others do not know: seasonal joins, and the report says why', async () => {
  const fitted = await auto.fit(halfHours(28 * DAY_ROWS, [weekly, weekly]), PARAMS, RUN);
  assert.deepEqual(Object.keys(membersOf(fitted.save())), ['mahalanobis', 'pca', 'seasonal']);
  const { notes } = fitted.summary;
  assert.ok(
    notes.some((note) => /^seasonal counts half as much: a season of 1w \(100 % of the series\)/.test(note)),
    notes.join('\n'),
  );
  const day = await auto.fit(halfHours(28 * DAY_ROWS, [daily, daily]), PARAMS, RUN);
  assert.deepEqual(Object.keys(membersOf(day.save())), ['mahalanobis', 'pca']);
});

test('a weekday’s load on a Sunday stands out beside Sundays as they are', async () => {
  const fitted = await auto.fit(halfHours(28 * DAY_ROWS, [weekly, weekly]), PARAMS, RUN);
  const x = halfHours(7 * DAY_ROWS, [weekly, weekly], 9);
  const usual = await fitted.score(x);
  const from = 6 * DAY_ROWS + 20;
  for (let row = from; row < from + 10; row++)
    x.values.fill(weekly(row - 5 * DAY_ROWS), 2 * row, 2 * row + 2);
  const scores = await fitted.score(x);
  const highest = usual.subarray(fitted.unscoredRows).reduce((a, b) => Math.max(a, b));
  assert.ok(
    scores.subarray(from, from + 3).every((score) => score > highest),
    `${scores.slice(from, from + 10)} beside ${highest}`,
  );
});

test('the report has the profile, the members with their reasons, and the backtest', async () => {
  const { notes } = (await auto.fit(toMatrix(normalRows(6000, 3, 1)), PARAMS, RUN)).summary;
  const said = notes.join('\n');
  assert.match(said, /^The training has 6,000 rows of one entity over 4\.2 days, 3 series in all\./);
  assert.match(said, /\nNo season was found/);
  assert.match(said, /\nThe metrics have a correlation of 0\.0\d with each other/);
  assert.match(said, /\nmahalanobis leads: 3 metrics that vary are judged together/);
  assert.match(said, /\nBacktest, \d+ faults planted into the newest quarter/);
  assert.match(said, /\nmahalanobis: No metric follows the time of day/);
  assert.ok(
    notes.every((note) => /[.!?]$/.test(note)),
    said,
  );
});

test('a past too short for a backtest is fitted without one, and that is said', async () => {
  const { notes } = (await auto.fit(toMatrix(normalRows(300, 3, 1)), PARAMS, RUN)).summary;
  assert.ok(
    notes.includes('300 rows are too few to hold some back: there was no backtest.'),
    notes.join('\n'),
  );
});

test('rows with a label are no part of what is usual', async () => {
  const table = normalRows(4000, 2, 1);
  const labels = new Uint8Array(4000).fill(1, 3500, 3600);
  const odd = table.map((row, i) => (labels[i] === 1 ? [9, -9] : row));
  const probe = toMatrix([...normalRows(100, 2, 5), [9, -9]]);
  const score = async (given: { labels?: Uint8Array }): Promise<number> =>
    (await (await auto.fit(toMatrix(odd), PARAMS, { ...RUN, ...given })).score(probe))[100]!;
  assert.ok((await score({ labels })) > 1.2 * (await score({})));
});

test('a fit over several runs is the one that a single run makes', async () => {
  const x = toMatrix(normalRows(2000, 3, 1));
  const single = await auto.fit(x, PARAMS, RUN);
  let stored: ModelState | undefined;
  const checkpoint: Checkpoint = {
    read: async () => stored,
    write: async (state) => {
      stored = structuredClone(state);
    },
  };
  let runs = 0;
  for (;;) {
    runs++;
    const before = stored;
    // Time until something is written.
    const deadline = { remaining: () => (stored === before ? Number.POSITIVE_INFINITY : 0) };
    try {
      const fitted = await auto.fit(x, PARAMS, { ...RUN, checkpoint, deadline });
      assert.deepEqual(fitted.save(), single.save());
      assert.deepEqual(fitted.summary, single.summary);
      break;
    } catch (error) {
      assert.ok(error instanceof RetryLaterError, `${error}`);
    }
  }
  // A trial and a fit for each of two members, one to a run.
  assert.equal(runs, 4);
});

test('more columns than pca takes are judged without it, and that is said', async () => {
  const wide = toMatrix(normalRows(60, 1100, 1));
  const fitted = await auto.fit(wide, PARAMS, RUN);
  assert.deepEqual(membersOf(fitted.save()), { mahalanobis: 1 });
  assert.ok(
    fitted.summary.notes.some((note) => note.startsWith('pca is left out: pca: 1100 columns')),
    fitted.summary.notes.join('\n'),
  );
});

test('the first format still loads, is what it was, and saves as it was', async () => {
  const file = new URL('../../../../fixtures/models/auto.v1.json', import.meta.url);
  const { state, arrays } = JSON.parse(readFileSync(file, 'utf8'));
  const types = { Float32Array, Float64Array, Int32Array, Uint8Array };
  const stored: ModelState = {
    ...state,
    arrays: Object.fromEntries(
      arrays.map(({ name, type, base64 }: { name: string; type: keyof typeof types; base64: string }) => [
        name,
        new types[type](Uint8Array.from(Buffer.from(base64, 'base64')).buffer),
      ]),
    ),
  };
  const loaded = await auto.load(stored);
  assert.equal(loaded.kind, 'auto');
  assert.equal(loaded.unscoredRows, loaded.contextRows);
  assert.deepEqual(loaded.save(), stored);
});

test('a parameter is an error that names it: nothing has to be set, and nothing can be', () => {
  assert.throws(() => auto.parseParams({ members: [] }), { code: 'unknown-param', message: /members/ });
});

test('what was fitted can be loaded, a metric that is hardly ever measured included', async () => {
  const table = normalRows(4000, 2, 1);
  const x = toMatrix(table.map(([value], row) => [row % 20 === 0 ? value! : Number.NaN, 1]));
  const half = 2000;
  const pods = {
    ...x,
    entities: ['a', 'b'],
    entityOf: x.entityOf.map((_, row) => Number(row >= half)),
    times: x.times.map((_, row) => x.times[row % half]!),
  };
  const fitted = await auto.fit(pods, PARAMS, RUN);
  const loaded = await auto.load(fitted.save());
  assert.deepEqual(await loaded.score(pods), await fitted.score(pods));
});

test('a newborn entity beside a long one is no reason to refuse', async () => {
  const x = toMatrix(normalRows(205_000, 1, 1));
  const entityOf = x.entityOf.map((_, row) => Number(row >= 5));
  const fitted = await auto.fit({ ...x, entities: ['new', 'old'], entityOf }, PARAMS, RUN);
  assert.ok(
    fitted.summary.notes.some((note) => note.startsWith('Backtest')),
    fitted.summary.notes.join('\n'),
  );
});

test('a metric that was never measured is said to be that, whatever the number of entities', async () => {
  const x = joinEntities(
    Array.from({ length: 6 }, (_, seed) => halfHours(200, [daily, () => Number.NaN, () => 3], seed + 1)),
  );
  const values = x.values.map((value, i) => (i % 3 === 2 ? 3 : value));
  const { notes } = (await auto.fit({ ...x, values }, {}, RUN)).summary;
  assert.deepEqual(
    notes.filter((note) => /^m[12]\b/.test(note)),
    [
      'm1 had no value at all: nothing is said of it.',
      'm2 had one value throughout: any other value there is unusual.',
    ],
  );
});

test('a companion that would leave too few rows with a score is left out, and the report says so once', async () => {
  const fitYoung = async (rows: number): Promise<readonly string[]> => {
    const young = Array.from({ length: 40 }, (_, seed) => halfHours(rows, [daily], seed + 1));
    const x = joinEntities(young);
    const fitted = await auto.fit(x, {}, RUN);
    const about = fitted.summary.notes.filter((note) => /nearest-value (is left out|beside)/.test(note));
    return [...about, `${(await fitted.score(x)).filter(Number.isFinite).length} scored`];
  };
  // Its first 32 rows and the leader's first 10: of 75 rows each it takes 22 of 65 scores, of 76 a third.
  assert.deepEqual(await fitYoung(75), [
    'nearest-value is left out: it needs 32 rows of a series before its first score, which would leave 1720 of 2600 rows with one.',
    '2600 scored',
  ]);
  assert.deepEqual(await fitYoung(76), ['1760 scored']);
});

test('entities that are never old enough for the leader are judged row by row, and the report says why', async () => {
  const pods = (seed: number, lives: readonly number[]): FeatureMatrix =>
    joinEntities(lives.map((rows, i) => toMatrix(normalRows(rows, 2, seed + i))));
  const eights = Array.from({ length: 200 }, () => 8);
  const fitted = await auto.fit(pods(1, eights), PARAMS, RUN);
  assert.deepEqual(Object.keys(membersOf(fitted.save())), ['robust-z']);
  assert.match(fitted.summary.notes.join('\n'), /robust-z alone: of 1,600 rows, 0 lie behind the first 10/);
  const x = pods(501, eights.slice(0, 20));
  x.values[2 * 43] = 60;
  const scores = [...(await fitted.score(x))];
  assert.equal(scores.indexOf(Math.max(...scores)), 43);
  assert.ok(scores.every(Number.isFinite));

  const third = await auto.fit(pods(1, [...eights, 1000]), PARAMS, RUN);
  assert.deepEqual(Object.keys(membersOf(third.save()))[0], 'mahalanobis');
});

test('faults that lie in labelled rows are not judged by', async () => {
  const noise = normalRows(12_000, 2, 1);
  const x = toMatrix(noise.map((row, i) => (i < 6000 ? row : [1, 1])));
  const pods = {
    ...x,
    entities: ['moves', 'rests'],
    entityOf: x.entityOf.map((_, row) => Number(row >= 6000)),
    times: x.times.map((_, row) => x.times[row % 6000]!),
  };
  const labels = new Uint8Array(12_000).fill(1, 4400, 6000);
  const { notes } = (await auto.fit(pods, PARAMS, { ...RUN, labels })).summary;
  assert.ok(
    notes.every((note) => !note.includes('NaN')),
    notes.join('\n'),
  );
  assert.ok(
    notes.some((note) => /^\d faults fit into the newest part/.test(note)),
    notes.join('\n'),
  );
});

test('half a day is of the day: seasonal is not asked for it', async () => {
  const twice = (row: number): number => Math.sin((4 * Math.PI * row) / DAY_ROWS);
  const fitted = await auto.fit(halfHours(28 * DAY_ROWS, [twice, twice]), PARAMS, RUN);
  assert.deepEqual(Object.keys(membersOf(fitted.save())), ['mahalanobis', 'pca']);
});

test('where no metric varies the leader is alone, and says why', async () => {
  const x = toMatrix(Array.from({ length: 500 }, () => [3, 4]));
  const fitted = await auto.fit(x, PARAMS, RUN);
  assert.deepEqual(membersOf(fitted.save()), { mahalanobis: 1 });
  assert.ok(fitted.summary.notes.some((note) => note.startsWith('mahalanobis alone: no metric varied')));
});

test('too few rows, or too few without a label, are an error with both numbers', async () => {
  await assert.rejects(auto.fit(toMatrix(normalRows(19, 2, 1)), PARAMS, RUN), {
    code: 'too-few-rows',
    message: '19 rows, a fit takes at least 20',
  });
  const labels = new Uint8Array(100).fill(1, 5);
  await assert.rejects(auto.fit(toMatrix(normalRows(100, 2, 1)), PARAMS, { ...RUN, labels }), {
    code: 'too-few-rows',
    message: '5 of 100 rows are not labelled anomalous, a fit takes at least 20',
  });
});

test('twenty rows are fitted and scored', async () => {
  const x = toMatrix(normalRows(20, 2, 1));
  const fitted = await auto.fit(x, PARAMS, RUN);
  assert.ok((await fitted.score(x)).subarray(fitted.unscoredRows).every(Number.isFinite));
});
