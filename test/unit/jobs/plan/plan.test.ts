/** What is planned for a day, beside what a day's jobs ask of a bucket. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parseManifest } from '../../../../lib/config/manifest.ts';
import { planDeployment } from '../../../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../../../lib/jobs/plan/price-table.ts';
import type { Usage } from '../../../../lib/jobs/plan/usage.ts';
import { type DayCounts, JOB_NAMES, runDay } from './simulated-day.ts';

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
