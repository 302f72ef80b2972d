/** Grows one tree of oblique splits: through a random point of the node's box, at a random angle. */
import type { Random } from '../../../maths/random.ts';
import type { Growth } from './grow.ts';

export interface ExtendedGrowth extends Growth {
  /** Entries that a split looks at, at most. */
  readonly terms: number;
  readonly slopes: Float64Array;
  readonly points: Float32Array;
}

/**
 * A hyperplane goes through the members' box, and can pass beside all of them in a corner: another one is drawn then.
 * A node that so many have missed stays whole.
 */
const MAX_DRAWS = 16;

/**
 * Hariri et al., algorithm 2, with slopes divided by the node's range of each entry: of columns on different scales all
 * take part. A missing value lies at the split's point, where it moves a row to neither side; a row that misses all of
 * them does the same as one at the point, and goes right.
 */
export function growExtendedTree(growth: ExtendedGrowth): void {
  const { sample, width, depth, random, terms, features, thresholds, slopes, points, counts } = growth;
  const members = Uint32Array.from({ length: sample.length / width }, (_, i) => i);
  const candidates = Uint32Array.from({ length: width }, (_, c) => c);

  function grow(node: number, level: number, from: number, to: number): void {
    counts[node] = to - from;
    if (level === depth || to - from < 2) return;
    let middle = from;
    for (let draw = 0; draw < MAX_DRAWS && (middle === from || middle === to); draw++) {
      clearSplit(node);
      if (!drawSplit(node, from, to)) return;
      middle = partition(node, from, to);
    }
    if (middle === from || middle === to) {
      clearSplit(node);
      return;
    }
    thresholds[node] = 0;
    grow(2 * node + 1, level + 1, from, middle);
    grow(2 * node + 2, level + 1, middle, to);
  }

  /** Entries that vary among the members, each equally likely. @returns false where none does */
  function drawSplit(node: number, from: number, to: number): boolean {
    let found = 0;
    for (let left = width; left > 0 && found < terms; left--) {
      const at = random.nextBelow(left);
      const feature = candidates[at]!;
      candidates[at] = candidates[left - 1]!;
      candidates[left - 1] = feature;
      const { low, high } = findRange(feature, from, to);
      if (!(low < high)) continue;
      const term = node * terms + found++;
      features[term] = feature;
      points[term] = low + random.nextFloat() * (high - low);
      slopes[term] = drawNormal(random) / (high - low);
    }
    return found > 0;
  }

  function findRange(feature: number, from: number, to: number): { low: number; high: number } {
    let low = Infinity;
    let high = -Infinity;
    for (let i = from; i < to; i++) {
      const value = sample[members[i]! * width + feature]!;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return { low, high };
  }

  function partition(node: number, from: number, to: number): number {
    let middle = from;
    for (let i = from; i < to; i++) {
      const member = members[i]!;
      const first = node * terms;
      if (isRightOf({ features, slopes, points, terms }, first, sample, member * width)) continue;
      members[i] = members[middle]!;
      members[middle++] = member;
    }
    return middle;
  }

  function clearSplit(node: number): void {
    features.fill(0, node * terms, (node + 1) * terms);
    slopes.fill(0, node * terms, (node + 1) * terms);
    points.fill(0, node * terms, (node + 1) * terms);
  }

  grow(0, 0, 0, members.length);
}

export interface Hyperplanes {
  readonly features: Uint16Array;
  readonly slopes: Float64Array;
  readonly points: Float32Array;
  readonly terms: number;
}

/** @param first the split's first term @param at the vector's first entry */
export function isRightOf(
  { features, slopes, points, terms }: Hyperplanes,
  first: number,
  values: Float32Array,
  at: number,
): boolean {
  let side = 0;
  for (let term = first; term < first + terms; term++) {
    const distance = values[at + features[term]!]! - points[term]!;
    // NaN: missing.
    if (distance < 0 || distance > 0) side += slopes[term]! * distance;
  }
  return side >= 0;
}

/** Box-Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
}
