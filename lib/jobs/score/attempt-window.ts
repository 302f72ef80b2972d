/** Reads a window under the mark that tells whoever comes next if this is the end of the run. */
import { correlateTo, correlationOf } from '../../base/correlation.ts';
import { WindowError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { ScoreContext } from '../shared/context.ts';
import type { PendingWindow } from '../shared/pending-windows.ts';
import { quarantine } from '../shared/quarantine.ts';
import { type ReadWindowObject, readWindowObject } from '../shared/read-window-object.ts';
import type { Attempts } from './score-attempts.ts';

/** @returns undefined where it went to quarantine, or is gone */
export async function attemptWindow(
  given: {
    readonly detector: Detector;
    readonly info: Pick<PendingWindow, keyof ObjectInfo | 'stored'>;
    readonly step: number | undefined;
    readonly attempts: Attempts;
  },
  context: ScoreContext,
): Promise<ReadWindowObject | undefined> {
  const { detector, info, step, attempts } = given;
  const { key, etag, stored } = info;
  correlateTo(correlationOf(key));
  try {
    await attempts.begin(info);
  } catch (error) {
    if (!(error instanceof WindowError)) throw error;
    await quarantine(context, { detector: detector.name, key, etag, error });
    return undefined;
  }
  return readWindowObject(context, { detector, key, step, stored });
}
