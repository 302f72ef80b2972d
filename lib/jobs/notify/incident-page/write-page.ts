/** Writes the page of one incident from what the bucket holds: its objects, the windows around it, its model, its past. */
import type { AlertMember, DescribedAnomaly, Reason } from '../../../alert/alert.ts';
import { unitOfMetric } from '../../../alert/metric-unit.ts';
import { ArtifactError, NotFoundError } from '../../../base/errors.ts';
import { forEachConcurrently } from '../../../base/limit-concurrency.ts';
import { detectorOfUnit } from '../../../config/work-unit.ts';
import { countOf, formatTime } from '../../../report/format.ts';
import type { IncidentInput, MemberInput, SeriesInput } from '../../../report/incident/incident-input.ts';
import { decodeJson } from '../../../store/json.ts';
import { incidentKey, incidentPageKey } from '../../../store/keys.ts';
import type { ObjectStore } from '../../../store/object-store.ts';
import type { TimeRange } from '../../../window/time-range.ts';
import { type RowsOfDetector, rangeOfRelated } from '../../shared/find-related.ts';
import { gatherRows } from '../../shared/gather-rows.ts';
import { loadUsualValues, type UsualValues, usualOfMetric } from '../../shared/usual-values.ts';
import { anomalySchema } from '../record-anomaly.ts';
import { type IncidentObject, incidentSchema } from '../record-incident.ts';
import { findSimilar, SIMILAR_DAYS } from './find-similar.ts';
import { measureAnswered } from './measure-answered.ts';
import { findPlotRange, MOST_PLOTTED } from './plot-range.ts';
import { findNewestEnd, type ReadSeries, readSeriesAround } from './read-series.ts';
import { type FoundRelated, type KnownMember, relateMembers, unitOfMember } from './relate-members.ts';

/** Members that the page names, and metrics of those that have plots. */
const MOST_MEMBERS = 30;
const METRICS = { culprit: 6, other: 2 } as const;
const READS_AT_ONCE = 8;
/** Another run may have changed the incident meanwhile: its page is then made anew. */
const MOST_TRIES = 3;

/**
 * Nothing is written for an incident that nobody was told of: it is then undefined.
 * @param given.step ms between rows
 * @param given.render makes the page of what was gathered
 * @throws NotFoundError, ArtifactError where the incident's object is not to be had
 */
export async function writeIncidentPage(
  store: ObjectStore,
  given: {
    readonly incidentId: string;
    readonly step: number;
    readonly now: number;
    readonly render: (input: IncidentInput) => string;
  },
): Promise<FoundRelated | undefined> {
  const key = incidentKey(given.incidentId);
  for (let tries = 1; ; tries++) {
    const { body, etag } = await store.get(key);
    const incident = decodeJson(key, body, incidentSchema);
    if (incident.changes.length === 0 || incident.members.length === 0) return undefined;
    const input = await gatherInput(store, incident, given);
    const page = given.render(input);
    await store.put(incidentPageKey(given.incidentId), new TextEncoder().encode(page), {
      contentType: 'text/html; charset=utf-8',
    });
    if (tries === MOST_TRIES || (await store.head(key)).etag === etag)
      return { anomalyId: incident.members[0]!.anomalyId, related: input.related };
  }
}

async function gatherInput(
  store: ObjectStore,
  incident: IncidentObject,
  { step, now }: { readonly step: number; readonly now: number },
): Promise<IncidentInput> {
  const messages = incident.changes.map(({ alert }) => alert);
  const newest = messages.at(-1)!;
  const known = await readMembers(store, incident.members.slice(0, MOST_MEMBERS));
  const lastRow = Math.max(
    Date.parse(newest.end ?? newest.lastAnomalous),
    ...known.map(({ anomaly, member }) => Date.parse(member.end ?? anomaly?.lastAnomalous ?? member.start)),
  );
  const start = Math.min(...known.map(({ member }) => Date.parse(member.start)), Date.parse(newest.start));
  const end = Math.max(lastRow, (await findKnownUntil(store, { incident, known, now })) - step);
  const range = findPlotRange({ start, end, step, now });
  const plotted = known.slice(0, MOST_PLOTTED);
  const around = { range, onset: start, related: { ...rangeOfRelated({ start, end: lastRow, step }), step } };
  const { seriesOf, rows, notes } = await readPlots(store, plotted, around);
  const members = known.map((each, at): MemberInput => {
    const { member, anomaly } = each;
    const stretches = findStretches(incident, member);
    return { member, anomaly, stretches, series: at < MOST_PLOTTED ? seriesOf(each) : [] };
  });
  const seenUntil = findSeenUntil(members, { end, step, now });
  // No room for what is not there yet.
  const shown = { ...range, end: Math.min(range.end, Math.max(end + step, seenUntil)) };
  const { similar, ofDetector, newest: newestRead } = await findSimilar(store, incident);
  const { answered, unreadable } = await measureAnswered(store, ofDetector);
  return {
    incidentId: incident.incidentId,
    severity: incident.severity,
    messages,
    members,
    membersLeftOut: incident.members.length - known.length,
    range: shown,
    related: relateMembers(rows, known),
    similar,
    answered: answered && { ...answered, newest: newestRead },
    similarDays: SIMILAR_DAYS,
    notes: [
      ...(shown.end < end ? [`The plots end at ${formatTime(shown.end)} UTC; the incident went on.`] : []),
      ...(known.length > MOST_PLOTTED
        ? [`Plots of the first ${MOST_PLOTTED} of ${known.length} members.`]
        : []),
      ...notes,
      ...(unreadable > 0
        ? [`${countOf(unreadable, 'answer')} of this detector could not be read: tidewatch status says why.`]
        : []),
    ],
    seenUntil,
    madeAt: now,
  };
}

/** Of the member's entity, with those that the incident no longer lists; of what was taken back, the member's own alone. */
function findStretches({ members, earlier = [] }: IncidentObject, of: AlertMember): MemberInput['stretches'] {
  const others = members.filter(
    ({ state, anomalyId }) => state !== 'retracted' || anomalyId === of.anomalyId,
  );
  return [...earlier, ...others]
    .filter(({ detector, entity }) => detector === of.detector && entity === of.entity)
    .map(({ start, end }) => ({
      start: Date.parse(start),
      end: end === null ? undefined : Date.parse(end),
    }))
    .sort((a, b) => a.start - b.start);
}

/** Epoch ms. While an incident goes on nothing is told of it, but data comes; -Infinity: it is over, or no name tells. */
async function findKnownUntil(
  store: ObjectStore,
  given: { readonly incident: IncidentObject; readonly known: readonly KnownMember[]; readonly now: number },
): Promise<number> {
  const { incident, known, now } = given;
  if (incident.members.every(({ end }) => end !== null)) return -Infinity;
  if (known.some(isSilent)) return now;
  const newest = await findNewestEnd(store, unitOfMember(known[0]!), now);
  return Math.min(now, newest ?? -Infinity);
}

/** Nothing comes of it any more: the clock tells how far it is known. */
function isSilent({ anomaly, member }: Pick<KnownMember, 'anomaly' | 'member'>): boolean {
  return anomaly?.silence !== undefined && member.end === null;
}

/** Behind the newest row that is plotted, or of which is known that the incident went on. */
function findSeenUntil(
  members: readonly MemberInput[],
  { end, step, now }: { readonly end: number; readonly step: number; readonly now: number },
): number {
  if (members.some(isSilent)) return now;
  const rows = members.flatMap(({ series }) =>
    series.flatMap((each) => (each.times.length === 0 ? [] : [each.times.at(-1)! + each.step])),
  );
  return Math.min(now, Math.max(end + step, ...rows));
}

async function readMembers(
  store: ObjectStore,
  members: readonly AlertMember[],
): Promise<readonly KnownMember[]> {
  const known = new Map<AlertMember, KnownMember>();
  await forEachConcurrently(members, READS_AT_ONCE, async (member) => {
    const changes = await readChanges(store, member.object);
    const windows = [...new Set(changes.map(({ objects }) => objects.window))];
    known.set(member, { member, anomaly: changes.at(-1), windows });
  });
  return members.map((member) => known.get(member)!);
}

/** Of the anomaly, oldest first; none where its object is not to be had. */
async function readChanges(store: ObjectStore, key: string): Promise<readonly DescribedAnomaly[]> {
  try {
    return decodeJson(key, (await store.get(key)).body, anomalySchema).changes.map(({ anomaly }) => anomaly);
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof NotFoundError) return [];
    throw error;
  }
}

interface Plots {
  /** Of all entities of these detectors. */
  readonly rows: readonly RowsOfDetector[];
  readonly seriesOf: (known: KnownMember) => readonly SeriesInput[];
  readonly notes: readonly string[];
}

async function readPlots(
  store: ObjectStore,
  plotted: readonly KnownMember[],
  around: {
    readonly range: TimeRange;
    readonly onset: number;
    readonly related: TimeRange & { readonly step: number };
  },
): Promise<Plots> {
  const notes: string[] = [];
  const gathered: RowsOfDetector[] = [];
  const read = new Map<string, readonly ReadSeries[]>();
  const usual = new Map<string, UsualValues | undefined>();
  const isCulprit = (known: KnownMember): boolean => known === plotted[0];
  // The probable cause's first, which what moved with it is looked for by.
  for (const [unit, members] of Map.groupBy(plotted, unitOfMember)) {
    const detector = detectorOfUnit(unit);
    const wanted = members.map((known) => ({
      entity: known.member.entity,
      metrics: metricsOf(known),
      most: isCulprit(known) ? METRICS.culprit : METRICS.other,
      windows: known.windows,
    }));
    const { range, onset, related } = around;
    const rows = gatherRows({ range: related, step: related.step });
    const { series, leftOut } = await readSeriesAround(store, { unit, wanted, range, onset, rows });
    read.set(unit, series);
    if (leftOut > 0)
      notes.push(
        `${leftOut} windows of ${detector} are not in the plots: too many, too large, or unreadable.`,
      );
    const versions = new Set(
      members.flatMap(({ anomaly }) => (anomaly === undefined ? [] : [anomaly.model.version])),
    );
    if (rows.leftOut() > 0)
      notes.push(`${rows.leftOut()} metrics of ${detector} were not looked at for what moved with it.`);
    for (const version of versions) {
      const values = await loadUsualValues(store, unit, version);
      usual.set(`${unit}/${version}`, values);
      if (values === undefined)
        notes.push(`What version ${version} of ${detector} expects could not be read.`);
    }
    gathered.push({ detector, rows, usual: usual.get(`${unit}/${[...versions][0]}`) });
  }
  return {
    rows: gathered,
    notes,
    seriesOf(known) {
      const { member, anomaly } = known;
      const most = isCulprit(known) ? METRICS.culprit : METRICS.other;
      const own = (read.get(unitOfMember(known)) ?? []).filter(({ entity }) => entity === member.entity);
      const names = metricsOf(known);
      const order = names.length > 0 ? names : own.map(({ metric }) => metric);
      const values = anomaly && usual.get(`${unitOfMember(known)}/${anomaly.model.version}`);
      return order.slice(0, most).flatMap((metric): readonly SeriesInput[] => {
        const series = own.find((each) => each.metric === metric);
        if (series === undefined) return [];
        const moved = movedBy(metric, anomaly?.reasons ?? []);
        const { expected, usual: profile } = values
          ? usualOfMetric(values, member.entity, metric, moved)
          : {};
        return [{ ...series, unit: unitOf(metric, anomaly?.reasons ?? []), expected, usual: profile }];
      });
    },
  };
}

/** By their part in it; those that are missing where data is; empty: no one in particular. */
function metricsOf({ anomaly }: KnownMember): readonly string[] {
  const names = [
    ...(anomaly?.reasons ?? []).map(({ metric }) => metric),
    ...(anomaly?.silence?.metrics ?? []),
  ];
  return [...new Set(names)];
}

/** The band is that around the level by which its reason was judged. */
function movedBy(metric: string, reasons: readonly Reason[]): number {
  return reasons.find((each) => each.metric === metric)?.usualMoved ?? 0;
}

/** Reasons know the query behind a metric. */
function unitOf(metric: string, reasons: readonly Reason[]): SeriesInput['unit'] {
  const reason = reasons.find((each) => each.metric === metric && each.derived === undefined);
  return reason === undefined ? unitOfMetric(metric, undefined) : reason.unit;
}
