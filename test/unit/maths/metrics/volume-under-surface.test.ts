import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type RangeAreas,
  type RangeRows,
  volumeUnderSurface,
} from '../../../../lib/maths/metrics/volume-under-surface.ts';
import { assertClose, labelledScores, readReference } from '../../evaluation/reference.ts';

for (const { name, maxBuffer, volumes, lastSlice, ...rows } of readReference('tsb-ad.json').cases)
  test(`TSB-AD's volumes: ${name}`, () => {
    const ours = volumeUnderSurface(labelledScores(rows), maxBuffer);
    for (const version of ['opt', 'opt_mem'] as const) {
      assertClose(ours.roc, volumes[version].roc, 1e-6, `VUS-ROC, ${version}`);
      assertClose(ours.pr, volumes[version].pr, 1e-6, `VUS-PR, ${version}`);
    }
    const slice = sliceAt(labelledScores(rows), maxBuffer);
    assertClose([slice.roc, slice.pr], [lastSlice.roc, lastSlice.pr], 1e-6, 'at the longest buffer');
  });

test('without a buffer and with no more rows than thresholds, areas are those of the plain curves of the calls', () => {
  // Two of two found at the top: everything is right.
  const rows = labelledScores({ labels: [0, 1, 1, 0, 0], scores: [0, 3, 2, 0, 0] });
  assertClose(sliceAt(rows, 0).roc, 1, 1e-12, 'ROC');
  assertClose(sliceAt(rows, 0).pr, 1, 1e-12, 'PR');
});

test('an alarm just beside a range counts in part within the buffer, and not at all without', () => {
  const labels = Uint8Array.from({ length: 100 }, (_, row) => (row === 50 ? 1 : 0));
  const early = Float64Array.from({ length: 100 }, (_, row) => (row === 48 ? 1 : 0));
  const far = Float64Array.from({ length: 100 }, (_, row) => (row === 20 ? 1 : 0));
  const buffer = 10;
  assert.ok(sliceAt({ labels, scores: early }, buffer).pr > 2 * sliceAt({ labels, scores: far }, buffer).pr);
  assert.equal(sliceAt({ labels, scores: early }, 0).pr, sliceAt({ labels, scores: far }, 0).pr);
});

test('no buffer reaches into another entity', () => {
  // The range ends the first entity; the alarm is on the first row of the second.
  const labels = Uint8Array.from({ length: 40 }, (_, row) => (row === 19 ? 1 : 0));
  const scores = Float64Array.from({ length: 40 }, (_, row) => (row === 20 ? 1 : 0));
  const entityOf = Uint32Array.from({ length: 40 }, (_, row) => (row < 20 ? 0 : 1));
  const apart = sliceAt({ labels, scores, entityOf }, 10);
  assert.ok(apart.pr < 0.2, `${apart.pr}`);
  assert.ok(sliceAt({ labels, scores }, 10).pr > 0.5);
  assert.throws(() => sliceAt({ labels, scores, entityOf: new Uint32Array(3) }, 10), {
    message: /^entityOf: 3 values for 40 rows/,
  });
});

test('labelled ranges on both sides of a border between entities stay two', () => {
  const labels = Uint8Array.of(0, 0, 1, 1, 0, 0);
  const scores = Float64Array.of(0, 0, 1, 0, 0, 0);
  const one = sliceAt({ labels, scores }, 0);
  const two = sliceAt({ labels, scores, entityOf: Uint32Array.of(0, 0, 0, 1, 1, 1) }, 0);
  assert.ok(two.roc < one.roc, 'only one of two ranges was touched');
});

test('over several entities, areas are those worked out entity by entity', () => {
  const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: 0, max: 9 }) });
  const entity = fc.array(row, { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(
      fc.array(entity, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 0, max: 9 }),
      (entities, buffer) => {
        const rows = {
          ...labelledScores({
            labels: entities.flat().map(({ label }) => label),
            scores: entities.flat().map(({ score }) => score),
          }),
          entityOf: Uint32Array.from(entities.flatMap((of, e) => of.map(() => e))),
        };
        const expected = workOutPlainly(entities, buffer);
        assertClose(sliceAt(rows, buffer).roc, expected.roc, 1e-9, 'ROC');
        assertClose(sliceAt(rows, buffer).pr, expected.pr, 1e-9, 'PR');
      },
    ),
  );
});

test('the buffer is a whole number of rows', () => {
  const rows = labelledScores({ labels: [0, 1], scores: [0, 1] });
  for (const buffer of [-1, 2.5, NaN, Infinity])
    assert.throws(() => volumeUnderSurface(rows, buffer), {
      name: 'EvaluationError',
      message: new RegExp(`a buffer of ${buffer} rows`),
    });
});

test('the volume is the mean of the areas at each buffer, at most 1, and the same whatever the scale of scores', () => {
  const row = fc.record({ label: fc.integer({ min: 0, max: 1 }), score: fc.integer({ min: -4, max: 4 }) });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 0, max: 12 }),
      (given, maxBuffer) => {
        const rows = labelledScores({
          labels: given.map(({ label }) => label),
          scores: given.map(({ score }) => score),
        });
        const volume = volumeUnderSurface(rows, maxBuffer);
        const slices = Array.from({ length: maxBuffer + 1 }, (_, buffer) => workOutPlainly([given], buffer));
        for (const area of ['roc', 'pr'] as const) {
          const mean = slices.reduce((sum, slice) => sum + slice[area], 0) / slices.length;
          assertClose(volume[area], mean, 1e-9, area);
          assert.ok(Number.isNaN(mean) || (mean >= -1e-12 && mean <= 1 + 1e-9), `${area} ${mean}`);
        }
        const scaled = { ...rows, scores: rows.scores.map((score) => score * 7 - 3) };
        assert.deepEqual(volumeUnderSurface(scaled, maxBuffer), volume);
      },
    ),
  );
});

/** Range-AUC at one length of the buffer: what the volume up to it has more than the volume below it. */
function sliceAt(rows: RangeRows, buffer: number): RangeAreas {
  const upTo = volumeUnderSurface(rows, buffer);
  if (buffer === 0) return upTo;
  const below = volumeUnderSurface(rows, buffer - 1);
  const difference = (area: keyof RangeAreas): number => (buffer + 1) * upTo[area] - buffer * below[area];
  return { roc: difference('roc'), pr: difference('pr') };
}

/** The definition, threshold by threshold. Good for fewer rows than the 250 thresholds, which then meet every score. */
function workOutPlainly(
  entities: readonly (readonly { readonly label: number; readonly score: number }[])[],
  buffer: number,
): { readonly roc: number; readonly pr: number } {
  const reach = Math.floor(buffer / 2);
  const rows = entities.flat();
  const positives = rows.filter(({ label }) => label === 1).length;
  if (positives === 0) return { roc: NaN, pr: NaN };
  const points = [[0, 0, 1]];
  for (const threshold of [...new Set(rows.map(({ score }) => score))].sort((a, b) => b - a)) {
    let [found, inBuffers, called, touched, ranges] = [0, 0, 0, 0, 0];
    for (const entity of entities) {
      const labelled = entity.flatMap(({ label }, at) => (label === 1 ? [at] : []));
      const runs: [number, number][] = [];
      for (const at of labelled) {
        if (runs.at(-1)?.[1] === at - 1) runs.at(-1)![1] = at;
        else runs.push([at, at]);
      }
      const groups: [number, number][] = [];
      for (const [first, last] of runs) {
        if (groups.length > 0 && groups.at(-1)![1] >= first - reach) groups.at(-1)![1] = last + reach;
        else groups.push([first - reach, last + reach]);
      }
      const isCalled = entity.map(({ score }) => score >= threshold);
      ranges += groups.length;
      touched += groups.filter(([first, last]) =>
        isCalled.some((is, at) => is && at >= first && at <= last),
      ).length;
      for (const [at, is] of isCalled.entries()) {
        if (!is) continue;
        called++;
        if (entity[at]!.label === 1) found++;
        else
          inBuffers += Math.min(
            1,
            runs
              .map(([first, last]) => (at < first ? first - at : at - last))
              .filter((distance) => distance <= reach)
              .reduce((sum, distance) => sum + Math.sqrt(1 - distance / buffer), 0),
          );
      }
    }
    const anomalous = positives + inBuffers / 2;
    const recall = Math.min((found + inBuffers) / anomalous, 1) * (touched / ranges);
    const falsePositives = called - found - inBuffers;
    points.push([recall, falsePositives / (rows.length - anomalous), (found + inBuffers) / called]);
  }
  let [roc, pr] = [0, 0];
  for (let i = 1; i < points.length; i++) {
    const [[lastRecall, lastFpr], [recall, fpr, precision]] = [points[i - 1]!, points[i]!] as [
      number[],
      number[],
    ];
    roc += ((fpr! - lastFpr!) * (recall! + lastRecall!)) / 2;
    pr += (recall! - lastRecall!) * precision!;
  }
  const [recall, fpr] = points.at(-1)!;
  return { roc: roc + ((1 - fpr!) * (1 + recall!)) / 2, pr };
}
