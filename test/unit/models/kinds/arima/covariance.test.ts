import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossRows, LONGEST_BRIDGE, limitBridge } from '../../../../../lib/models/kinds/arima/bridge.ts';
import {
  isSteady,
  observeCovariance,
  psiWeights,
  setSteady,
  skipCovariance,
  stationaryCovariance,
  toCompanion,
} from '../../../../../lib/models/kinds/arima/covariance.ts';
import { createState, skip } from '../../../../../lib/models/kinds/arima/level-filter.ts';
import { expandAr, expandMa } from '../../../../../lib/models/kinds/arima/polynomial.ts';

const PROCESSES = {
  'AR(1)': toCompanion([0.7], []),
  'MA(2)': toCompanion([], [0.5, -0.3]),
  'ARMA(2,1)': toCompanion([1.2, -0.4], [0.6]),
  'ARMA(1,3)': toCompanion([-0.9], [0.2, 0.1, -0.5]),
  'seasonal (1,0,1)(1,0,1)4': toCompanion(expandAr([0.5], [0.6], 4), expandMa([0.3], [-0.4], 4)),
  noise: toCompanion([], []),
};

for (const [name, companion] of Object.entries(PROCESSES)) {
  const { size, phi, r } = companion;
  const scratch = new Float64Array(size);

  /** T P T' + R R' with whole matrices. */
  function predict(P: number[][]): number[][] {
    const T = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => (j === 0 ? phi[i]! : 0) + (j === i + 1 ? 1 : 0)),
    );
    return T.map((a, i) =>
      T.map((b, j) => {
        let sum = r[i]! * r[j]!;
        for (let k = 0; k < size; k++) for (let l = 0; l < size; l++) sum += a[k]! * P[k]![l]! * b[l]!;
        return sum;
      }),
    );
  }

  const widen = (P: Float64Array): number[][] =>
    Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => P[Math.min(i, j) * size + Math.max(i, j)]!),
    );

  function assertSame(P: Float64Array, expected: number[][]): void {
    for (const [i, row] of widen(P).entries())
      for (const [j, value] of row.entries())
        assert.ok(Math.abs(value - expected[i]![j]!) < 1e-10, `${i}, ${j}: ${value}, not ${expected[i]![j]}`);
  }

  test(`${name}: the stationary covariance stays as it is from row to row`, () => {
    const P = stationaryCovariance(companion);
    assert.ok(P !== undefined);
    assertSame(P, predict(widen(P)));
    const skipped = P.slice();
    skipCovariance(skipped, companion, scratch);
    assertSame(skipped, widen(P));
  });

  test(`${name}: its variance is the sum of the squared ψ weights`, () => {
    const variance = psiWeights(companion, 500).reduce((sum, each) => sum + each * each, 0);
    assert.ok(Math.abs(stationaryCovariance(companion)![0]! - variance) < 1e-9);
  });

  test(`${name}: a measured row takes off what it told, then goes on as the transition has it`, () => {
    const P = stationaryCovariance(companion)!;
    for (let step = 0; step < 5; step++) {
      const full = widen(P);
      const updated = full.map((row, i) =>
        row.map((value, j) => value - (full[i]![0]! * full[0]![j]!) / full[0]![0]!),
      );
      observeCovariance(P, companion, scratch);
      assertSame(P, predict(updated));
    }
  });

  test(`${name}: measured row after row, the covariance settles at that of the innovation alone`, () => {
    const P = stationaryCovariance(companion)!;
    for (let step = 0; step < 400 && !isSteady(P, companion); step++)
      observeCovariance(P, companion, scratch);
    const steady = new Float64Array(size * size);
    setSteady(steady, companion);
    assertSame(P, widen(steady));
  });

  test(`${name}: a leap over rows ends where going row by row does`, () => {
    for (const rows of [1, 63, 64, 65, 100, 777]) {
      const state = createState(companion);
      for (let i = 0; i < size; i++) state.a[i] = i + 1;
      const walked = { ...state, a: state.a.slice(), P: state.P.slice(), first: scratch };
      crossRows(state, companion, rows);
      for (let i = 0; i < rows; i++) skip(walked, companion);
      assertSame(state.P, widen(walked.P));
      assert.ok(state.a.every((value, i) => Math.abs(value - walked.a[i]!) < 1e-10));
    }
  });
}

test('a process with a unit root has no stationary covariance', () => {
  assert.equal(stationaryCovariance(toCompanion([1], [])), undefined);
});

test('a bridge keeps the place in the season, and stays within bounds', () => {
  for (const season of [1, 7, 24])
    for (const rows of [-1000, -1, 0, 5, LONGEST_BRIDGE, LONGEST_BRIDGE + 1, 10_000_019]) {
      const limited = limitBridge(rows, season);
      assert.ok(limited >= 0 && limited <= LONGEST_BRIDGE + season, `${limited}`);
      assert.equal((((limited - rows) % season) + season) % season, 0, `${rows} became ${limited}`);
      if (rows >= 0 && rows <= LONGEST_BRIDGE) assert.equal(limited, rows);
    }
});
