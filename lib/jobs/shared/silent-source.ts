/**
 * A source that nobody hears from any more, noticed by the clock: a window that does not come is scored by nobody. It is
 * told by the next scoring, which has the topic; the first window that comes after all closes it.
 */
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import { silenceId } from '../../decision/silence/open-silences.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { updateState } from '../../store/detector-states.ts';
import type { StoreContext } from './context.ts';

/**
 * Called where a source was asked and gave nothing.
 * @returns whether there is a silence that nobody was told of yet
 */
export async function noticeSilentSource(detector: Detector, context: StoreContext): Promise<boolean> {
  const now = context.now();
  const { silence } = await updateState(context.store, unitOf(detector), (state) =>
    notice(detector, state, now),
  );
  return silence?.open.some(({ sequence }) => sequence === 0) ?? false;
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
          last: Math.floor(now / step) * step - step,
          silent: now - start,
          limit,
          sequence: 0,
        },
      ],
    },
  };
}
