/** A column of a row as a person reads it: about which metric, what was derived from it, in which unit. */
import type { Reason } from '../../alert/alert.ts';
import { type MetricUnit, unitOfMetric } from '../../alert/metric-unit.ts';
import type { Detector } from '../../config/detector.ts';
import { CYCLE_LENGTHS, readCalendar } from '../../features/calendar.ts';
import { describeTransform, nameSource } from '../../features/column-name.ts';
import type { PlannedColumn, Transform } from '../../features/planned-column.ts';
import { invertLog } from '../../features/pointwise.ts';
import { getZoneClock } from '../../features/zone-clock.ts';

/** Statistics of the logarithm that are the logarithm of the same statistic. */
const KEEPS_ORDER: readonly string[] = ['median', 'min', 'max'];

/** Raw: what a value is held against. */
export interface UsualRange {
  readonly low: number;
  readonly high: number;
  readonly center: number;
  /** Whether they are those of the row's time of day and week. */
  readonly byHour?: boolean;
  /** How far the level lies off what training predicts; absent where it is that. */
  readonly moved?: number;
}

export function describeFeature(given: {
  readonly column: PlannedColumn;
  /** Ms. */
  readonly step: number;
  /** Raw; NaN where nothing was measured. */
  readonly value: number;
  readonly usual: UsualRange;
  /** Of the row, epoch ms. */
  readonly time: number;
  readonly metrics: Detector['metrics'];
}): Omit<Reason, 'share'> {
  const { column, step, value, usual, time, metrics } = given;
  const { source } = column;
  if (source.kind === 'calendar') {
    const length = CYCLE_LENGTHS[source.cycle];
    const now = readCalendar(source.cycle, getZoneClock(source.timeZone), time);
    return { metric: nameSource(source), value: now, usualLow: 0, usualHigh: length, usual: length / 2 };
  }
  const { transforms, convert } = undoLog(column.transforms);
  const derived = transforms.map((transform) => describeTransform(transform, step)).join(', ');
  const unit = unitOf(source, transforms, metrics);
  return {
    metric: nameSource(source),
    ...(derived !== '' && { derived }),
    ...(unit !== undefined && { unit }),
    value: Number.isFinite(value) ? convert(value) : null,
    ...(usual.byHour === true && { byHour: true }),
    // In the unit of the metric as it is measured, which plots show.
    ...(usual.moved !== undefined && column.transforms.length === 0 && { usualMoved: usual.moved }),
    usualLow: convert(usual.low),
    usualHigh: convert(usual.high),
    usual: convert(usual.center),
  };
}

/** "6.9 (log)" tells nobody anything: where the values can be had back, those are shown. */
function undoLog(transforms: readonly Transform[]): {
  readonly transforms: readonly Transform[];
  readonly convert: (value: number) => number;
} {
  const [first, ...rest] = transforms;
  const isKept = rest.every(
    (transform) =>
      transform.kind === 'lag' || (transform.kind === 'rolling' && KEEPS_ORDER.includes(transform.statistic)),
  );
  return first?.kind === 'log' && isKept
    ? { transforms: rest, convert: invertLog }
    : { transforms, convert: (value) => value };
}

/** @returns undefined where in doubt */
function unitOf(
  source: PlannedColumn['source'],
  transforms: readonly Transform[],
  metrics: Detector['metrics'],
): MetricUnit | undefined {
  let unit: MetricUnit | undefined = source.kind === 'ratio' ? 'ratio' : undefined;
  if (source.kind === 'metric')
    unit = unitOfMetric(source.metric, metrics.find(({ name }) => name === source.metric)?.query);
  for (const { kind } of transforms) {
    if (kind === 'relative_change') unit = 'ratio';
    else if (kind === 'rate') unit = unit === 'bytes' ? 'bytes/s' : undefined;
    else if (kind === 'log') unit = undefined;
  }
  return unit;
}
