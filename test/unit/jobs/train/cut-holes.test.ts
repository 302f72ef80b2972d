/** Rows of holes are taken out of a history: which, for which reason, and what that does to what looks back over them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { buildMatrix } from '../../../../lib/features/build-matrix.ts';
import type { PreparedRows } from '../../../../lib/features/prepare-rows.ts';
import { fitScaler } from '../../../../lib/features/scaler.ts';
import { cutHoles, listLeftOut } from '../../../../lib/jobs/train/cut-holes.ts';
import { countWarmupRows, loadTrainingData } from '../../../../lib/jobs/train/training-data.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import type { LeftOutOfTraining } from '../../../../lib/store/model-manifest.ts';
import type { HoleReason, TrainingHole } from '../../../../lib/store/training-holes.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

const ROWS = 10;
const SHOP = defaultDetector('shop');

function history(entities: readonly string[], rows: number = ROWS): PreparedRows {
  const total = entities.length * rows;
  const window: MetricWindow = {
    detector: 'shop',
    range: { start: EPOCH, end: EPOCH + rows * STEP },
    step: STEP,
    metrics: ['cpu'],
    entities,
    entityOf: Uint32Array.from({ length: total }, (_, row) => Math.floor(row / rows)),
    times: Float64Array.from({ length: total }, (_, row) => EPOCH + (row % rows) * STEP),
    columns: [Float64Array.from({ length: total }, (_, row) => row % rows)],
    labels: undefined,
  };
  return { window, availability: new Float64Array(total).fill(1) };
}

function hole(reason: HoleReason, from: number, to: number, of: Partial<TrainingHole> = {}): TrainingHole {
  return { reason, of: `${reason}-${from}`, start: EPOCH + from * STEP, end: EPOCH + to * STEP, ...of };
}

function left({ rows }: { readonly rows: PreparedRows }): string[] {
  const { window } = rows;
  return window.entities.map(
    (entity, e) =>
      `${entity} ${[...window.columns[0]!.filter((_, row) => window.entityOf[row] === e)].join('')}`,
  );
}

const cut = (
  holes: readonly TrainingHole[],
  of: { readonly entities?: readonly string[]; readonly detector?: Detector; readonly unread?: number } = {},
) => cutHoles(history(of.entities ?? ['a', 'b']), { holes, unread: of.unread ?? 0 }, of.detector ?? SHOP);

test('without holes, rows stay the very same and nothing is told', () => {
  const rows = history(['a']);
  assert.deepEqual(cutHoles(rows, { holes: [], unread: 0 }, SHOP), { rows, leftOut: undefined });
  assert.equal(cutHoles(rows, { holes: [], unread: 0 }, SHOP).rows, rows);
});

test('a hole has the rows from its start to before its end, of its entity or of all that its matchers hold of', () => {
  const entities = ['db/x', 'shop/cart-5ff676694b-fzj9z', 'shop/cart-5ff676694b-srh9v'];
  const detector = { ...SHOP, entityLabels: ['namespace', 'pod'] };
  const found = cut(
    [
      hole('confirmed', 2, 4, { entity: 'db/x' }),
      hole('excluded', 6, 7, { matchers: ['workload = "cart"'] }),
      hole('excluded', 8, 9, { matchers: ['entity =~ "shop/.*"', 'entity !~ ".*v"'] }),
      hole('excluded', -5, 1),
      hole('excluded', 3, 4, { matchers: ['entity = "nobody"'] }),
    ],
    { entities, detector },
  );
  assert.deepEqual(left(found), [
    'db/x 1456789',
    'shop/cart-5ff676694b-fzj9z 1234579',
    'shop/cart-5ff676694b-srh9v 12345789',
  ]);
  assert.equal(found.rows.availability.length, found.rows.window.times.length);
  const iso = (at: number): string => new Date(EPOCH + at * STEP).toISOString();
  assert.deepEqual(found.leftOut, {
    rows: { excluded: 6, confirmed: 2 },
    ranges: [
      { reason: 'excluded', of: 'excluded--5', start: iso(0), end: iso(1), rows: 3 },
      { reason: 'confirmed', of: 'confirmed-2', entity: 'db/x', start: iso(2), end: iso(4), rows: 2 },
      { reason: 'excluded', of: 'excluded-6', start: iso(6), end: iso(7), rows: 2 },
      { reason: 'excluded', of: 'excluded-8', start: iso(8), end: iso(9), rows: 1 },
    ],
  });
});

test('a row counts once, for people before models; one without a value is no loss', () => {
  const rows = history(['a']);
  rows.availability[1] = 0;
  const holes = [hole('unanswered', 0, 5), hole('excluded', 4, 7), hole('confirmed', 3, 5)];
  const found = cutHoles(rows, { holes, unread: 0 }, SHOP);
  assert.deepEqual(left(found), ['a 789']);
  assert.deepEqual(found.leftOut?.rows, { unanswered: 2, confirmed: 1, excluded: 3 });
});

test('what a workload does for more than half of the time is learned, unless a person says otherwise', () => {
  const entities = ['shop/cart-5ff676694b-fzj9z', 'shop/cart-5ff676694b-srh9v', 'x'];
  const [first, , x] = entities as [string, string, string];
  const found = cut(
    [
      // All of one pod, half of its workload; six of ten rows; and those of a person, which no share limits.
      hole('unanswered', 0, 10, { entity: first }),
      hole('settled', 0, 3, { entity: x }),
      hole('unanswered', 3, 6, { entity: x }),
    ],
    { entities, detector: { ...SHOP, entityLabels: ['namespace', 'pod'] } },
  );
  assert.deepEqual(left(found), ['shop/cart-5ff676694b-srh9v 0123456789', 'x 0123456789']);
  assert.deepEqual(found.leftOut?.rows, { unanswered: 10 });
  assert.deepEqual(found.leftOut?.takenIn, { rows: 6, workloads: 1 });
  assert.deepEqual(left(cut([hole('confirmed', 0, 9)], { entities: ['a'] })), ['a 9']);
  // Of what a person leaves of it.
  const both = cut([hole('excluded', 5, 10), hole('unanswered', 0, 3)], { entities: ['a'] });
  assert.deepEqual([left(both), both.leftOut?.takenIn], [['a 01234'], { rows: 3, workloads: 1 }]);
});

test('everything may be left out, and what was not read is told of', () => {
  const found = cut([hole('excluded', 0, 10)], { unread: 3 });
  assert.deepEqual([found.rows.window.times.length, found.leftOut?.unread], [0, 3]);
  assert.deepEqual(cut([], { unread: 3 }).leftOut, { rows: {}, ranges: [], unread: 3 });
  const tooUnlike = { holes: [], unread: 0, tooUnlike: 40 };
  assert.deepEqual(cutHoles(history(['a']), tooUnlike, SHOP).leftOut, {
    rows: {},
    ranges: [],
    tooUnlike: 40,
  });
});

test('rows of anomalies count towards the warmup, which they came after; excluded ones do not', () => {
  const { rows, leftOut } = cut([hole('excluded', 0, 2), hole('confirmed', 4, 6, { entity: 'a' })]);
  assert.equal(rows.window.times.length, 14);
  assert.equal(countWarmupRows({ window: rows.window, leftOut }), 16);
  assert.equal(countWarmupRows({ window: rows.window, leftOut: undefined }), 14);
});

test('a manifest lists the hundred ranges with the most rows, and how many it does not', () => {
  const range = (rows: number): LeftOutOfTraining['ranges'][number] => ({
    reason: 'confirmed',
    of: `a${rows}`,
    start: '',
    end: '',
    rows,
  });
  const ranges = Array.from({ length: 103 }, (_, i) => range(i));
  const listed = listLeftOut({ rows: { confirmed: 1 }, ranges });
  assert.deepEqual([listed.ranges.length, listed.rangesNotListed, listed.ranges[0]?.rows], [100, 3, 3]);
  assert.equal(listLeftOut({ rows: {}, ranges: ranges.slice(3) }).rangesNotListed, undefined);
});

test('what looks back over a hole finds nothing there, and no line is drawn across it', async () => {
  const store = createMemoryObjectStore();
  const { window } = history(['a'], 40);
  await store.put(windowKey('shop', window.range), writeWindow(window, { manifestHash: 'test' }));
  const day = (at: number): string => new Date(EPOCH + at * STEP).toISOString();
  await store.put('exclusions/x.yml', new TextEncoder().encode(`from: ${day(20)}\nuntil: ${day(22)}\n`));
  const detector: Detector = {
    ...SHOP,
    features: {
      timeZone: 'UTC',
      columns: [
        { kind: 'metrics', metrics: 'all', apply: [] },
        { kind: 'metrics', metrics: 'all', apply: [{ kind: 'change', over: 5 * STEP }] },
      ],
    },
  };
  const { state } = await readState(store, 'shop');
  const context = { store, telemetry: createMemoryTelemetry(), now: () => EPOCH };
  const data = await loadTrainingData(detector, state, context);
  assert.ok(data);
  const x = buildMatrix({ ...data.planned, scaler: fitScaler({ ...data.planned, kind: 'robust' }) });
  const change = x.names.findIndex((name) => name.includes('change'));
  const around = [24, 25, 26, 27].map((at) => {
    const row = x.times.indexOf(EPOCH + at * STEP);
    return Number.isNaN(x.values[row * x.names.length + change]!);
  });
  assert.deepEqual(around, [false, true, true, false], x.names.join());
  assert.equal(x.times.includes(EPOCH + 20 * STEP), false);
  assert.deepEqual(data.leftOut?.rows, { excluded: 2 });
  assert.deepEqual(data.window.range, window.range);
});
