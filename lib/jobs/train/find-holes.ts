/**
 * Finds what a training has to leave out: ranges that people excluded, and the rows of anomalies. It reads once for a
 * training. The cost is bounded: ids tell when something began, and only the newest are read.
 */
import { formatMatcher, matchesAll } from '../../answers/matcher.ts';
import type { Verdict } from '../../answers/verdict.ts';
import { formatCompactTime } from '../../base/compact-time.ts';
import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { Detector, IncidentRule } from '../../config/detector.ts';
import { isOfUnit } from '../../config/work-unit.ts';
import { decodeJson } from '../../store/json.ts';
import {
  anomaliesPrefix,
  anomalyKey,
  anomalyOfKey,
  FEEDBACK_PREFIX,
  idOfFeedbackKey,
  startOfId,
} from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { HoleReason, TrainingHole, TrainingHoles } from '../../store/training-holes.ts';
import type { TimeRange } from '../../window/time-range.ts';
import { readIncident } from '../notify/read-incidents.ts';
import { type AnomalyObject, anomalySchema } from '../notify/record-anomaly.ts';
import type { StoreContext } from '../shared/context.ts';
import { loadExclusions } from '../shared/load-exclusions.ts';
import { readVerdict } from '../shared/read-verdict.ts';

/** Objects of each kind: a minute of reading at worst, and more than any fleet has in two lookbacks that people look at. */
const MOST_READ = 5_000;
const READS_AT_ONCE = 16;
/** Rows before an anomaly that are its too, up to as many as it has: a mean over a stretch tells late of what it is about. */
const MOST_LEAD = 60;

/**
 * Of anomalies those are looked at that began within the range or as long before it as it is long.
 * @param given.range of the history that is learned from, epoch ms
 * @param given.step of its rows, ms
 * @param given.open ids of anomalies that are open by the detector's state: one without an end that is not among them has
 * lost it with its state, and ends with its newest row
 */
export async function findHoles(
  detector: Detector,
  given: { readonly range: TimeRange; readonly step: number; readonly open: ReadonlySet<string> },
  context: StoreContext,
): Promise<TrainingHoles> {
  const { range, step, open } = given;
  const excluded = await findExcluded(detector, range, context);
  const reach = { start: range.start - (range.end - range.start), end: range.end };
  const listed = await listNewest(context.store, {
    prefix: anomaliesPrefix(detector.name),
    idOf: anomalyOfKey,
    reach,
  });
  if (listed.ids.length === 0) return { holes: excluded, unread: 0 };
  const anomalies = await readAnomalies(detector, listed.ids, context);
  const said = await readVerdicts(detector, reach, context);
  const holes = anomalies.flatMap((anomaly): TrainingHole[] => {
    const { anomalyId, entity } = anomaly;
    const reason = judge(anomaly, said.byAnomaly.get(anomalyId), detector.training.incidents);
    if (reason === undefined || !isOfUnit(detector, entity)) return [];
    const { start, end = open.has(anomalyId) ? range.end : newestRowOf(anomaly) + step } = timesOf(anomaly);
    const lead = Math.min(end - start, MOST_LEAD * step);
    if (start - lead >= range.end || end <= range.start) return [];
    return [{ reason, of: anomalyId, entity, start: start - lead, end }];
  });
  const unread = listed.beyond + said.beyond;
  if (unread > 0)
    context.telemetry.warn('anomalies and verdicts beyond the newest are not looked at', {
      detector: detector.name,
      unread,
      limit: MOST_READ,
    });
  return { holes: [...excluded, ...holes], unread };
}

async function findExcluded(
  detector: Detector,
  range: TimeRange,
  context: StoreContext,
): Promise<readonly TrainingHole[]> {
  const exclusions = await loadExclusions(context);
  return exclusions.flatMap(({ name, matchers, from, until }): TrainingHole[] => {
    const ofDetector = matchers.filter((matcher) => matcher.name === 'detector');
    const others = matchers.filter((matcher) => matcher.name !== 'detector');
    const subject = { detector: detector.name, entity: '', workload: '' };
    if (!matchesAll(ofDetector, subject) || from >= range.end || until <= range.start) return [];
    return [
      {
        reason: 'excluded',
        of: name,
        start: from,
        end: until,
        ...(others.length > 0 && { matchers: others.map(formatMatcher) }),
      },
    ];
  });
}

/** Missing data left no rows to learn from, and what was measured meanwhile is as good as any. */
function judge(
  { state, changes }: AnomalyObject,
  verdict: Verdict['verdict'] | undefined,
  rule: IncidentRule,
): HoleReason | undefined {
  if (changes.some(({ anomaly }) => anomaly.by === 'silence')) return undefined;
  if (verdict !== undefined) return verdict === 'true' ? 'confirmed' : undefined;
  if (rule === 'include' || state === 'retracted') return undefined;
  if (state === 'settled') return rule === 'exclude' ? 'settled' : undefined;
  return 'unanswered';
}

/** From its first row to a step after its newest anomalous one; without an end while it is open. */
function timesOf({ start, end }: AnomalyObject): { readonly start: number; readonly end?: number } {
  return { start: Date.parse(start), ...(end !== null && { end: Date.parse(end) }) };
}

/** Epoch ms, as people were told of it last. */
function newestRowOf({ start, changes }: AnomalyObject): number {
  return Math.max(Date.parse(start), ...changes.map(({ anomaly }) => Date.parse(anomaly.lastAnomalous)));
}

async function readAnomalies(
  detector: Detector,
  ids: readonly string[],
  { store, telemetry }: StoreContext,
): Promise<readonly AnomalyObject[]> {
  const found = new Map<string, AnomalyObject>();
  await forEachConcurrently(ids, READS_AT_ONCE, async (id) => {
    const key = anomalyKey(detector.name, id);
    try {
      const anomaly = decodeJson(key, (await store.get(key)).body, anomalySchema);
      const { start, end = 0 } = timesOf(anomaly);
      if (Number.isNaN(start) || Number.isNaN(end))
        throw new ArtifactError('bad-json', `${key} is from ${anomaly.start} to ${anomaly.end}`);
      found.set(id, anomaly);
    } catch (error) {
      if (error instanceof NotFoundError) return;
      if (!(error instanceof ArtifactError)) throw error;
      telemetry.warn('anomaly left out of account', { detector: detector.name, reason: error.message });
    }
  });
  return ids.flatMap((id) => found.get(id) ?? []);
}

interface Said {
  readonly byAnomaly: ReadonlyMap<string, Verdict['verdict']>;
  /** Verdicts that were too many. */
  readonly beyond: number;
}

/** What is said of an anomaly itself goes before what is said of its incident. */
async function readVerdicts(detector: Detector, reach: TimeRange, context: StoreContext): Promise<Said> {
  const { store, telemetry } = context;
  const { ids, beyond } = await listNewest(store, { prefix: FEEDBACK_PREFIX, idOf: idOfFeedbackKey, reach });
  const verdicts = new Map<
    string,
    { readonly own: Verdict['verdict']; readonly members: readonly string[] }
  >();
  await forEachConcurrently(ids, READS_AT_ONCE, async (id) => {
    try {
      const verdict = await readVerdict(store, id);
      if (verdict === undefined) return;
      const incident = await readIncident(store, id);
      const members = incident?.members.filter((member) => member.detector === detector.name) ?? [];
      verdicts.set(id, { own: verdict.verdict, members: members.map(({ anomalyId }) => anomalyId) });
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      telemetry.warn('verdict left out of account', { detector: detector.name, reason: error.message });
    }
  });
  const byAnomaly = new Map<string, Verdict['verdict']>();
  for (const id of ids)
    for (const member of verdicts.get(id)?.members ?? []) byAnomaly.set(member, verdicts.get(id)!.own);
  for (const [id, { own }] of verdicts) byAnomaly.set(id, own);
  return { byAnomaly, beyond };
}

/** Ids whose start lies in the reach, ascending: the newest of them, and how many there are beyond. */
async function listNewest(
  store: ObjectStore,
  of: {
    readonly prefix: string;
    readonly idOf: (key: string) => string | undefined;
    readonly reach: TimeRange;
  },
): Promise<{ readonly ids: readonly string[]; readonly beyond: number }> {
  const { prefix, idOf, reach } = of;
  const ids: string[] = [];
  for await (const { key } of store.list(`${prefix}${commonStart(reach)}`)) {
    const id = idOf(key);
    const start = id === undefined ? undefined : startOfId(id);
    if (start !== undefined && start >= reach.start && start < reach.end) ids.push(id!);
  }
  ids.sort();
  return { ids: ids.slice(-MOST_READ), beyond: Math.max(0, ids.length - MOST_READ) };
}

/** What the ids of all times between have in common: of a month, or a year. */
function commonStart({ start, end }: TimeRange): string {
  const [first, last] = [formatCompactTime(start), formatCompactTime(end)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  return first.slice(0, length);
}
