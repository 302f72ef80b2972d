/**
 * Precision and recall by incident: a labelled event is found where an alert overlaps it by any instant, and an alert
 * is right where it overlaps a labelled event. Each event counts once, however long it is and however many alerts
 * overlap it; each alert counts once, however many events it spans. (Existence reward and flat bias of Tatbul et al.
 * 2018, "Precision and Recall for Time Series".)
 *
 * One alert that never ends finds everything with precision 1: read them beside `detectionDelay` and the row-wise
 * precision. No row is re-labelled because its event was found: that is point adjustment, which flatters random scores
 * (Kim et al. 2022, doi:10.1609/aaai.v36i7.20680).
 */
import { checkEvents, overlaps, type TimeEvent } from './events.ts';

export interface EventScores {
  /** Labelled events, and those that an alert overlaps. */
  readonly events: number;
  readonly foundEvents: number;
  /** Alerts, and those that overlap no labelled event. */
  readonly alerts: number;
  readonly falseAlerts: number;
  /** NaN where nothing is labelled. */
  readonly recall: number;
  /** NaN where there was no alert. */
  readonly precision: number;
  /** Harmonic mean: 0 where nothing labelled was found; NaN where nothing is labelled and there was no alert. */
  readonly f1: number;
}

/** @throws EvaluationError where an event does not end after it starts */
export function scoreEvents(given: {
  readonly labelled: readonly TimeEvent[];
  readonly alerts: readonly TimeEvent[];
}): EventScores {
  const { labelled, alerts } = given;
  checkEvents(labelled);
  checkEvents(alerts);
  const foundEvents = labelled.filter((event) => alerts.some((alert) => overlaps(event, alert))).length;
  const falseAlerts = alerts.filter((alert) => !labelled.some((event) => overlaps(event, alert))).length;
  return rateEvents({ events: labelled.length, foundEvents, alerts: alerts.length, falseAlerts });
}

/** The rates that follow from the counts. */
export function rateEvents(
  counts: Pick<EventScores, 'events' | 'foundEvents' | 'alerts' | 'falseAlerts'>,
): EventScores {
  const { events, foundEvents, alerts, falseAlerts } = counts;
  const recall = foundEvents / events;
  const precision = (alerts - falseAlerts) / alerts;
  return {
    ...counts,
    recall,
    precision,
    f1: harmonicMean({ recall, precision, nothing: events + alerts === 0 }),
  };
}

function harmonicMean(of: { recall: number; precision: number; nothing: boolean }): number {
  if (of.nothing) return NaN;
  // NaN on one side means that the other side has something, and none of it was right.
  if (!(of.recall > 0 && of.precision > 0)) return 0;
  return (2 * of.recall * of.precision) / (of.recall + of.precision);
}
