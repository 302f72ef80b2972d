/**
 * What a peer would have told: 4 of 5 rows above a threshold open an incident, ten in a row that are not end it.
 * Fixed here, apart from the product's own decision stage, so that peers stay what they are while that one changes.
 */
import type { Told } from './find-incidents.ts';

const K = 4;
const N = 5;
const RESOLVE_AFTER = 10;

/** @param given.rows of one entity, in order of time; NaN is above no threshold, and what is at it is usual: training rows may all score the same */
export function findPersistentIncidents(given: {
  readonly entity: string;
  readonly times: Float64Array;
  readonly scores: Float64Array;
  readonly threshold: number;
  readonly step: number;
}): Told {
  const { entity, times, scores, threshold, step } = given;
  const anomalous = Uint8Array.from(scores, (score) => (score > threshold ? 1 : 0));
  const incidents: Told['incidents'][number][] = [];
  let recent: number[] = [];
  let open: { start: number; alertedAt: number; last: number; quiet: number } | undefined;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    const isAnomalous = anomalous[row] === 1;
    if (open !== undefined) {
      if (isAnomalous) open = { ...open, last: time, quiet: 0 };
      else if (++open.quiet >= RESOLVE_AFTER) {
        incidents.push(endOf(open, time));
        open = undefined;
      }
      continue;
    }
    // A gap makes the count start anew.
    if (row > 0 && time - times[row - 1]! > step) recent = [];
    recent = recent.filter((each) => each > time - N * step);
    if (isAnomalous) recent.push(time);
    if (recent.length < K) continue;
    open = { start: recent[0]!, alertedAt: time, last: time, quiet: 0 };
    recent = [];
  }
  if (open !== undefined) incidents.push(endOf(open, undefined));
  return { incidents, anomalous };

  function endOf(
    { start, alertedAt, last }: { start: number; alertedAt: number; last: number },
    resolvedAt: number | undefined,
  ): Told['incidents'][number] {
    return { entity, start, end: last + step, alertedAt, resolvedAt };
  }
}
