/** What a detector brings to do, in numbers: from its manifest, and what is known of its data. */
import type { Detector } from '../../config/detector.ts';
import { shareBudget } from '../../config/false-alarm-budget.ts';
import type { ModelKind } from '../../config/model-kind.ts';
import { unitOf } from '../../config/work-unit.ts';
import { countScanRows, planScan } from '../../evidence/statistics.ts';
import { planFeatures } from '../../features/plan.ts';
import { areOwned } from '../../source/pod-owners.ts';

/** What a manifest does not tell. */
export interface KnownData {
  readonly entities: number;
  /** Metrics of a window; undefined: as many as the manifest has queries. */
  readonly metrics?: number | undefined;
  /** Ms between rows; undefined: the manifest's. */
  readonly step?: number | undefined;
  /** Bytes of a window file; undefined: of values that do not compress. */
  readonly windowBytes?: number | undefined;
}

export interface Workload {
  /** As the unit of work is called: of a shard `payment/shard=3-of-8`. */
  readonly detector: string;
  /** Whether the exports are counted here: those of all shards, which are exported together, with the first. */
  readonly isAsked: boolean;
  /** It is one of so many; 1: all of the detector. */
  readonly shards: number;
  readonly kind: ModelKind;
  readonly entities: number;
  readonly metrics: number;
  /** To the source, of an export: of each metric, and of the owners of pods. */
  readonly queries: number;
  /** Ms. */
  readonly step: number;
  /** Ms of a window. */
  readonly window: number;
  /** Windows that an export writes. */
  readonly windowsAnExport: number;
  readonly isExported: boolean;
  readonly windowsADay: number;
  readonly rowsAWindow: number;
  readonly valuesAWindow: number;
  readonly windowBytes: number;
  /** Whether that was learned of data; false: of values that do not compress. */
  readonly isSizeKnown: boolean;
  readonly scoreBytes: number;
  /** Earlier windows that a scoring looks back on. */
  readonly windowsBack: number;
  /** Rows of an entity that it looks back on. */
  readonly rowsBack: number;
  /** Values that a scoring holds, and a training. */
  readonly valuesScored: number;
  readonly valuesTrained: number;
  /** Of the training's lookback. */
  readonly windowsTrained: number;
  readonly trainingsADay: number;
  /** New incidents of a day that its budget puts up with. */
  readonly incidentsADay: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Of files that people drop, where nothing else is known. */
const STEP_OF_FILES = MINUTE;
/**
 * Bytes of a Parquet file beside its values, of each column, and of each value. Values of noise, which do not compress: most
 * metrics take less. Measured over files of 5 to 1,440 rows, 1 to 200 entities and 1 to 16 metrics.
 */
const FILE_BYTES = { file: 690, column: 124, value: 7.7 } as const;
/** Columns of a scores file that hold a number a row, beside those of names that repeat. */
const SCORE_COLUMNS = 4;

export function describeWorkload(detector: Detector, known: KnownData): Workload {
  const metrics = known.metrics ?? detector.metrics.length;
  const step = known.step ?? detector.step ?? STEP_OF_FILES;
  const window = detector.detectionWindow;
  const isExported = detector.metrics.length > 0;
  const isFirst = (detector.shard?.index ?? 1) === 1;
  const budget = shareBudget(detector.threshold.falseAlarms, detector.shard);
  const windowsAnExport = isExported ? Math.max(1, Math.ceil(detector.schedule / window)) : 1;
  const rowsAWindow = known.entities * (window / step);
  const valuesAWindow = rowsAWindow * metrics;
  const rowsBack = reachOf(detector, step);
  const reach = rowsBack * step;
  const lookback = detector.training.lookback;
  return {
    detector: unitOf(detector),
    isAsked: isExported && isFirst,
    shards: detector.shard?.of ?? 1,
    kind: detector.model.kind,
    entities: known.entities,
    metrics,
    queries: isExported && isFirst ? detector.metrics.length + Number(areOwned(detector.entityLabels)) : 0,
    step,
    window,
    windowsAnExport,
    isExported,
    windowsADay: DAY / window,
    rowsAWindow,
    valuesAWindow,
    windowBytes: known.windowBytes ?? sizeOf(metrics, valuesAWindow),
    isSizeKnown: known.windowBytes !== undefined,
    scoreBytes: scoreSizeOf(detector, metrics, rowsAWindow),
    windowsBack: Math.ceil(reach / window),
    rowsBack,
    valuesScored: valuesAWindow + known.entities * metrics * (reach / step),
    valuesTrained: known.entities * metrics * (lookback / step),
    windowsTrained: Math.ceil(lookback / window),
    trainingsADay: DAY / Math.max(detector.training.every, DAY / 24),
    incidentsADay: (DAY * budget.count) / budget.per,
  };
}

/** Rows of an entity that a scoring looks back on. What a network's sequence adds is less than evidence takes. */
function reachOf(detector: Detector, step: number): number {
  const names = detector.metrics.map(({ name }) => name);
  const { contextRows } =
    names.length === 0 ? { contextRows: 0 } : planFeatures(names, { settings: detector.features, step });
  const { rule, settleAfter } = detector.threshold;
  return contextRows + (rule === 'evidence' ? countScanRows(planScan(step, settleAfter)) : 0);
}

function sizeOf(metrics: number, values: number): number {
  return FILE_BYTES.file + FILE_BYTES.column * metrics + FILE_BYTES.value * values;
}

function scoreSizeOf({ outputs }: Detector, metrics: number, rows: number): number {
  const columns = SCORE_COLUMNS + (outputs.expected ? 3 * metrics : 0);
  // Names, threshold, version and the flag say nearly the same in every row.
  return sizeOf(columns + 3, columns * rows);
}
