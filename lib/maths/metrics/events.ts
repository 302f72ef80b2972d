/** Incidents as stretches of time: what people label, are woken for and count, where rows are only how it is stored. */
import { EvaluationError } from '../../base/errors.ts';
import { checkLabels, checkLength } from './labelled-scores.ts';

export interface TimeEvent {
  readonly entity: string;
  /** Epoch ms, inclusive. */
  readonly start: number;
  /** Epoch ms, exclusive. */
  readonly end: number;
}

/** A gap of more steps than this between two flagged rows ends an event: nobody knows what was in it. */
const MAX_GAP_STEPS = 10;

/**
 * Neighbouring flagged rows of an entity make one event, from the first row's time to a step after the last one's.
 * Rows that are missing in between belong to it, up to MAX_GAP_STEPS.
 * @param rows sorted by entity, then time; `flags` 1 = labelled, or called, anomalous
 * @throws EvaluationError where there is no row, lengths differ, a flag is neither 0 nor 1, or times do not ascend
 */
export function findEvents(rows: {
  readonly flags: Uint8Array;
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  /** Epoch ms. */
  readonly times: Float64Array;
  /** Ms between rows. */
  readonly step: number;
}): readonly TimeEvent[] {
  const { flags, entities, entityOf, times, step } = rows;
  checkLabels(flags, 'flag');
  checkLength('entityOf', entityOf.length, flags.length);
  checkLength('times', times.length, flags.length);
  const events: TimeEvent[] = [];
  // First and last row of the event that is being extended.
  let first = -1;
  let last = -1;
  for (let row = 0; row < flags.length; row++) {
    const continues = row > 0 && entityOf[row] === entityOf[row - 1];
    if (continues && !(times[row]! > times[row - 1]!))
      throw new EvaluationError(
        'bad-order',
        `row ${row} has the time ${times[row]}, the row before it ${times[row - 1]}; times ascend within an entity`,
      );
    const reaches = continues && last === row - 1 && times[row]! - times[last]! <= (MAX_GAP_STEPS + 1) * step;
    if (first !== -1 && !(reaches && flags[row] === 1)) endEvent();
    if (flags[row] === 0) continue;
    if (first === -1) first = row;
    last = row;
  }
  if (first !== -1) endEvent();
  return events;

  function endEvent(): void {
    events.push({ entity: entities[entityOf[first]!]!, start: times[first]!, end: times[last]! + step });
    first = -1;
  }
}

/** True where both are of one entity and share an instant. */
export function overlaps(a: TimeEvent, b: TimeEvent): boolean {
  return a.entity === b.entity && a.start < b.end && b.start < a.end;
}

/** @throws EvaluationError where an event does not end after it starts */
export function checkEvents(events: readonly TimeEvent[]): void {
  for (const { entity, start, end } of events)
    if (!(Number.isFinite(start) && Number.isFinite(end) && start < end))
      throw new EvaluationError(
        'bad-event',
        `an event of ${JSON.stringify(entity)} runs from ${start} to ${end}; it ends after it starts`,
      );
}
