/** Baselines and deviations are those that numpy works out; scripts/reference/robust-z.py wrote the file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeColumn } from '../../../../../lib/models/kinds/robust-z/baseline.ts';
import { fitBaselines } from '../../../../../lib/models/kinds/robust-z/fit.ts';
import { compileBaselines, scoreRows } from '../../../../../lib/models/kinds/robust-z/score.ts';
import { NO_DEADLINE, toMatrix } from '../../../../helpers/feature-matrices.ts';

interface Case {
  readonly name: string;
  readonly values: readonly number[];
  readonly center: number;
  readonly above: number;
  readonly below: number;
  readonly probes: readonly number[];
  readonly deviations: readonly number[];
}

const file = new URL('../../../../fixtures/robust-z/numpy.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Case[] };

for (const { name, values, probes, deviations, ...expected } of cases) {
  test(`baseline of a column: ${name}`, () => {
    const baseline = describeColumn(Float32Array.from(values).sort());
    for (const figure of ['center', 'above', 'below'] as const)
      assertClose(baseline[figure], expected[figure], figure);
  });

  test(`deviations of a column: ${name}`, () => {
    const x = toMatrix(values.map((value) => [value]));
    const fitted = fitBaselines(x, { largest: 1 }, { seed: 0, deadline: NO_DEADLINE });
    const scores = scoreRows(compileBaselines(fitted), toMatrix(probes.map((probe) => [probe])));
    for (const [i, score] of scores.entries()) assertClose(score, deviations[i]!, `probe ${probes[i]}`);
  });
}

function assertClose(value: number, expected: number, what: string): void {
  const distance = Math.abs(value - expected) / (Math.abs(expected) || 1);
  assert.ok(distance < 1e-9, `${what} is ${value}, not ${expected}`);
}
