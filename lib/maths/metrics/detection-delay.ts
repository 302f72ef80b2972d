import { quantile } from '../quantile.ts';
import { checkEvents, overlaps, type TimeEvent } from './events.ts';

/** An anomaly, or an incident, and when people were told. */
export interface AlertedEvent extends TimeEvent {
  /** Epoch ms at which it opened: later than `start` where it takes several rows to open one. */
  readonly alertedAt: number;
}

/** Milliseconds. */
export interface DetectionDelays {
  /** Per labelled event, in their order; NaN for one that was missed. */
  readonly delays: Float64Array;
  /** Over the events that were found; NaN where none was. A detector that misses the hard ones looks faster: read it beside recall. */
  readonly mean: number;
  readonly median: number;
  readonly missed: number;
}

/**
 * From each labelled event's start to the first alert among the incidents that overlap it. 0 where that alert was out
 * already: an incident that was open before counts as found, and not as foresight.
 * @throws EvaluationError where an event does not end after it starts
 */
export function measureDelays(given: {
  readonly labelled: readonly TimeEvent[];
  readonly alerts: readonly AlertedEvent[];
}): DetectionDelays {
  const { labelled, alerts } = given;
  checkEvents(labelled);
  checkEvents(alerts);
  const delays = Float64Array.from(labelled, (event) => {
    const first = Math.min(
      ...alerts.filter((alert) => overlaps(event, alert)).map(({ alertedAt }) => alertedAt),
    );
    return first === Infinity ? NaN : Math.max(0, first - event.start);
  });
  const found = delays.filter((delay) => !Number.isNaN(delay)).sort();
  return {
    delays,
    mean: found.reduce((sum, delay) => sum + delay, 0) / found.length,
    median: found.length === 0 ? NaN : quantile(found, 0.5),
    missed: labelled.length - found.length,
  };
}
