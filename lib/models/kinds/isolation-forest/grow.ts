/** Grows one tree of splits on single entries. */
import type { Random } from '../../../maths/random.ts';

export interface Growth {
  readonly sample: Float32Array;
  readonly width: number;
  readonly depth: number;
  readonly random: Random;
  /** This tree's part of the forest's arrays. */
  readonly features: Uint16Array;
  readonly thresholds: Float32Array;
  readonly counts: Uint16Array;
}

/** Liu et al., algorithm 2. */
export function growTree({ sample, width, depth, random, features, thresholds, counts }: Growth): void {
  const members = Uint32Array.from({ length: sample.length / width }, (_, i) => i);
  const candidates = Uint32Array.from({ length: width }, (_, c) => c);

  function grow(node: number, level: number, from: number, to: number): void {
    counts[node] = to - from;
    if (level === depth || to - from < 2) return;
    const split = drawSplit(from, to);
    if (split === undefined) return;
    features[node] = split.feature;
    thresholds[node] = split.threshold;
    const middle = partition(split, from, to);
    grow(2 * node + 1, level + 1, from, middle);
    grow(2 * node + 2, level + 1, middle, to);
  }

  /** A column that varies among the members, each equally likely, and a threshold between its extremes. */
  function drawSplit(from: number, to: number): Split | undefined {
    for (let left = width; left > 0; left--) {
      const at = random.nextBelow(left);
      const feature = candidates[at]!;
      candidates[at] = candidates[left - 1]!;
      candidates[left - 1] = feature;
      let low = Infinity;
      let high = -Infinity;
      for (let i = from; i < to; i++) {
        const value = sample[members[i]! * width + feature]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      if (low < high) return { feature, threshold: drawThreshold(low, high, random) };
    }
    return undefined;
  }

  /** Members below the threshold first. @returns where those at or above it start */
  function partition({ feature, threshold }: Split, from: number, to: number): number {
    let left = 0;
    let right = 0;
    for (let i = from; i < to; i++) {
      const value = sample[members[i]! * width + feature]!;
      if (value < threshold) left++;
      else if (value >= threshold) right++;
    }
    const missingGoRight = right > left;
    let middle = from;
    for (let i = from; i < to; i++) {
      const member = members[i]!;
      const value = sample[member * width + feature]!;
      if (missingGoRight ? !(value < threshold) : value >= threshold) continue;
      members[i] = members[middle]!;
      members[middle++] = member;
    }
    return middle;
  }

  grow(0, 0, 0, members.length);
}

interface Split {
  readonly feature: number;
  readonly threshold: number;
}

/** Above `low` and at most `high`, so that both sides get a row; a float32, so that storing it moves no row. */
function drawThreshold(low: number, high: number, random: Random): number {
  const threshold = Math.fround(low + random.nextFloat() * (high - low));
  return threshold > low && threshold <= high ? threshold : high;
}
