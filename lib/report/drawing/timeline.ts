/** One row of the timeline: a score or a metric over the training range, with incidents behind it. */
import { formatValue } from '../../alert/format-value.ts';
import type { MetricUnit } from '../../alert/metric-unit.ts';
import type { Point } from '../findings/thin-series.ts';
import { formatClock, formatDay } from '../format.ts';
import { axisStyle, type Drawing } from './draw.ts';
import { type ColourName, mark } from './palette.ts';

/** Epoch ms, half-open. */
export interface Band {
  readonly start: number;
  readonly end: number;
}

/** Epoch ms, and what a metric is expected to stay within then. */
export type ExpectedPoint = readonly [time: number, low: number, high: number];

/** Pixels left and right of the plot itself, the same in every row, so that times stand above each other. */
export const MARGIN: { readonly left: number; readonly right: number } = { left: 70, right: 10 };
/** Characters of a label that fit into the left margin. */
const LONGEST_LABEL = 10;
/** A band is drawn at least this wide, in pixels. */
export const LEAST_BAND = 3;

export function plotPixels(width: number): number {
  return width - MARGIN.left - MARGIN.right;
}

export function drawTimeline(given: {
  readonly width: number;
  readonly height: number;
  /** Epoch ms, half-open: what the x axis covers. */
  readonly range: Band;
  readonly points: readonly Point[];
  /** Rows that were called anomalous. */
  readonly anomalies?: readonly Point[];
  readonly incidents: readonly Band[];
  readonly labelled: readonly Band[];
  readonly threshold?: number;
  /** Where a metric usually stays. */
  readonly usual?: { readonly low: number; readonly high: number } | undefined;
  /** In its place, where it follows the clock. */
  readonly expected?: readonly ExpectedPoint[] | undefined;
  /** Whether the axis holds that range too. */
  readonly holdsUsual?: boolean;
  readonly unit?: MetricUnit | undefined;
  readonly withTimes: boolean;
}): Drawing {
  const { width, height, range, points, withTimes, unit, threshold, usual, expected = [] } = given;
  const leastMs = (LEAST_BAND * (range.end - range.start)) / plotPixels(width);
  const axis = axisStyle();
  const levels = levelsOf(given);
  return {
    width,
    height,
    option: {
      grid: { ...MARGIN, top: 8, bottom: withTimes ? 24 : 8, containLabel: false },
      xAxis: {
        ...axis,
        type: 'time',
        min: range.start,
        max: range.end,
        splitNumber: width < 500 ? 3 : 8,
        splitLine: { show: true, lineStyle: { color: mark('rule') } },
        axisLabel: {
          ...axis.axisLabel,
          show: withTimes,
          formatter: timeLabels(range, width),
        },
      },
      yAxis: {
        ...axis,
        type: 'value',
        min: levels.low,
        max: levels.high,
        interval: levels.high - levels.low,
        splitLine: { show: false },
        axisLabel: {
          ...axis.axisLabel,
          formatter: (value: number) => shortLabel(formatValue(value, unit)),
        },
      },
      series: [
        bandSeries('incident', given.incidents, leastMs, 0.2),
        bandSeries('label', given.labelled, leastMs, 0.2),
        ...expectedSeries(expected),
        {
          type: 'line',
          data: points.map(([time, value]) => [time, value ?? '-']),
          showSymbol: false,
          silent: true,
          z: 3,
          lineStyle: { color: mark('line'), width: 1.2, join: 'round' },
          ...(usual && usual.high > usual.low && { markArea: usualArea(usual) }),
          ...(threshold !== undefined && { markLine: thresholdLine('yAxis', threshold) }),
        },
        {
          type: 'scatter',
          data: given.anomalies ?? [],
          symbolSize: 4,
          silent: true,
          z: 4,
          itemStyle: { color: mark('anomaly') },
        },
      ],
    },
  };
}

export function thresholdLine(axis: 'xAxis' | 'yAxis', threshold: number): object {
  return {
    silent: true,
    symbol: 'none',
    // Left out, it is rounded to two decimals.
    precision: 15,
    label: { show: false },
    lineStyle: { color: mark('anomaly'), width: 1, type: [4, 3] },
    data: [{ [axis]: threshold }],
  };
}

function bandSeries(colour: ColourName, bands: readonly Band[], leastMs: number, opacity: number): object {
  const data = bands.map(({ start, end }) => {
    const widened = Math.max(0, leastMs - (end - start)) / 2;
    return [{ xAxis: start - widened }, { xAxis: end + widened }];
  });
  return {
    type: 'line',
    data: [],
    silent: true,
    z: 1,
    markArea: { silent: true, data, itemStyle: { color: mark(colour), opacity } },
  };
}

function usualArea({ low, high }: { low: number; high: number }): object {
  return {
    silent: true,
    itemStyle: { color: mark('usual'), opacity: 0.1 },
    data: [[{ yAxis: low }, { yAxis: high }]],
  };
}

/** The lower end as a line that nobody sees, and the width of the range as an area on top of it. */
function expectedSeries(expected: readonly ExpectedPoint[]): readonly object[] {
  if (expected.length === 0) return [];
  const line = {
    type: 'line',
    stack: 'expected',
    // Otherwise an area on a negative line would begin at 0.
    stackStrategy: 'all',
    showSymbol: false,
    silent: true,
    z: 2,
    lineStyle: { opacity: 0 },
  };
  return [
    { ...line, data: expected.map(([time, low]) => [time, low]) },
    {
      ...line,
      data: expected.map(([time, low, high]) => [time, high - low]),
      areaStyle: { color: mark('usual'), opacity: 0.1 },
    },
  ];
}

/** "0.0123 cores" would begin outside of the picture; the line above the plot says the unit. */
function shortLabel(label: string): string {
  return label.length <= LONGEST_LABEL ? label : label.split(' ', 1)[0]!;
}

/** Of the span of the values, what the axis takes in beyond them at either end: a curve is to be seen. */
const MOST_ROOM = 2;

/** The axis ends where the values do, and holds the threshold. The two ends are what its labels say. */
function levelsOf({
  points,
  threshold,
  usual,
  expected = [],
  holdsUsual = false,
}: {
  readonly points: readonly Point[];
  readonly threshold?: number;
  readonly usual?: { readonly low: number; readonly high: number } | undefined;
  readonly expected?: readonly ExpectedPoint[] | undefined;
  readonly holdsUsual?: boolean;
}): { readonly low: number; readonly high: number } {
  let low = threshold ?? Number.POSITIVE_INFINITY;
  let high = threshold ?? Number.NEGATIVE_INFINITY;
  for (const [, value] of points) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 1 };
  // A flat line lies in the middle of its plot.
  const room = high === low ? Math.abs(high) || 1 : 0;
  if (!holdsUsual) return { low: low - room, high: high + room };
  const most = MOST_ROOM * (high - low || room);
  let [least, largest] = [low - room, high + room];
  for (const [from, to] of [
    ...expected.map((point) => [point[1], point[2]] as const),
    ...(usual ? [[usual.low, usual.high] as const] : []),
  ]) {
    least = Math.min(least, Math.max(from, low - most));
    largest = Math.max(largest, Math.min(to, high + most));
  }
  return { low: least, high: largest };
}

/** UTC. Days where the range is long, the time of day where it is short. */
function timeLabels(range: Band, width: number): (time: number) => string {
  const days = (range.end - range.start) / 86_400_000;
  const onlyDays = days > (width < 500 ? 2 : 6);
  return (time) => {
    const clock = formatClock(time);
    if (clock === '00:00') return formatDay(time);
    return onlyDays ? '' : clock;
  };
}
