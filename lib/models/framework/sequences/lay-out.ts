/**
 * Sequences as the engine takes them. A missing value becomes the last one measured before it in the same sequence, or
 * 0, the mean of training, where the sequence has none: what a sequence holds never depends on what lies before it, so
 * that a row scores the same however its history was cut into windows.
 */
import type { Sequences } from '../../../nn/contract.ts';
import type { SequenceTable } from './table.ts';

export interface Filling {
  /** Row-major, with room for the sequence from `offset` on. */
  readonly out: Float32Array;
  /** As `out`: 1 where measured, else 0. */
  readonly mask?: Float32Array;
  /** Elements. */
  readonly offset: number;
}

/** Copies the rows from place `start` on, and fills what is missing. */
export function writeSequence(
  { values, width }: SequenceTable,
  { start, steps }: { readonly start: number; readonly steps: number },
  { out, mask, offset }: Filling,
): void {
  for (let i = 0; i < steps * width; i++) {
    const value = values[start * width + i]!;
    const missing = Number.isNaN(value);
    out[offset + i] = missing ? (i < width ? 0 : out[offset + i - width]!) : value;
    if (mask !== undefined) mask[offset + i] = missing ? 0 : 1;
  }
}

/**
 * All of the given sequences over one table of rows, in which those that overlap share theirs. Only a sequence whose
 * first row would be filled from before it gets a copy of its own, at the end of the table.
 * @param starts ascending places, at least one
 */
export function layOutSequences(table: SequenceTable, starts: Uint32Array, steps: number): Sequences {
  const { width } = table;
  const from = starts[0]!;
  const rows = starts.at(-1)! + steps - from;
  const { filled, leaning } = fillForward(table, { from, rows, reach: steps - 1 });
  const own = starts.filter((start) => leaning[start - from] === 1);
  if (own.length === 0) return { rows: filled, starts: starts.map((start) => start - from) };
  const all = new Float32Array((rows + own.length * steps) * width);
  all.set(filled);
  let copies = 0;
  const places = starts.map((start) => {
    if (leaning[start - from] !== 1) return start - from;
    const place = rows + copies++ * steps;
    writeSequence(table, { start, steps }, { out: all, offset: place * width });
    return place;
  });
  return { rows: all, starts: places };
}

/**
 * Fills from at most `reach` rows back, within a stretch and not from before `from`. In a sequence whose first row
 * leans on none before it, no later row does.
 */
function fillForward(
  { values, width, begins }: SequenceTable,
  { from, rows, reach }: { readonly from: number; readonly rows: number; readonly reach: number },
): { readonly filled: Float32Array; readonly leaning: Uint8Array } {
  const filled = new Float32Array(rows * width);
  /** Per row, 1 where a missing value took an earlier one. */
  const leaning = new Uint8Array(rows);
  const last = new Int32Array(width).fill(-1);
  for (let row = 0; row < rows; row++) {
    if (begins[from + row] === 1) last.fill(-1);
    for (let c = 0; c < width; c++) {
      const value = values[(from + row) * width + c]!;
      if (!Number.isNaN(value)) {
        filled[row * width + c] = value;
        last[c] = row;
      } else if (last[c]! >= 0 && row - last[c]! <= reach) {
        filled[row * width + c] = filled[last[c]! * width + c]!;
        leaning[row] = 1;
      }
    }
  }
  return { filled, leaning };
}

/** Of one call of the engine: its input and output stay within a few MB. */
const CHUNK = 1024;

/** Cuts the starts, ascending, where a chunk is full or a long stretch of rows belongs to no sequence. */
export function* chunkStarts(starts: Uint32Array): Generator<Uint32Array> {
  let first = 0;
  for (let i = 1; i <= starts.length; i++) {
    if (i < starts.length && i - first < CHUNK && starts[i]! - starts[first]! < 2 * CHUNK) continue;
    yield starts.subarray(first, i);
    first = i;
  }
}
