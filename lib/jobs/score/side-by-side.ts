/**
 * Units of one batch of messages that are scored at once. A scoring of a few pods is mostly a wait for the bucket, and a function is
 * paid for as long as it waits.
 */
import { rangeOfWindowKey } from '../../store/keys.ts';

/** Of windows that came, as their events name them. */
export interface ArrivedWindow {
  readonly key: string;
  /** Bytes; undefined where nobody told. */
  readonly size: number | undefined;
}

/**
 * Bytes of windows at once. With what they look back on they are a hundred times as much in memory, and ten times that where their
 * values compress well.
 */
export const MOST_BYTES_AT_ONCE = 100_000;

/**
 * Groups, one after the other, of units that go side by side. By itself goes what is large, or of unknown size, and what bears a mark
 * while it is scored (a file with a name of its own): where the process dies, the mark tells which of them it died at.
 * @param arrivedOf windows that came of a unit; undefined: everything is looked at
 */
export function groupSmall<T>(
  units: readonly T[],
  arrivedOf: (unit: T) => readonly ArrivedWindow[] | undefined,
): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let small: T[] = [];
  let bytes = 0;
  for (const unit of units) {
    const size = sizeOf(arrivedOf(unit));
    if (size > MOST_BYTES_AT_ONCE) {
      groups.push([unit]);
      continue;
    }
    if (small.length === 0 || bytes + size > MOST_BYTES_AT_ONCE) {
      small = [];
      groups.push(small);
      bytes = 0;
    }
    small.push(unit);
    bytes += size;
  }
  return groups;
}

function sizeOf(arrived: readonly ArrivedWindow[] | undefined): number {
  if (arrived === undefined) return Infinity;
  return arrived.reduce(
    (sum, { key, size = Infinity }) => sum + (rangeOfWindowKey(key) === undefined ? Infinity : size),
    0,
  );
}
