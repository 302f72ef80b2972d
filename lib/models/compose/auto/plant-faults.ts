/**
 * Faults of known place in the newest part of the past, for asking what would have been found: shifts, climbs, noise,
 * stuck values, and stretches of another time. Their sizes go by how much a metric changes within ten rows, so that
 * they are neither plain nor hidden on any data.
 */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { NORMAL_IQR } from '../../../maths/normal-ranges.ts';
import { quantile } from '../../../maths/quantile.ts';
import { type Random, seedRandom } from '../../../maths/random.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';

export interface Planted {
  readonly x: FeatureMatrix;
  /** Per row, 1 = part of a fault. */
  readonly labels: Uint8Array;
  readonly faults: number;
}

const KINDS = ['shift', 'climb', 'noise', 'stuck', 'elsewhere'] as const;
type Kind = (typeof KINDS)[number];

/** Rows of a fault: a few minutes to two hours at a row a minute, each order of length as often. */
const SHORTEST = 3;
const LONGEST = 120;
/** Rows from the end of one fault to the next: beyond what a score looks back on. */
const APART = { least: 50, most: 100 } as const;
/** Of a metric's usual change over CHANGE_ROWS rows. */
const SIZE = { least: 1, most: 4 } as const;
const CHANGE_ROWS = 10;
/** A climb ends so much higher than a shift stands. */
const CLIMB = 1.5;
/** Rows that a metric's usual change is taken from. */
const MOST_CHANGES = 4_000;

/** @param given.isOlder per row, 1 = left as it is */
export function plantFaults(
  x: FeatureMatrix,
  given: { readonly isOlder: Uint8Array; readonly seed: number },
): Planted {
  const random = seedRandom(given.seed);
  const values = x.values.slice();
  const labels = new Uint8Array(x.times.length);
  let faults = 0;
  for (const group of groupRows(x)) {
    const cut = group.findIndex((row) => given.isOlder[row] === 0);
    const columns = cut < 0 ? [] : measureChanges(x, group.subarray(0, cut));
    if (columns.length === 0) continue;
    let at = cut + drawRows(random);
    for (;;) {
      const rows = Math.round(SHORTEST * Math.exp(random.nextFloat() * Math.log(LONGEST / SHORTEST)));
      if (at + rows >= group.length) break;
      const fault = { kind: KINDS[faults % KINDS.length]!, group, at, rows, before: cut };
      for (const column of drawColumns(random, columns)) plant({ x, values }, fault, column, random);
      for (const row of group.subarray(at, at + rows)) labels[row] = 1;
      faults++;
      at += rows + drawRows(random);
    }
  }
  return { x: { ...x, values }, labels, faults };
}

interface Changing {
  readonly column: number;
  /** Robust standard deviation of its change over CHANGE_ROWS rows. */
  readonly change: number;
}

interface Fault {
  readonly kind: Kind;
  /** Of the entity. */
  readonly group: Uint32Array;
  readonly at: number;
  readonly rows: number;
  /** Rows of the entity that no fault is in. */
  readonly before: number;
}

function plant(
  { x, values }: { readonly x: FeatureMatrix; readonly values: Float32Array },
  { kind, group, at, rows, before }: Fault,
  { column, change }: Changing,
  random: Random,
): void {
  const width = x.names.length;
  const read = (row: number): number => x.values[group[row]! * width + column]!;
  const size =
    (SIZE.least + random.nextFloat() * (SIZE.most - SIZE.least)) *
    change *
    (random.nextFloat() < 0.5 ? -1 : 1);
  const elsewhere = Math.floor(random.nextFloat() * Math.max(before - rows, 1));
  for (let i = 0; i < rows; i++) {
    const value = read(at + i);
    if (Number.isNaN(value)) continue;
    const place = group[at + i]! * width + column;
    const planted = {
      shift: () => value + size,
      climb: () => value + (CLIMB * size * (i + 1)) / rows,
      noise: () => value + size * (random.nextFloat() + random.nextFloat() - 1),
      stuck: () => read(at),
      elsewhere: () => read(elsewhere + i),
    }[kind]();
    if (!Number.isNaN(planted)) values[place] = planted;
  }
}

/** Columns of the entity that change, evenly looked at. */
function measureChanges({ names, values }: FeatureMatrix, rows: Uint32Array): readonly Changing[] {
  const width = names.length;
  const stride = Math.max(1, Math.ceil(rows.length / MOST_CHANGES));
  return names.flatMap((_, column) => {
    const changes: number[] = [];
    for (let i = CHANGE_ROWS; i < rows.length; i += stride) {
      const change = values[rows[i]! * width + column]! - values[rows[i - CHANGE_ROWS]! * width + column]!;
      if (!Number.isNaN(change)) changes.push(change);
    }
    if (changes.length === 0) return [];
    const sorted = Float64Array.from(changes).sort();
    const range = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / NORMAL_IQR;
    // Of a metric that rests most of the time, what it does when it moves.
    const extremes = Math.max(-quantile(sorted, 0.005), quantile(sorted, 0.995)) / 6;
    const change = Math.max(range, extremes);
    return change > 0 ? [{ column, change }] : [];
  });
}

/** One to half of them. */
function drawColumns(random: Random, columns: readonly Changing[]): readonly Changing[] {
  const left = [...columns];
  const many = 1 + random.nextBelow(Math.max(1, columns.length >> 1));
  return Array.from({ length: many }, () => left.splice(random.nextBelow(left.length), 1)[0]!);
}

/** From one fault to the next. */
function drawRows(random: Random): number {
  return APART.least + random.nextBelow(APART.most - APART.least);
}
