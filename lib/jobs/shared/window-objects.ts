/** What a window object is, told from its name. */

import { rangeOfWindowKey } from '../../store/keys.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import type { TimeRange } from '../../window/time-range.ts';

/**
 * The range that the key tells; undefined where the file has to be read to know, as it has to where the key names a
 * time that had not come when the file did.
 */
export function namedRange({
  key,
  lastModified,
}: Pick<ObjectInfo, 'key' | 'lastModified'>): TimeRange | undefined {
  const range = rangeOfWindowKey(key);
  return range !== undefined && range.end <= lastModified + FUTURE_TOLERANCE ? range : undefined;
}

/** False for the markers that other writers leave beside their files. */
export function isWindowName(key: string): boolean {
  return !key.endsWith('/') && !/\/[_.][^/]*$/.test(key);
}
