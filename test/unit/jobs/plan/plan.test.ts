/** What is planned for a day, beside what a day's jobs ask of a bucket. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parseManifest } from '../../../../lib/config/manifest.ts';
import { KIND_FACTS } from '../../../../lib/config/model-kind.ts';
import { planDeployment } from '../../../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../../../lib/jobs/plan/price-table.ts';
import { requestsOfJob, requestsOfPlacing, requestsOfTraining } from '../../../../lib/jobs/plan/requests.ts';
import type { Usage } from '../../../../lib/jobs/plan/usage.ts';
import { type DayCounts, halfHourlyManifest, JOB_NAMES, runDay } from './simulated-day.ts';

/** Days of history before the day that is counted. */
const BEFORE = 1;
const PODS = ['pod-0', 'pod-1', 'pod-2'];
const SHAPES = [
  { name: 'half an hour', window: '30m', schedule: '30m', entities: PODS },
  { name: 'a quarter, four an hour', window: '15m', schedule: '1h', entities: PODS },
  {
    name: 'four hours, with few windows to look back on',
    window: '4h',
    schedule: '4h',
    entities: PODS.slice(1),
  },
  // Two of them are in each shard.
  {
    name: 'half an hour, in two shards',
    window: '30m',
    schedule: '30m',
    entities: ['a', 'b', 'c', 'd'],
    shards: 2,
  },
] as const;

for (const shape of SHAPES)
  describe(`a day of windows of ${shape.name}`, () => {
    let counted: DayCounts;
    let planned: Usage;
    let windowBytes: number;
    let scoreBytes: number;
    before(async () => {
      const manifest = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  detection_window: ${shape.window}
  schedule: ${shape.schedule}
  ingest_delay: 0
  backfill: 1d
  entity: [pod]
  shards: ${'shards' in shape ? shape.shards : 1}
  model: { kind: robust-z }
  training: { lookback: 1d, warmup: 100 }
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }]
`;
      counted = await runDay({
        detector: 'shop',
        manifest,
        entities: shape.entities,
        ...('shards' in shape && { shards: shape.shards }),
        metrics: ['cpu', 'memory'],
        before: BEFORE,
      });
      const plan = planDeployment(
        [
          {
            detector: parseManifest(manifest, { source: 'shop.yml' }),
            known: { entities: shape.entities.length },
          },
        ],
        { age: BEFORE + 0.5, detectorMetrics: true, prices: DEFAULT_PRICES },
      );
      planned = plan.total.usage;
      ({ windowBytes, scoreBytes } = plan.detectors[0]!.load);
    });

    for (const job of JOB_NAMES)
      it(`asks of the bucket what ${job} was planned to`, () => {
        const { requests } = planned.functions[job];
        for (const kind of ['reads', 'lists', 'writes'] as const)
          assertNear(requests[kind], counted.requests[job][kind], `${job}, ${kind}`);
        assertNear(planned.functions[job].runs, counted.runs[job], `${job}, runs`);
      });

    it('takes as many samples, windows and rows', () => {
      assertNear(planned.samples, counted.samples, 'samples');
      assertNear(planned.windows, counted.windows, 'windows');
      assertNear(planned.rows, counted.rows, 'rows');
    });

    it('writes as many bytes', () => {
      assertNear(windowBytes, counted.bytes.windows, 'bytes of a window');
      assertNear(scoreBytes, counted.bytes.scores, 'bytes of its scores');
    });
  });

for (const shards of [1, 2])
  it(`asks of the bucket what a training in a container was planned to, of ${shards} shards`, async () => {
    const manifest = halfHourlyManifest({ shards, lookback: '1d' });
    const day = { detector: 'shop', manifest, entities: ['a', 'b', 'c', 'd'], shards, metrics: ['cpu'] };
    const [inFunction, inContainer] = [
      await runDay({ ...day, before: BEFORE }),
      await runDay({ ...day, before: BEFORE, inContainers: true }),
    ];
    const detector = parseManifest(manifest, { source: 'shop.yml' });
    const { detectors, total } = planDeployment([{ detector, known: { entities: 4 } }], {
      age: BEFORE + 0.5,
      detectorMetrics: true,
      prices: DEFAULT_PRICES,
    });
    const windows = 48 * (BEFORE + 0.5);
    assert.equal(inContainer.runs.container, shards);
    for (const kind of ['reads', 'lists', 'writes'] as const) {
      const job = detectors.reduce((sum, { load }) => sum + requestsOfJob(load, { windows })[kind], 0);
      assertNear(job, inContainer.requests.container[kind], `container, ${kind}`);
      // The function's planned requests, less the trainings that it does not do.
      const place = detectors.reduce(
        (sum, { load }) => sum + requestsOfPlacing(load)[kind] - requestsOfTraining(load, { windows })[kind],
        0,
      );
      assertNear(
        total.usage.functions.train.requests[kind] + place,
        inContainer.requests.train[kind],
        `train, ${kind}`,
      );
      assert.equal(inContainer.requests.export[kind], inFunction.requests.export[kind], kind);
    }
  });

it('has a training that is beyond the function done in a container, by detector and in all', () => {
  const manifestOf = (name: string): string => `kind: AnomalyDetector
metadata: { name: ${name} }
spec: { entity: [pod], shards: 1, model: { kind: robust-z }, metrics: [{ name: cpu, query: cpu }] }
`;
  const given = [
    ['small', 3],
    // 20,160 rows each: 161 million values, 9,013 MB.
    ['fleet', 8_000],
  ] as const;
  const plan = (container?: { vcpus: number; memoryMb: number }) =>
    planDeployment(
      given.map(([name, entities]) => ({
        detector: parseManifest(manifestOf(name), { source: 'd.yml' }),
        known: { entities },
      })),
      { age: 30, detectorMetrics: false, prices: DEFAULT_PRICES, container },
    );
  const [without, having] = [plan(), plan({ vcpus: 4, memoryMb: 30_720 })];
  const codesOf = (planned: typeof having): readonly string[] =>
    planned.misfits.filter(({ code }) => code.startsWith('training')).map(({ code }) => code);
  assert.deepEqual(codesOf(without), ['training-memory']);
  assert.match(
    without.misfits[0]!.message,
    /--param=batch=on, with which a container of 4 processors and 30,720 MB trains it for about \d+\.\d\d USD a month \(--batch 4,30720\)$/,
  );
  assert.deepEqual(codesOf(having), []);
  assert.deepEqual(
    having.detectors.map(({ trainsIn }) => trainsIn),
    ['function', 'container'],
  );
  const [small, fleet] = having.detectors;
  assert.equal(small!.costs.containers, 0);
  assert.deepEqual(small, without.detectors[0]);
  const { runs, seconds, vcpuHours, gbHours, requests } = fleet!.usage.containers;
  // A minute to start, 20 s, what the kind takes, and the requests.
  const working = 20 + (161.28 * KIND_FACTS['robust-z'].trainsIn) / 4;
  const waiting = 0.025 * (requests.reads + requests.lists + requests.writes);
  assert.equal(runs, 1);
  assert.ok(Math.abs(seconds - (60 + working + waiting)) < 1e-6, `${seconds}`);
  assert.ok(
    Math.abs(vcpuHours - (4 * seconds) / 3600) < 1e-9 && Math.abs(gbHours - (30 * seconds) / 3600) < 1e-9,
  );
  const { fargateVcpuHour, fargateGbHour } = DEFAULT_PRICES.prices;
  const month = 30 * (vcpuHours * fargateVcpuHour + gbHours * fargateGbHour);
  assert.ok(Math.abs(fleet!.costs.containers - month) < 1e-9);
  assert.ok(Math.abs(having.total.costs.containers - month) < 1e-9);
  // The function only asks for it.
  assert.ok(
    having.total.usage.functions.train.seconds < without.total.usage.functions.train.seconds - working,
  );

  const [tiny] = plan({ vcpus: 1, memoryMb: 2_048 }).misfits;
  assert.equal(tiny!.code, 'training-memory');
  assert.match(tiny!.message, /and a container 2,048 MB and 43200 s: a larger --param=batchMemory/);
});

function planFleet(detectors: number, age: number): Usage['functions'] {
  const given = Array.from({ length: detectors }, (_, i) => ({
    detector: parseManifest(
      `kind: AnomalyDetector
metadata: { name: d${i} }
spec: { entity: [pod], metrics: [{ name: cpu, query: cpu }] }
`,
      { source: `d${i}.yml` },
    ),
    known: { entities: 3 },
  }));
  return planDeployment(given, { age, detectorMetrics: false, prices: DEFAULT_PRICES }).total.usage.functions;
}

it('scores and exports for as many requests after 400 days as after one', () => {
  const [young, old] = [planFleet(1, 2), planFleet(1, 400)];
  assert.deepEqual(old.export.requests, young.export.requests);
  // But for the one after a training, which looks at everything.
  assert.ok(old.score.requests.lists - young.score.requests.lists < 100);
});

it('has detectors of one schedule wait together', () => {
  const [one, many] = [planFleet(1, 2), planFleet(100, 2)];
  for (const name of ['export', 'score'] as const)
    assert.ok(many[name].seconds < 0.7 * 100 * one[name].seconds, `${name}: ${many[name].seconds}`);
  // Ten messages at the most.
  assert.ok(many.score.runs < (100 * one.score.runs) / 5 && many.score.runs > (100 * one.score.runs) / 11);
  // Each process has its versions to load, as long as windows come further apart than it stays.
  assert.ok(many.score.requests.reads >= 100 * 96 * 6);
});

it('moves one index for all that are due in a minute', () => {
  const [one, many] = [planFleet(1, 30), planFleet(100, 30)];
  const own = 96 * 2;
  assert.equal(one.export.requests.writes, own + 96);
  assert.equal(many.export.requests.writes, 100 * own + 96);
});

it('finds the hourly run of a thousand detectors to cost little over a dollar a month', () => {
  const { reads, lists, writes } = planFleet(1_000, 1).train.requests;
  const [one] = [planFleet(1, 1).train.requests];
  const { s3ThousandReads, s3ThousandWrites } = DEFAULT_PRICES.prices;
  // Their trainings and whole looks are of a day, not of an hour.
  const ofDay = { reads: one.reads - 24 * 7, lists: one.lists - 24 * 5 };
  const hourly =
    (reads - 1_000 * ofDay.reads) * s3ThousandReads +
    (lists - 1_000 * ofDay.lists + writes - 1_000 * one.writes) * s3ThousandWrites;
  assert.ok((30 * hourly) / 1_000 < 2, `${(30 * hourly) / 1_000} a month`);
});

/** Within a tenth, as a plan has to be. */
function assertNear(plan: number, actual: number, what: string): void {
  assert.ok(Math.abs(plan - actual) <= 0.1 * actual, `${what}: planned ${plan}, and there were ${actual}`);
}
