/** What data tell that a manifest does not: how many entities there are, and how large a window becomes. */
import { WindowError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { sliceWindow } from '../../window/combine.ts';
import { windowLimits } from '../../window/limits.ts';
import { readWindowFile } from '../../window/read-file.ts';
import type { MetricWindow } from '../../window/window.ts';
import { writeWindow } from '../../window/write-window.ts';
import { listWindowObjects } from '../shared/looked-at.ts';
import type { KnownData } from './workload.ts';

/**
 * Data of people, which may have more or other metrics than the manifest asks for: what will be exported are its queries. Where the data lack one, its
 * size is not known.
 */
export function learnFromData(window: MetricWindow, detector: Detector): KnownData {
  const names = detector.metrics.map(({ name }) => name);
  if (names.length === 0) return learnFromWindow(window, detector);
  const columns = names.map((name) => window.columns[window.metrics.indexOf(name)]);
  const found = columns.filter((column) => column !== undefined);
  const asked = found.length === names.length ? { ...window, metrics: names, columns: found } : window;
  const { entities, step, windowBytes } = learnFromWindow(asked, detector);
  return { entities, step, ...(asked !== window && { windowBytes }) };
}

/** Of the newest rows, as many as a window of the detector has. */
function learnFromWindow(window: MetricWindow, { detectionWindow }: Detector): KnownData {
  const { start, end } = window.range;
  const length = Math.min(detectionWindow, end - start);
  const newest = sliceWindow(window, { start: end - length, end });
  const bytes = writeWindow(newest, { manifestHash: '' }).length;
  return {
    entities: window.entities.length,
    metrics: window.metrics.length,
    step: window.step,
    // A shorter one has a larger share of what every file has, so that this is rather too much.
    windowBytes: (bytes * detectionWindow) / length,
  };
}

/**
 * By the newest file under windows/ that can be read. Reads only.
 * @returns undefined where there is none
 */
export async function learnFromBucket(
  store: ObjectStore,
  detector: Detector,
): Promise<KnownData | undefined> {
  const objects = await listWindowObjects(store, unitOf(detector));
  for (const { key } of objects.toReversed().slice(0, MOST_TRIED)) {
    try {
      const { body } = await store.get(key, { maxBytes: windowLimits().fileBytes });
      const { step } = detector;
      const window = await readWindowFile(body, {
        detector: detector.name,
        source: key,
        ...(step !== undefined && { step }),
      });
      return learnFromWindow(window, detector);
    } catch (error) {
      if (!(error instanceof WindowError)) throw error;
    }
  }
  return undefined;
}

const MOST_TRIED = 5;
