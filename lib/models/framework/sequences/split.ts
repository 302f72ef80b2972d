/** Which sequences are trained on, and which are the validation, which says when to stop. */
import type { SequenceTable } from './table.ts';

export interface Split {
  /** First places of sequences, ascending. */
  readonly training: Uint32Array;
  /** Empty where no entity has rows enough. */
  readonly validation: Uint32Array;
}

/** An entity with fewer sequences than that many spans has no validation: the gap would cost more than it tells. */
const SPANS_TO_SPLIT = 3;

/**
 * The last sequences of each entity are the validation, and those before them that share a row with one are left out: a
 * network that has seen most of a sequence in training knows its end too well.
 * @param starts ascending
 * @param span rows of a sequence
 * @param share of each entity's sequences for the validation, above 0 and below 1
 */
export function splitByTime(
  starts: Uint32Array,
  given: { readonly entityOf: (start: number) => number; readonly span: number; readonly share: number },
): Split {
  const { entityOf, span, share } = given;
  const training: number[] = [];
  const validation: number[] = [];
  for (let from = 0; from < starts.length; ) {
    let to = from + 1;
    while (to < starts.length && entityOf(starts[to]!) === entityOf(starts[from]!)) to++;
    const held = to - from < SPANS_TO_SPLIT * span ? 0 : Math.floor((to - from) * share);
    const cut = held === 0 ? Infinity : starts[to - held]!;
    for (let i = from; i < to; i++) {
      const start = starts[i]!;
      if (start >= cut) validation.push(start);
      else if (start + span <= cut) training.push(start);
    }
    from = to;
  }
  return { training: Uint32Array.from(training), validation: Uint32Array.from(validation) };
}

/** Entity of the row at a place. */
export function entityLookup(
  { order }: Pick<SequenceTable, 'order'>,
  entityOf: Uint32Array,
): (place: number) => number {
  return (place) => entityOf[order[place]!]!;
}
