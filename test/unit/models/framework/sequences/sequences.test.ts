import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chunkStarts,
  layOutSequences,
  writeSequence,
} from '../../../../../lib/models/framework/sequences/lay-out.ts';
import {
  compress,
  expand,
  learnNormalizer,
  normalizeValue,
  restoreValue,
} from '../../../../../lib/models/framework/sequences/normalize.ts';
import { splitByTime } from '../../../../../lib/models/framework/sequences/split.ts';
import {
  findSequences,
  findStep,
  type SequenceTable,
  tabulate,
} from '../../../../../lib/models/framework/sequences/table.ts';
import { toMatrix } from '../../../../helpers/feature-matrices.ts';

const SCALED = fc.double({ min: -1e18, max: 1e18, noNaN: true });

test('compression leaves usual values alone, keeps the order of all, and can be undone', () => {
  assert.deepEqual([0, -3, 8].map(compress), [0, -3, 8]);
  assert.ok(Math.abs(compress(1e18) - 323) < 1);
  fc.assert(
    fc.property(SCALED, SCALED, (a, b) => {
      assert.ok(Math.sign(compress(a) - compress(b)) * Math.sign(a - b) >= 0);
      assert.ok(Math.abs(expand(compress(a)) - a) <= 1e-9 * Math.abs(a));
    }),
  );
  assert.equal(expand(1e300), Number.MAX_VALUE);
});

test('columns get mean 0 and deviation 1; constants keep their unit, and what was never measured stays missing', () => {
  const x = toMatrix([
    [1, 5, NaN],
    [3, 5, NaN],
    [5, NaN, NaN],
  ]);
  const normalizer = learnNormalizer(x, Uint32Array.of(0, 1, 2));
  assert.deepEqual(normalizer.means, Float32Array.of(3, 5, NaN));
  assert.ok(Math.abs(normalizer.deviations[0]! - Math.sqrt(8 / 3)) < 1e-6);
  assert.deepEqual(normalizer.deviations.slice(1), Float32Array.of(1, 1));
  assert.equal(normalizeValue(normalizer, 7, 1), 2);
  assert.ok(Number.isNaN(normalizeValue(normalizer, 7, 2)));
  assert.ok(Math.abs(restoreValue(normalizer, normalizeValue(normalizer, 1e18, 0), 0) / 1e18 - 1) < 1e-6);
});

test('sequences lie within an entity and within a stretch of consecutive rows, however the rows are mixed', () => {
  const minutes = [0, 1, 2, 4, 5, 6, 7];
  const x = {
    ...toMatrix(minutes.flatMap(() => [[0], [0]])),
    entities: ['a', 'b'],
    entityOf: Uint32Array.from(minutes.flatMap(() => [1, 0])),
    times: Float64Array.from(minutes.flatMap((minute) => [minute * 60_000, minute * 60_000])),
  };
  assert.equal(findStep(x), 60_000);
  const table = tabulate(x, learnNormalizer(x, Uint32Array.of(0)), 60_000);
  assert.deepEqual([...table.order.subarray(0, 7)], [1, 3, 5, 7, 9, 11, 13]);
  assert.deepEqual([...findSequences(table, 3)], [0, 3, 4, 7, 10, 11]);
  assert.deepEqual([...findSequences(table, 5)], []);
  assert.equal(findStep(toMatrix([[1]])), undefined);
});

test('a laid out sequence holds what the same sequence alone would hold, whatever is missing', () => {
  const cell = fc.oneof(fc.constant(NaN), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, fc.integer({ min: 0, max: 9 })), { minLength: 4, maxLength: 40 }),
      fc.integer({ min: 1, max: 6 }),
      (cells, steps) => {
        const table: SequenceTable = {
          width: 2,
          order: Uint32Array.from(cells.keys()),
          begins: Uint8Array.from(cells, ([, , draw], row) => (row === 0 || draw === 0 ? 1 : 0)),
          values: Float32Array.from(cells.flatMap((row) => row.slice(0, 2))),
        };
        const starts = findSequences(table, steps);
        if (starts.length === 0) return;
        const laidOut = layOutSequences(table, starts, steps);
        for (const [i, start] of starts.entries()) {
          const alone = new Float32Array(steps * 2);
          writeSequence(table, { start, steps }, { out: alone, offset: 0 });
          const from = laidOut.starts[i]! * 2;
          assert.deepEqual(laidOut.rows.slice(from, from + steps * 2), alone, `sequence ${i}`);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a missing value takes the last one of the sequence, or the mean, and is masked', () => {
  const table = {
    width: 1,
    order: Uint32Array.of(0, 1, 2, 3),
    begins: Uint8Array.of(1, 0, 0, 0),
    values: Float32Array.of(7, NaN, 5, NaN),
  };
  const [out, mask] = [new Float32Array(3), new Float32Array(3)];
  writeSequence(table, { start: 1, steps: 3 }, { out, mask, offset: 0 });
  assert.deepEqual(out, Float32Array.of(0, 5, 5));
  assert.deepEqual(mask, Float32Array.of(0, 1, 0));
});

test('chunks hold each start once, in order', () => {
  const starts = Uint32Array.from({ length: 5000 }, (_, i) => (i < 2500 ? i : 40_000 + 3 * i));
  const chunks = [...chunkStarts(starts)];
  assert.deepEqual(
    chunks.flatMap((chunk) => [...chunk]),
    [...starts],
  );
  for (const chunk of chunks) assert.ok(chunk.at(-1)! - chunk[0]! < 2048);
});

test('the validation shares no row with what is trained on, and comes after it', () => {
  const starts = Uint32Array.from({ length: 200 }, (_, i) => (i < 100 ? i : i + 50));
  const entityOf = (start: number): number => (start < 150 ? 0 : 1);
  const { training, validation } = splitByTime(starts, { entityOf, span: 10, share: 0.2 });
  for (const entity of [0, 1]) {
    const own = training.filter((start) => entityOf(start) === entity);
    const held = validation.filter((start) => entityOf(start) === entity);
    assert.equal(held.length, 20);
    assert.equal(own.length, 71);
    assert.ok(own.at(-1)! + 10 <= held[0]!);
  }
  const short = splitByTime(starts.subarray(0, 29), { entityOf, span: 10, share: 0.2 });
  assert.equal(short.validation.length, 0);
  assert.equal(short.training.length, 29);
});
