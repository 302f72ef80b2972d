/**
 * A fault stays at its level: row < entity < file < detector < deployment. Each fault here is planted among good data,
 * and whoever it is not about is told the same as without it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { currentModelKey, leftOutKey, manifestKey, reasonKey, stateKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { writeColumns } from '../../../../lib/window/write-window.ts';
import { loadQuickDetector } from '../../../helpers/load-quick-detector.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const PREFIX = 'windows/detector=shop/';
const IN_2099 = Date.UTC(2099, 0, 1);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Fault {
  readonly name: string;
  /** Puts it into the bucket before the hours that are watched begin, and once more in its middle. */
  plant(store: ObjectStore, round: number): Promise<unknown>;
  /** Whether somebody who looks at `status` finds it. */
  readonly told: 'left-out' | 'quarantined' | 'elsewhere';
}

/** Rows of one entity as another writer's file. */
function rowsOf(entity: string, change: Partial<{ times: Float64Array; metric: string }> = {}): Uint8Array {
  const window = makeWindow({ from: 1430, rows: 5, entities: ['x'] });
  return writeColumns({
    columns: [
      { name: 'ts', type: 'timestamp', values: change.times ?? window.times },
      { name: 'pod', type: 'string', dictionary: [entity], codes: window.entityOf },
      ...['cpu', 'memory', 'requests'].map((name, i) => ({
        name: i === 0 ? (change.metric ?? name) : name,
        type: 'double' as const,
        values: window.columns[i]!,
      })),
    ],
  });
}

/** Rows of `entity` beside good ones of a pod that nothing is wrong with. */
function besideGoodRows(entity: string, time: number | undefined): Uint8Array {
  const window = makeWindow({ from: 1430, rows: 5, entities: ['good', 'odd'] });
  return writeColumns({
    columns: [
      {
        name: 'ts',
        type: 'timestamp',
        values: window.times.map((own, row) =>
          window.entityOf[row] === 1 && time !== undefined ? time + row : own,
        ),
      },
      { name: 'pod', type: 'string', dictionary: ['good', entity], codes: window.entityOf },
      ...window.metrics.map((name, i) => ({ name, type: 'double' as const, values: window.columns[i]! })),
    ],
  });
}

const put =
  (name: string, body: (round: number) => Uint8Array) =>
  (store: ObjectStore, round: number): Promise<unknown> =>
    store.put(`${PREFIX}${name.replace('#', String(round))}`, body(round));

const FAULTS: Readonly<Record<'entity' | 'file', readonly Fault[]>> = {
  entity: [
    {
      name: 'a name of 300 kB',
      plant: put('long-#', () => besideGoodRows('A'.repeat(300_000), undefined)),
      told: 'left-out',
    },
    {
      name: 'a clock of 2099',
      plant: put('ahead-#.parquet', () => besideGoodRows('odd', IN_2099)),
      told: 'left-out',
    },
    {
      name: 'a clock of 1970',
      plant: put('zero-#.parquet', () => besideGoodRows('odd', 0)),
      told: 'left-out',
    },
    {
      name: 'a name that JSON and prototypes know',
      plant: put('proto-#.parquet', () => rowsOf('__proto__')),
      told: 'elsewhere',
    },
  ],
  file: [
    { name: 'no table', plant: put('x', () => bytes('hello')), told: 'quarantined' },
    {
      name: 'a line of nothing but separators',
      plant: put('commas-#.csv', () => bytes(','.repeat(1_000_000))),
      told: 'quarantined',
    },
    { name: 'nothing at all', plant: put('empty-#.parquet', () => new Uint8Array()), told: 'quarantined' },
    {
      name: 'a file called as the reason of another',
      async plant(store) {
        await store.put(`${PREFIX}y`, bytes('hello'));
        await store.put(`${PREFIX}y.reason.json`, bytes('hello'));
        await store.put(`${PREFIX}y.left-out.json`, bytes('hello'));
      },
      told: 'quarantined',
    },
    {
      name: 'a reason that is cut in its middle',
      async plant(store) {
        await store.put(`${PREFIX}cut`, bytes('hello'));
        await store.put(reasonKey(`${PREFIX}cut`), bytes('{"formatVersion": 1, "key'));
        await store.put(leftOutKey(`${PREFIX}cut`), bytes('{'));
      },
      told: 'elsewhere',
    },
    {
      name: 'a key of 1,015 bytes',
      plant: put(`${'k'.repeat(1_014 - PREFIX.length)}#`, () => bytes('hello')),
      told: 'quarantined',
    },
    {
      name: 'a good file with a key of 1,023 bytes',
      plant: put(`${'k'.repeat(1_022 - PREFIX.length)}#`, () => rowsOf('long-key')),
      told: 'elsewhere',
    },
    {
      name: 'other metrics',
      plant: put('other-#.parquet', () => rowsOf('z', { metric: 'cpus' })),
      told: 'quarantined',
    },
    {
      name: 'a name that claims 2099',
      plant: put('20990101T000000Z_20990101T001500Z.parquet', () => rowsOf('z')),
      told: 'quarantined',
    },
    {
      name: 'a name that is no time',
      plant: put('99999999T999999Z_99999999T999999Z.parquet', () => rowsOf('z')),
      told: 'elsewhere',
    },
  ],
};

/** As S3 does: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
function withKeyLimit(store: ObjectStore): ObjectStore {
  const check = (key: string): void => {
    if (Buffer.byteLength(key) > 1_024) throw new Error(`KeyTooLongError: ${Buffer.byteLength(key)} bytes`);
  };
  return {
    ...store,
    async put(key, ...rest) {
      check(key);
      return store.put(key, ...rest);
    },
    async copy(from, to, options) {
      check(to);
      return store.copy(from, to, options);
    },
  };
}

class World {
  clock = EPOCH + 1440 * STEP;
  readonly telemetry: ReturnType<typeof createMemoryTelemetry> = createMemoryTelemetry();
  readonly bucket: LocalBucket = openLocalBucket({ telemetry: this.telemetry, now: () => this.clock });
  readonly context = {
    ...this.bucket.context,
    store: withKeyLimit(this.bucket.store),
    withoutReports: true as const,
  };

  async score(detector: string): Promise<void> {
    await scoreWindows(await loadQuickDetector(this.context, detector), this.context);
  }

  async train(detector: string): Promise<string> {
    return (await trainModel(await loadQuickDetector(this.context, detector), this.context)).outcome;
  }

  /** What people hear of two hours with a fault in the first of them. */
  async watchTwoHours(detector: string, plant: (round: number) => Promise<unknown>): Promise<string[]> {
    await dropWindow(this.bucket.store, { detector, from: 0, rows: 1440 });
    await this.train(detector);
    await this.score(detector);
    for (const [round, from] of [1440, 1470, 1500, 1530].entries()) {
      if (round % 2 === 0) await plant(round);
      this.clock = EPOCH + (from + 31) * STEP;
      const fault = { entity: 'payment', from: 1450, to: 1465 };
      await dropWindow(this.bucket.store, { detector, from, rows: 30, fault });
      await this.score(detector);
    }
    return this.bucket.found
      .map(({ anomaly }) => anomaly)
      .filter((anomaly) => anomaly.detector === detector && ['cart', 'payment'].includes(anomaly.entity))
      .map(({ state, entity, start, score, summary }) =>
        JSON.stringify({ state, entity, start, score, summary }),
      );
  }
}

const undisturbed = await new World().watchTwoHours('shop', async () => {});

test('the hours that are watched have something to tell', () => {
  assert.equal(undisturbed.length, 2);
});

for (const [level, faults] of Object.entries(FAULTS))
  describe(`a fault of one ${level}`, () => {
    for (const { name, plant, told } of faults)
      test(name, async () => {
        const world = new World();
        const store = world.bucket.store;
        assert.deepEqual(await world.watchTwoHours('shop', (round) => plant(store, round)), undisturbed);
        // The next version is of another history, and there is one.
        assert.match(await world.train('shop'), /^(trained|unchanged)$/);
        const { leftOut, quarantined } = await readDetectorStatus(world.context, 'shop');
        if (told === 'left-out') assert.ok(leftOut.length > 0);
        if (told === 'quarantined') assert.ok(quarantined.length > 0);
        if (level === 'entity') assert.deepEqual(quarantined, [], 'the rest of the file is used');
      });
  });

describe('a fault of one detector', () => {
  const broken: Readonly<Record<string, readonly [key: string, text: string]>> = {
    'a manifest that is none': [manifestKey('broken'), 'kind: Anomaly\n'],
    'a state that is cut in its middle': [stateKey('broken'), '{"formatVersion": 1, "detec'],
    'a pointer to the model in use that is none': [currentModelKey('broken'), '{'],
  };
  for (const [name, [key, text]] of Object.entries(broken))
    test(name, async () => {
      const world = new World();
      await world.bucket.store.put(key, bytes(text));
      const failing = await world.score('broken').catch((error: unknown) => error);
      assert.ok(failing === undefined || failing instanceof Error);
      assert.deepEqual(await world.watchTwoHours('shop', async () => {}), undisturbed);
    });

  test('a state that is cut costs what only it knew, and the detector goes on', async () => {
    const world = new World();
    const { store } = world.bucket;
    await world.watchTwoHours('shop', async () => {});
    const { state } = await readState(store, 'shop');
    const whole = (await store.get(stateKey('shop'))).body;
    await store.put(stateKey('shop'), whole.slice(0, whole.length / 2));
    world.clock += 16 * STEP;
    const fault = { entity: 'cart', from: 1560, to: 1575 };
    await dropWindow(store, { from: 1560, rows: 15, fault });
    await world.score('shop');
    assert.deepEqual(
      world.bucket.found.slice(2).map(({ anomaly }) => `${anomaly.state} ${anomaly.entity}`),
      ['opened cart'],
    );
    const healed = (await readState(store, 'shop')).state;
    assert.equal(healed.phase, 'active');
    assert.equal(healed.exportedUntil, EPOCH + 1575 * STEP);
    assert.equal(healed.exporting?.dataSince, EPOCH);
    assert.ok(state.watchFrom !== undefined);
    assert.equal(healed.watchFrom, state.watchFrom, 'since the first version stood');
    assert.equal(await world.train('shop'), 'trained');
    const trained = (await readState(store, 'shop')).state;
    assert.equal(trained.step, state.step);
    assert.equal(trained.watchFrom, state.watchFrom);
    const { quarantined } = await readDetectorStatus(world.context, 'shop');
    assert.deepEqual(
      quarantined.map(({ key, code }) => [key, code]),
      [[stateKey('shop'), 'not-json']],
    );
  });

  test('one that cannot be exported keeps no other from it', async () => {
    const world = new World();
    for (const name of ['a', 'b', 'c'])
      await world.bucket.store.put(
        manifestKey(name),
        bytes(
          `kind: AnomalyDetector\nmetadata: { name: ${name} }\nspec:\n  backfill: 1h\n  prometheus_query: up_${name}\n`,
        ),
      );
    await world.bucket.store.put(stateKey('b'), bytes('{"formatVersion": 2}'));
    const source = createQuerySource('a test', async ({ start, end, step, query }) => {
      if (query === 'up_a') throw new Error('no such target');
      const times = Float64Array.from({ length: (end - start) / step }, (_, i) => start + i * step);
      return [{ labels: {}, times, values: times.map(() => 1) }];
    });
    const { exported, failed } = await exportDue(onlySource(source), world.context);
    assert.deepEqual([...exported.keys()], ['c']);
    assert.deepEqual([...failed.keys()].sort(), ['a', 'b']);
  });
});
