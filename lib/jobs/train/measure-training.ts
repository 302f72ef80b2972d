/** Estimates how much a training would hold, without reading its data: from the state, or from the ends of a few files. */
import { NotFoundError } from '../../base/errors.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readFileRanges } from '../../store/file-ranges.ts';
import type { ObjectInfo, ObjectStore } from '../../store/object-store.ts';
import { type FooterSize, footerBytesOf, readFooterSize } from '../../window/footer.ts';
import { CSV_NAME } from '../../window/read-file.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import type { StoreContext } from '../shared/context.ts';
import { lookAt } from '../shared/looked-at.ts';
import { newestData } from '../shared/newest-data.ts';
import { namedRange } from '../shared/window-objects.ts';
import { scopeOfNewest } from '../shared/window-scope.ts';

export interface MeasuredTraining {
  /** Rows × metrics, about. */
  readonly values: number;
  readonly by: 'state' | 'footers';
}

/**
 * What a state tells is multiplied: a fleet may have been larger in the lookback than it is now. Of pods that are forgotten after a
 * day the state no longer shows by how much.
 */
const STATE_IS_SURE_TO = { remembered: 2, forgotten: 10 } as const;
/** Files that are asked for their size: those with the most bytes, and some of the others, evenly. */
const ASKED = { largest: 4, others: 4 } as const;
/** Bytes at the end of a file: the footer of our own has 300 for a column. */
const FOOTER_BYTES = 128 * 1024;
/** Ms that a window may begin before what is of interest. */
const LONGEST_WINDOW = 86_400_000;

/**
 * @param isSmall whether so many values are no question
 * @returns undefined where nothing tells, as of files in CSV: it is tried
 */
export async function measureTraining(
  detector: Detector,
  state: DetectorState,
  context: StoreContext,
  isSmall: (values: number) => boolean,
): Promise<MeasuredTraining | undefined> {
  const told = tellByState(detector, state);
  const sureTo = STATE_IS_SURE_TO[state.endedPods === undefined ? 'remembered' : 'forgotten'];
  if (told !== undefined && isSmall(sureTo * told)) return { values: told, by: 'state' };
  const values = await estimateByFooters(await findObjects(detector, state, context), context);
  // Without them the state tells how much the whole lookback would hold, and not how much of it there is.
  if (values === undefined) return undefined;
  // Rows that lie closer than the step become one.
  return { values: told === undefined ? values : Math.min(values, sureTo * told), by: 'footers' };
}

/** Undefined where the state knows no entities, or the manifest no metrics. */
function tellByState(detector: Detector, state: DetectorState): number | undefined {
  const entities = Object.keys(state.entities).length;
  const step = detector.step ?? state.step;
  if (step === undefined || entities === 0 || detector.metrics.length === 0) return undefined;
  return entities * detector.metrics.length * (detector.training.lookback / step);
}

/** Windows of the lookback, without those in CSV. */
async function findObjects(
  detector: Detector,
  state: DetectorState,
  { store, now }: StoreContext,
): Promise<readonly ObjectInfo[]> {
  const newest = newestData(state, now() + FUTURE_TOLERANCE);
  const since = newest - detector.training.lookback;
  const isNamed = detector.metrics.length > 0 && Number.isFinite(since);
  const scope = isNamed ? scopeOfNewest({ since: since - LONGEST_WINDOW, files: 0 }) : undefined;
  const { objects } = await lookAt(store, unitOf(detector), { scope });
  const isUnnamed = objects.some((info) => namedRange(info) === undefined);
  const { files } = isUnnamed ? await readFileRanges(store, unitOf(detector)) : { files: undefined };
  return objects.filter((info) => {
    const known = files?.get(info.key);
    const end = namedRange(info)?.end ?? (known?.etag === info.etag ? known.range.end : Infinity);
    // A byte of text tells nothing by those of Parquet, which holds a hundred values in one where they repeat.
    return info.size > 0 && end > since && !CSV_NAME.test(info.key);
  });
}

/** Of those that are not asked, by their bytes. */
async function estimateByFooters(
  objects: readonly ObjectInfo[],
  { store }: StoreContext,
): Promise<number | undefined> {
  const largest = new Set([...objects].sort((a, b) => b.size - a.size).slice(0, ASKED.largest));
  const others = objects.filter((info) => !largest.has(info));
  const every = Math.max(1, others.length / ASKED.others);
  const some = others.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
  const sizes = new Map<ObjectInfo, number>();
  for (const info of [...largest, ...some]) {
    const size = await readSize(info, store);
    if (size !== undefined) sizes.set(info, size.rows * size.numberColumns);
  }
  if (sizes.size === 0) return undefined;
  const ofOthers = some.filter((info) => sizes.has(info));
  const density = densityOf(ofOthers.length > 0 ? ofOthers : [...sizes.keys()], sizes);
  return objects.reduce((sum, info) => sum + (sizes.get(info) ?? density * info.size), 0);
}

/** Undefined too where it is gone since it was listed: the training goes on without it as well. */
async function readSize({ key }: ObjectInfo, store: ObjectStore): Promise<FooterSize | undefined> {
  try {
    const { body } = await store.get(key, { lastBytes: FOOTER_BYTES });
    const needed = footerBytesOf(body) ?? 0;
    // Of a file with hundreds of columns.
    if (needed > FOOTER_BYTES) return readFooterSize((await store.get(key, { lastBytes: needed })).body);
    return readFooterSize(body);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Values of a byte. */
function densityOf(objects: readonly ObjectInfo[], sizes: ReadonlyMap<ObjectInfo, number>): number {
  const bytes = objects.reduce((sum, { size }) => sum + size, 0);
  return objects.reduce((sum, info) => sum + sizes.get(info)!, 0) / bytes;
}
