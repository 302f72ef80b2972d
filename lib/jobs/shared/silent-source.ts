/**
 * Notices by the clock that a source is silent: no window comes, so no scoring runs that could notice it. The next scoring
 * tells people. The first window that comes ends the silence.
 */
import { ArtifactError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { listUnits, parseUnit, unitOf } from '../../config/work-unit.ts';
import { silenceId } from '../../decision/silence/open-silences.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { updateState } from '../../store/detector-states.ts';
import type { StoreContext } from './context.ts';

/**
 * Called where a source was asked and gave nothing. It is one silence of the whole detector: of one in shards, the first that
 * knows how long is too long notices it. What the others tell of it later, by their data, has the same id.
 * @returns the unit that has a silence that nobody was told of yet; undefined where there is none
 * @throws ArtifactError where a state cannot be read, and none that can be tells
 */
export async function noticeSilentSource(
  detector: Detector,
  context: StoreContext,
): Promise<string | undefined> {
  const noticed = await noticeOf(detector, context);
  let unreadable: ArtifactError | undefined;
  for (const unit of listUnits(detector.name, noticed.shards ?? 1))
    try {
      const shard = parseUnit(unit)?.shard;
      const { silence } = shard === undefined ? noticed : await noticeOf({ ...detector, shard }, context);
      if (silence?.open.some(({ sequence }) => sequence === 0)) return unit;
      if (silence?.sourceLimit !== undefined) return undefined;
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      unreadable ??= error;
    }
  // Of one that nobody can read, another may know.
  if (unreadable !== undefined) throw unreadable;
  return undefined;
}

function noticeOf(detector: Detector, context: StoreContext): Promise<DetectorState> {
  const now = context.now();
  return updateState(context.store, unitOf(detector), (state) => notice(detector, state, now));
}

function notice(detector: Detector, state: DetectorState, now: number): DetectorState | undefined {
  const { silence, step, exportedUntil = Number.NEGATIVE_INFINITY } = state;
  const limit = silence?.sourceLimit;
  if (silence === undefined || limit === undefined || step === undefined) return undefined;
  if (detector.silence.source === undefined || silence.open.some(({ kind }) => kind === 'source'))
    return undefined;
  const start = silence.heardUntil + step;
  // A window is written once it is over, and what it holds may take a while to be there.
  const due = Math.max(detector.detectionWindow, detector.schedule) + detector.ingestDelay;
  if (now - Math.max(start, exportedUntil) < limit + due) return undefined;
  const source = { kind: 'source', entity: '', start } as const;
  // The row of now is not over: what people read is up to the newest one that is.
  const until = Math.floor(now / step) * step;
  return {
    ...state,
    silence: {
      ...silence,
      open: [
        ...silence.open,
        {
          ...source,
          id: silenceId(detector.name, source),
          metrics: [],
          last: until - step,
          silent: until - start,
          limit,
          sequence: 0,
        },
      ],
    },
  };
}
