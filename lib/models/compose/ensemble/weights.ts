/** Which member to trust how much, learned from rows that people labelled. */
import { averagePrecision } from '../../../maths/metrics/precision-recall.ts';

/** Labelled stretches that count as much as the assumption that all members are equally good. */
const PRIOR_EVENTS = 4;

/**
 * By average precision on labelled rows, drawn to equal weights as far as labelled stretches are few.
 * @param given.surprises per member, of the same rows
 * @param given.labels per row, 1 = anomalous
 * @returns per member, adding up to 1; equal ones where no row is labelled anomalous, or all are
 */
export function learnWeights(given: {
  readonly surprises: readonly Float64Array[];
  readonly labels: Uint8Array;
}): readonly number[] {
  const { surprises, labels } = given;
  const equal = 1 / surprises.length;
  const rows = [...labels.keys()].filter((row) => surprises.every((one) => !Number.isNaN(one[row]!)));
  const known = Uint8Array.from(rows, (row) => Number(labels[row] === 1));
  const events = known.filter((label, i) => label === 1 && known[i - 1] !== 1).length;
  if (events === 0 || !known.includes(0)) return surprises.map(() => equal);
  const precisions = surprises.map((one) =>
    averagePrecision({ labels: known, scores: Float64Array.from(rows, (row) => one[row]!) }),
  );
  const total = precisions.reduce((sum, precision) => sum + precision, 0);
  const trust = events / (events + PRIOR_EVENTS);
  return precisions.map((precision) => (1 - trust) * equal + (trust * precision) / total);
}
