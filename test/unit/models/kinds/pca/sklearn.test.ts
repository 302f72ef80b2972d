/** Without its robustness the model is scikit-learn's PCA; scripts/reference/pca.py made the figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fitPca } from '../../../../../lib/models/kinds/pca/fit.ts';
import { parseParams } from '../../../../../lib/models/kinds/pca/params.ts';
import { compilePca, scoreRows } from '../../../../../lib/models/kinds/pca/score.ts';
import { NO_DEADLINE, toMatrix } from '../../../../helpers/feature-matrices.ts';

interface Reference {
  readonly window: number;
  readonly rows: readonly (readonly number[])[];
  readonly probes: readonly (readonly number[])[];
  /** Row k is component k. */
  readonly components: readonly number[];
  readonly variances: readonly number[];
  /** Of the vectors. */
  readonly mean: readonly number[];
  readonly scores: readonly number[];
  /** Squared, of what the first `kept` components leave of a vector. */
  readonly kept: number;
  readonly errors: readonly number[];
}

const file = new URL('../../../../fixtures/sklearn/pca.json', import.meta.url);
const references = JSON.parse(readFileSync(file, 'utf8')) as Readonly<
  Record<'metrics' | 'lagged', Reference>
>;

for (const name of ['metrics', 'lagged'] as const) {
  const reference = references[name];
  const { window, rows, probes, mean } = reference;
  const params = parseParams({ robust: false, window });
  const fitted = fitPca(toMatrix(rows), params, { seed: 0, deadline: NO_DEADLINE });
  const { vectors, variances } = fitted.components;
  const size = mean.length;

  test(`components and variances: ${name}`, () => {
    for (let k = 0; k < size; k++) {
      assertClose(variances[k]!, reference.variances[k]!, `variance ${k}`);
      const own = vectors.subarray(k * size, (k + 1) * size);
      const theirs = reference.components.slice(k * size, (k + 1) * size);
      const sign = Math.sign(own.reduce((sum, value, i) => sum + value * theirs[i]!, 0));
      for (const [i, value] of own.entries())
        assert.ok(Math.abs(sign * value - theirs[i]!) < 1e-6, `component ${k}: ${own} is not ${theirs}`);
    }
  });

  test(`scores: ${name}`, () => {
    const scores = scoreRows(compilePca(fitted), toMatrix(probes));
    assert.ok(scores.subarray(0, window - 1).every(Number.isNaN));
    for (const [i, score] of scores.subarray(window - 1).entries())
      assertClose(score, reference.scores[i]!, `score ${i}`);
  });

  test(`reconstruction errors: ${name}`, () => {
    const center = fitted.coordinates.baselines.centers;
    for (const [i, expected] of reference.errors.entries()) {
      const u = Float64Array.from({ length: size }, (_, j) => {
        const value = probes[i + window - 1 - Math.floor(j / center.length)]![j % center.length]!;
        return value - center[j % center.length]! - fitted.components.mean[j]!;
      });
      let error = 0;
      for (let k = reference.kept; k < size; k++)
        error += u.reduce((sum, value, j) => sum + value * vectors[k * size + j]!, 0) ** 2;
      assertClose(error, expected, `row ${i}`);
    }
  });
}

function assertClose(value: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected)),
    `${what}: ${value} is not ${expected}`,
  );
}
