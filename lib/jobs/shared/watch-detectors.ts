/**
 * The dead man's switch. It looks at every detector from outside of the path of its data, and counts those that do not
 * work. An alarm on `WatchRuns` tells when this check itself no longer runs.
 *
 * For a detector that does its work it looks at no window, and for others mostly at the newest days. Once a day it looks at
 * all of a detector's windows. Then it finds files that came without an event, however old their names say they are, and
 * asks for a scoring.
 */
import { ManifestError } from '../../base/errors.ts';
import { forEachConcurrently } from '../../base/limit-concurrency.ts';
import type { MetricName } from '../../base/telemetry.ts';
import type { Deadline } from '../../models/framework/contract.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readFileRanges } from '../../store/file-ranges.ts';
import { readSweeps, writeSweeps } from '../../store/sweeps.ts';
import { findAtWork } from './at-work.ts';
import type { StoreContext, WorkQueue } from './context.ts';
import { type Look, readFindings, readTelling, type Telling } from './detector-findings.ts';
import { type ConcernCode, findConcerns, findUnscored } from './detector-health.ts';
import { type LoadedDetector, listDetectors, listDropped, loadDetector } from './load-detectors.ts';
import { newestData } from './newest-data.ts';
import { unitsOfDetector } from './units.ts';
import { scopeOfNewest } from './window-scope.ts';

export interface WatchContext extends StoreContext {
  /** Of the looking: who is not seen within it is the first to be seen by the next run. */
  readonly deadline: Deadline;
  readonly queue: Pick<WorkQueue, 'requestScoring'>;
}

/** What is alarmed about. Alerts that are not published are told of by their own metrics and dead letters. */
const METRICS: Readonly<Record<ConcernCode, MetricName | undefined>> = {
  silent: 'DetectorsSilent',
  unscored: 'DetectorsUnscored',
  untrained: 'DetectorsUntrained',
  'learning-long': 'DetectorsUntrained',
  'training-killed': 'DetectorsUntrained',
  'training-beyond': 'DetectorsUntrained',
  'stale-model': 'DetectorsUntrained',
  unsent: undefined,
};

/** Counted where no detector is meant. */
const NO_DETECTOR = 'none';
/** Detectors that are looked at side by side: a thousand of them have a few minutes. */
export const LOOKS_AT_ONCE = 8;
/** Ms of the newest data that are looked at each time. */
const NEWEST = 2 * 86_400_000;
/** Ms from one look at the whole of a detector to the next. */
const SWEEP_EVERY = 24 * 3_600_000;
/** Whole looks of one run: a share of the detectors, so that they spread over the day, and at least so many. */
const SWEEPS_A_RUN = { share: 1 / 8, atLeast: 10 } as const;
/** Ms after its arrival within which a window's event may still be on its way. */
const ON_ITS_WAY = 600_000;

/**
 * One detector that cannot be looked at does not keep the others from being seen.
 * @param alsoAsk of each detector as it was loaded, whatever else is to be known of it
 */
export async function watchDetectors(
  context: WatchContext,
  alsoAsk: (loaded: LoadedDetector) => Promise<void> = async () => {},
): Promise<void> {
  const { store, telemetry, now, deadline } = context;
  const names = [...new Set([...(await listDetectors(context)), ...(await listDropped(store))])].sort();
  const before = await readSweeps(store);
  const due = chooseSweeps(names, new Map(before.detectors.map(([name, at]) => [name, at])), now());
  const swept = new Map<string, number>();
  let seen = 0;
  /** Of detectors whose windows come from Prometheus and are expected at a time: whether they are overdue. */
  const exported: boolean[] = [];
  const telling = readTelling(store);
  await forEachConcurrently(fromTurn(names, now()), LOOKS_AT_ONCE, async (name) => {
    if (deadline.remaining() <= 0) return;
    seen++;
    try {
      const isWhole = due.has(name);
      const note = ({ isExported, isOverdue }: Watched): void => {
        if (isExported) exported.push(isOverdue);
      };
      await watchDetector({ name, isWhole, telling, alsoAsk }, context, note);
      if (isWhole) swept.set(name, now());
    } catch (error) {
      telemetry.error('detector could not be looked at', { detector: name, error: String(error) });
      // Whoever runs its jobs counts what is wrong with a manifest.
      if (!(error instanceof ManifestError)) telemetry.count('DetectorsFailed', 1, { detector: name });
    }
  });
  if (seen < names.length)
    telemetry.warn('not every detector was looked at in time', { seen, detectors: names.length });
  // One of them is its own fault, or its queries'. All of them are the exporter's, or the Prometheus'.
  if (exported.length > 0 && exported.every((isSilent) => isSilent))
    telemetry.count('ExporterSilent', 1, { detector: NO_DETECTOR });
  // What was found is counted by then, whether or not it is remembered who was looked at.
  if (swept.size > 0) await writeSweeps(store, { before, swept, names: new Set(names) });
  telemetry.count('WatchRuns', 1, { detector: NO_DETECTOR });
}

interface Watched {
  /** Its windows come from Prometheus, and are expected at a time. */
  readonly isExported: boolean;
  readonly isOverdue: boolean;
}

interface Watching {
  readonly name: string;
  readonly isWhole: boolean;
  readonly telling: Telling;
  readonly alsoAsk: (loaded: LoadedDetector) => Promise<void>;
}

/**
 * Each of its units, where it is in shards: one that cannot be looked at does not keep the others from being seen.
 * @throws what the first of those threw
 */
async function watchDetector(
  given: Watching,
  context: WatchContext,
  note: (watched: Watched) => void,
): Promise<void> {
  const loaded = await loadDetector(context, given.name);
  const units = unitsOfDetector(loaded);
  if (units.length === 1) return note(await watchUnit(loaded, given, context));
  const failed: unknown[] = [];
  for (const unit of units)
    try {
      note(await watchUnit(await loadDetector(context, unit), { ...given, name: unit }, context));
    } catch (error) {
      failed.push(error);
    }
  if (failed.length > 0) throw failed[0];
}

async function watchUnit(
  loaded: LoadedDetector,
  { name, isWhole, telling, alsoAsk }: Watching,
  context: WatchContext,
): Promise<Watched> {
  const { telemetry, now, queue } = context;
  await alsoAsk(loaded);
  const scopeOf = isWhole ? undefined : (state: DetectorState) => lookAtNewest(name, state, context);
  const atWork = isWhole ? undefined : await findAtWork(context, loaded, telling);
  const findings = atWork ?? (await readFindings(context, loaded, { scopeOf, telling }));
  const concerns = findConcerns(findings, now());
  for (const { code, since, message } of concerns) {
    telemetry.warn('detector needs attention', { detector: name, code, since: since ?? undefined, message });
    const metric = METRICS[code];
    if (metric !== undefined) telemetry.count(metric, 1, { detector: name });
  }
  const { windows, since } = findUnscored(findings);
  if (isWhole && since !== undefined && now() - since >= ON_ITS_WAY) {
    telemetry.info('windows without scores were found; scoring is asked for', { detector: name, windows });
    await queue.requestScoring(name);
  }
  const { metrics, expectEvery, shard } = loaded.detector;
  return {
    // Shards are exported together: the first tells of all.
    isExported: metrics.length > 0 && expectEvery !== 'never' && (shard?.index ?? 1) === 1,
    isOverdue: concerns.some(({ code }) => code === 'silent'),
  };
}

/** Everything where nothing tells which data are the newest, and while it learns: what it learned from may be of any time. */
async function lookAtNewest(name: string, state: DetectorState, { store, now }: WatchContext): Promise<Look> {
  const newest = newestData(state, now());
  if (!Number.isFinite(newest) || state.phase === 'learning') return { scope: undefined };
  const fileRanges = await readFileRanges(store, name);
  // A model that is as old as that is told of with the windows since.
  const since = Math.min(newest, state.trainedUntil ?? newest) - NEWEST;
  return { scope: scopeOfNewest({ since, files: fileRanges.files.size }), fileRanges };
}

/** Looks at a whole detector that one run makes at the most. */
export function sweepsOfRun(detectors: number): number {
  return Math.max(SWEEPS_A_RUN.atLeast, Math.ceil(SWEEPS_A_RUN.share * detectors));
}

/** Those that were not looked at for a day, the ones first that were not for longest. */
function chooseSweeps(
  names: readonly string[],
  sweptAt: ReadonlyMap<string, number>,
  now: number,
): ReadonlySet<string> {
  const at = (name: string): number => sweptAt.get(name) ?? -Infinity;
  return new Set(
    names
      // A time that lies ahead is of a wrong clock.
      .filter((name) => !(Math.abs(now - at(name)) < SWEEP_EVERY))
      .sort((a, b) => at(a) - at(b) || 0)
      .slice(0, sweepsOfRun(names.length)),
  );
}

/** From another one each hour, so that a run that is too short leaves out others each time. */
function fromTurn(names: readonly string[], now: number): readonly string[] {
  const turn = names.length === 0 ? 0 : (Math.floor(now / 3_600_000) * 97) % names.length;
  return [...names.slice(turn), ...names.slice(0, turn)];
}
