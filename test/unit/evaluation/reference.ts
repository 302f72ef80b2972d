/** Figures of scikit-learn, TSB-AD and NAB, written by scripts/reference/evaluation.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../fixtures/evaluation');

interface Areas {
  readonly roc: number;
  readonly pr: number;
}

interface PointCase {
  readonly name: string;
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  readonly threshold: number;
  /** Label × prediction. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly rocCurve: { readonly fpr: number[]; readonly tpr: number[]; readonly thresholds: number[] };
  readonly rocAuc: number;
  readonly prCurve: {
    readonly precision: number[];
    readonly recall: number[];
    readonly thresholds: number[];
  };
  readonly averagePrecision: number;
  readonly bestF1: { readonly f1: number; readonly threshold: number };
  readonly classWeights: readonly [number, number];
}

interface VolumeCase {
  readonly name: string;
  readonly labels: readonly number[];
  readonly scores: readonly number[];
  readonly maxBuffer: number;
  readonly volumes: { readonly opt: Areas; readonly opt_mem: Areas };
  readonly lastSlice: Areas;
}

interface NabCase {
  readonly name: string;
  readonly files: readonly {
    readonly labels: { readonly rows: number; readonly windows: readonly (readonly [number, number])[] };
    readonly scores: readonly number[];
  }[];
  readonly fixed: number;
  readonly profiles: Readonly<
    Record<
      'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate',
      {
        readonly threshold: number;
        readonly raw: number;
        readonly rawAtFixed: number;
        readonly silence: number;
      }
    >
  >;
}

export interface References {
  readonly 'sklearn.json': { readonly cases: readonly PointCase[] };
  readonly 'tsb-ad.json': { readonly cases: readonly VolumeCase[] };
  readonly 'nab.json': { readonly cases: readonly NabCase[] };
}

export function readReference<Name extends keyof References>(name: Name): References[Name] {
  const reference: References[Name] = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  assert.ok(reference.cases.length > 0, name);
  return reference;
}

export function labelledScores(of: {
  readonly labels: readonly number[];
  readonly scores: readonly number[];
}): {
  labels: Uint8Array;
  scores: Float64Array;
} {
  return { labels: Uint8Array.from(of.labels), scores: Float64Array.from(of.scores) };
}

/** Fails where any pair differs by more than `tolerance`, or the lengths do. */
export function assertClose(
  actual: ArrayLike<number> | number,
  expected: ArrayLike<number> | number,
  tolerance: number,
  message: string,
): void {
  const [a, b] = [actual, expected].map((side) => (typeof side === 'number' ? [side] : Array.from(side)));
  assert.equal(a!.length, b!.length, message);
  for (const [i, value] of a!.entries())
    assert.ok(
      Object.is(value, b![i]) || Math.abs(value - b![i]!) <= tolerance,
      `${message} [${i}]: ${value} is not ${b![i]}`,
    );
}
