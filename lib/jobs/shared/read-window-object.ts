/** What a window object holds. */

import { correlated, correlationOf } from '../../base/correlation.ts';
import { NotFoundError, ObjectTooLargeError, WindowError } from '../../base/errors.ts';
import { warnOnce } from '../../base/warn-once.ts';
import type { Detector } from '../../config/detector.ts';
import { rangeOfWindowKey } from '../../store/keys.ts';
import type { StoredObject } from '../../store/object-store.ts';
import { checkGrid } from '../../window/grid.ts';
import type { LeftOut } from '../../window/left-out.ts';
import { tooLarge, windowLimits } from '../../window/limits.ts';
import { readWindowFile } from '../../window/read-file.ts';
import { boundsOfArrival } from '../../window/time-bounds.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from './context.ts';
import { recordLeftOut } from './left-out-notes.ts';
import { quarantine } from './quarantine.ts';

export interface ReadWindowObject {
  readonly window: MetricWindow;
  readonly etag: string;
  /** When the bytes came, epoch ms. */
  readonly arrival: number;
  /** The bytes. */
  readonly body: Uint8Array;
}

export interface WindowToRead {
  readonly detector: Detector;
  readonly key: string;
  /** Grid distance, ms; undefined: told from the data. */
  readonly step: number | undefined;
  /** Where its bytes are at hand; undefined: they are fetched. */
  readonly stored?: StoredObject | undefined;
}

/**
 * Reads one window. What cannot be read goes to quarantine, and the caller goes on with the rest; rows that cannot be
 * true are left out, and named beside.
 * @returns undefined where the object went to quarantine, or is gone since it was listed
 */
export function readWindowObject(
  context: StoreContext,
  given: WindowToRead,
): Promise<ReadWindowObject | undefined> {
  return correlated(correlationOf(given.key), () => read(context, given));
}

async function read(
  context: StoreContext,
  { detector, key, step, stored: atHand }: WindowToRead,
): Promise<ReadWindowObject | undefined> {
  const stored = atHand ?? (await getWhole(context, detector.name, key));
  if (stored === undefined) return undefined;
  const { body, etag, lastModified: arrival } = stored;
  const leftOut: LeftOut[] = [];
  try {
    const range = rangeOfWindowKey(key);
    const window = await readWindowFile(body, {
      detector: detector.name,
      source: key,
      ...(step !== undefined && { step }),
      ...(range !== undefined && { range }),
      bounds: boundsOfArrival(arrival, detector.training.lookback),
      tell: (note) => warnOnce(context.telemetry, note, { detector: detector.name, key }),
      onLeftOut: (each) => leftOut.push(each),
    });
    checkGrid(window, { step: step ?? window.step, source: key });
    if (leftOut.length > 0) await recordLeftOut(context, { detector: detector.name, key, etag, leftOut });
    return { window, etag, arrival, body };
  } catch (error) {
    if (!(error instanceof WindowError)) throw error;
    await quarantine(context, { detector: detector.name, key, etag, error });
    return undefined;
  }
}

/** @returns undefined where it is gone, or was larger and went to quarantine unread */
async function getWhole(
  context: StoreContext,
  detector: string,
  key: string,
): Promise<StoredObject | undefined> {
  try {
    return await context.store.get(key, { maxBytes: windowLimits().fileBytes });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    if (!(error instanceof ObjectTooLargeError)) throw error;
    const { etag, size } = error;
    await quarantine(context, { detector, key, etag, error: tooLarge(key, `${size} bytes`, 'fileBytes') });
    return undefined;
  }
}
