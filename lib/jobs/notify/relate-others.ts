/**
 * What moved with the probable culprit among the metrics of other detectors: scoring sees its own detector alone, and the page
 * of an incident reads the windows of all; so does a run after which a first message waits. What either found is kept with the
 * culprit, so that the next message has it and no message waits for a read.
 */
import type { AlertRelated, AnomalyFacts, DescribedAnomaly } from '../../alert/alert.ts';
import type { NotifyState } from '../../store/notify-state.ts';
import { MOST_RELATED, roundCorrelation } from '../shared/find-related.ts';
import type { FoundRelated } from './incident-page/relate-members.ts';

/** What its own detector has many of leaves them room. */
const MOST_OF_OTHERS = 3;

/** The same object where nothing is new. */
export function keepRelated(
  anomalies: NotifyState['anomalies'],
  found: readonly FoundRelated[],
): NotifyState['anomalies'] {
  let kept = anomalies;
  for (const { anomalyId, related } of found) {
    const anomaly = kept[anomalyId];
    if (anomaly === undefined) continue;
    const others = related
      .filter(({ detector }) => detector !== anomaly.detector)
      .map(({ isMember: _, correlation, ...each }) => ({
        ...each,
        correlation: roundCorrelation(correlation),
      }));
    const before = anomaly.related ?? [];
    const own = before.filter(({ detector }) => detector === anomaly.detector);
    // That a correlation goes on changing is no news by itself.
    const joined = join(own, others);
    if (sayNames(joined.related) === sayNames(before)) continue;
    kept = { ...kept, [anomalyId]: { ...anomaly, ...joined } };
  }
  return kept;
}

/**
 * Of an anomaly's newest change, with what was known of it before: scoring looks among the rows around its change, and of a later
 * one there may be none to tell; of other detectors it knows nothing.
 */
export function withRelated(
  before: DescribedAnomaly | undefined,
  anomaly: DescribedAnomaly,
): DescribedAnomaly {
  const known = before?.related ?? [];
  if (known.length === 0) return anomaly;
  const others = known.filter(({ detector }) => detector !== anomaly.detector);
  const own = anomaly.related ?? known.filter(({ detector }) => detector === anomaly.detector);
  return { ...anomaly, ...join(own, others) };
}

/** The most alike first. Detectors may watch the same. */
function join(own: readonly AlertRelated[], others: readonly AlertRelated[]): Pick<AnomalyFacts, 'related'> {
  const told = others
    .filter(({ entity, metric }) => !own.some((each) => each.entity === entity && each.metric === metric))
    .slice(0, MOST_OF_OTHERS);
  const related = [...own.slice(0, MOST_RELATED - told.length), ...told];
  return { related: related.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation)) };
}

function sayNames(related: readonly AlertRelated[] = []): string {
  return JSON.stringify(related.map(({ detector, entity, metric }) => [detector, entity, metric]).sort());
}
