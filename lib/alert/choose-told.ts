/** Of the anomalies of an incident the one whose number a message tells: after the first message, that which went farthest. */
import type { Member, NotifiedState } from '../incident/contract.ts';
import { isOpen } from '../incident/severity.ts';
import type { AlertWorst, DescribedAnomaly } from './alert.ts';
import { findLeadingReason, tellsFarthest } from './summarize.ts';

/** Times as far as the lead that another has to be: of forty pods with one cause, one is always a little farther. */
const CLEARLY = 1.5;

/**
 * Members are compared as the telling compares them, by their reach: in units of the usual band, whatever the metric. While the
 * incident is open, only what is open counts; at its end everything that was there. Of the lead's metric, only what strayed to
 * the same side counts. A metric that never moved before has no reach: it gives way only to more of itself.
 *
 * @param members whom the sentence is about, the lead first
 * @param anomalyOf as its newest change left it
 * @returns the one to tell of
 */
export function chooseTold(
  state: NotifiedState,
  members: readonly Member[],
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): DescribedAnomaly {
  const lead = members[0]!;
  const leading = anomalyOf(lead.anomalyId);
  if (!tellsFarthest(state)) return leading;
  const candidates = listThere(members).filter(({ anomalyId }) => anomalyOf(anomalyId).reasons.length > 0);
  const ofItsSide = candidates.filter(({ anomalyId }) => !isOfOtherSide(anomalyOf(anomalyId), leading));
  const compared = ofItsSide.length > 0 ? ofItsSide : candidates;
  let [farthest] = compared;
  if (farthest === undefined) return leading;
  for (const member of compared) if (wentFarther(member, farthest, 1, anomalyOf)) farthest = member;
  const isLeadTold = compared.includes(lead) && !wentFarther(farthest, lead, CLEARLY, anomalyOf);
  return isLeadTold ? leading : anomalyOf(farthest.anomalyId);
}

/** What is open; at the end, and of what is told as there again and is over once more, all of it. */
function listThere(members: readonly Member[]): readonly Member[] {
  const there = members.filter((member) => member.state !== 'retracted');
  const open = there.filter(isOpen);
  return open.length === 0 ? there : open;
}

/** By so many times. Where no reach tells, what is of one metric compares by its values. */
function wentFarther(
  a: Member,
  b: Member,
  times: number,
  anomalyOf: (anomalyId: string) => DescribedAnomaly,
): boolean {
  const [one, other] = [anomalyOf(a.anomalyId).worst, anomalyOf(b.anomalyId).worst];
  if (one === undefined || other === undefined) return one !== undefined;
  if (a.reach !== undefined && b.reach !== undefined) return a.reach > times * b.reach;
  return one.metric === other.metric && departureOf(one) > times * departureOf(other);
}

/** Too low, where the lead is too high. */
function isOfOtherSide(anomaly: DescribedAnomaly, lead: DescribedAnomaly): boolean {
  return metricOf(anomaly) === metricOf(lead) && sideOf(anomaly) * sideOf(lead) < 0;
}

function metricOf({ reasons, worst }: DescribedAnomaly): string | undefined {
  return worst?.metric ?? findLeadingReason(reasons)?.metric;
}

/** 1 above, -1 below; 0: neither is known, as of what is computed from a metric, or is missing. */
function sideOf({ reasons, worst }: DescribedAnomaly): number {
  if (worst !== undefined) return Math.sign(worst.value - worst.usual);
  const leading = findLeadingReason(reasons);
  if (leading === undefined || leading.value === null || leading.derived !== undefined) return 0;
  return Math.sign(leading.value - leading.usual);
}

/** From what was expected, in the metric's unit. */
export function departureOf({ value, usual }: AlertWorst): number {
  return Math.abs(value - usual);
}
