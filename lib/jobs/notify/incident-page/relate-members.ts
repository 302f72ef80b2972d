/** What moved with an incident's probable culprit, among all that the detectors of its members watch. */
import type { AlertMember, DescribedAnomaly } from '../../../alert/alert.ts';
import { detectorOfUnit } from '../../../config/work-unit.ts';
import type { IncidentInput } from '../../../report/incident/incident-input.ts';
import { unitOfWindowKey } from '../../../store/keys.ts';
import type { ObjectStore } from '../../../store/object-store.ts';
import { findRelated, type RowsOfDetector, rangeOfRelated } from '../../shared/find-related.ts';
import { gatherRows } from '../../shared/gather-rows.ts';
import { loadUsualValues } from '../../shared/usual-values.ts';
import { readSeriesAround } from './read-series.ts';

export interface KnownMember {
  readonly member: AlertMember;
  readonly anomaly: DescribedAnomaly | undefined;
  /** Windows in which it was found anomalous. */
  readonly windows: readonly string[];
}

/** What moved with the probable culprit, of all detectors that have a part in the incident; the most alike first. */
export interface FoundRelated {
  readonly anomalyId: string;
  readonly related: IncidentInput['related'];
}

/** Where its windows and its model are. */
export function unitOfMember({ member, anomaly }: KnownMember): string {
  return (anomaly && unitOfWindowKey(anomaly.objects.window)) ?? member.detector;
}

/** @param known the probable culprit first */
export function relateMembers(
  rows: readonly RowsOfDetector[],
  known: readonly KnownMember[],
): IncidentInput['related'] {
  const [culprit] = known;
  const reasons = culprit?.anomaly?.reasons ?? [];
  // Who is silent moves with nobody.
  if (culprit === undefined || reasons[0] === undefined || culprit.anomaly?.silence !== undefined) return [];
  const { detector, entity } = culprit.member;
  return findRelated(rows, {
    culprit: {
      detector,
      entity,
      metric: (reasons.find(({ derived }) => derived === undefined) ?? reasons[0]).metric,
    },
    isMember: (of, name) => known.some(({ member }) => member.detector === of && member.entity === name),
  });
}

/**
 * Reads no more than what it compares, where no page is drawn of it.
 * @param known the probable culprit first
 * @param step ms between rows
 */
export async function readRelated(
  store: ObjectStore,
  known: readonly KnownMember[],
  step: number,
): Promise<FoundRelated> {
  const start = Math.min(...known.map(({ member }) => Date.parse(member.start)));
  const end = Math.max(
    ...known.map(({ member, anomaly }) => Date.parse(member.end ?? anomaly?.lastAnomalous ?? member.start)),
  );
  const range = rangeOfRelated({ start, end, step });
  const gathered: RowsOfDetector[] = [];
  for (const [unit, members] of Map.groupBy(known, unitOfMember)) {
    const rows = gatherRows({ range, step });
    const wanted = members.map(({ member: { entity }, windows }) => ({
      entity,
      metrics: [],
      most: 0,
      windows,
    }));
    await readSeriesAround(store, { unit, wanted, range, onset: start, rows });
    const version = members[0]!.anomaly?.model.version;
    const usual = version === undefined ? undefined : await loadUsualValues(store, unit, version);
    gathered.push({ detector: detectorOfUnit(unit), rows, usual });
  }
  return { anomalyId: known[0]!.member.anomalyId, related: relateMembers(gathered, known) };
}
