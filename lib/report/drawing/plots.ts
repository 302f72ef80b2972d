/** The plots that stand alone, each in the page and as a PNG. */
import type { ConfusionMatrix } from '../../maths/metrics/confusion-matrix.ts';
import type { ScoreHistogram } from '../findings/score-histogram.ts';
import type { CurvePoint } from '../findings/separation.ts';
import { formatCount } from '../format.ts';
import { axisStyle, type Drawing, type DrawingSize } from './draw.ts';
import { mark } from './palette.ts';
import { thresholdLine } from './timeline.ts';

/** Where the logarithmic axis starts: a single row is to be seen. */
const LEAST_COUNT = 0.7;
const TITLE = { nameLocation: 'middle', nameGap: 28 } as const;

/** True positive rate over false positive rate, or precision over recall, with what chance gives as a dashed line. */
export function drawCurve(
  given: DrawingSize & {
    readonly points: readonly CurvePoint[];
    readonly chance: readonly CurvePoint[];
    readonly x: string;
    readonly y: string;
  },
): Drawing {
  const { width, height, points, chance, x, y } = given;
  const axis = { ...axisStyle(), ...TITLE, type: 'value', min: 0, max: 1, interval: 0.25 };
  const line = { type: 'line', showSymbol: false, silent: true };
  return {
    width,
    height,
    option: {
      grid: { left: 58, right: 24, top: 12, bottom: 46 },
      xAxis: { ...axis, name: x },
      yAxis: { ...axis, name: y, nameGap: 38 },
      series: [
        { ...line, data: chance, lineStyle: { color: mark('quiet'), width: 1, type: [4, 4] } },
        { ...line, data: points, lineStyle: { color: mark('line'), width: 2 } },
      ],
    },
  };
}

/** Rows per bin of the score on a logarithmic axis, or the few that matter could not be seen beside the many. */
export function drawHistogram(
  given: DrawingSize & {
    readonly histogram: ScoreHistogram;
    readonly threshold: number;
    /** What is counted: score or evidence. */
    readonly level: string;
  },
): Drawing {
  const { width, height, histogram, threshold } = given;
  const { start, width: bin, counts, labelled } = histogram;
  const grid = { left: 64, right: 24, top: 12, bottom: 46 };
  const end = start + bin * counts.length;
  const barWidth = Math.max(1, (width - grid.left - grid.right) / counts.length - 1);
  const bars = (of: readonly number[], colour: (centre: number) => string, opacity: number): object => ({
    type: 'bar',
    barWidth,
    barGap: '-100%',
    silent: true,
    data: of.flatMap((count, i) => {
      const centre = start + (i + 0.5) * bin;
      return count === 0 ? [] : [{ value: [centre, count], itemStyle: { color: colour(centre), opacity } }];
    }),
  });
  const axis = { ...axisStyle(), ...TITLE };
  const decades = Math.ceil(Math.log10(Math.max(10, ...counts)));
  return {
    width,
    height,
    option: {
      grid,
      xAxis: {
        ...axis,
        type: 'value',
        name: given.level,
        // Otherwise the axis grows by half a bar at each end, and the threshold is off its edge.
        containShape: false,
        min: start,
        max: end,
        splitLine: { show: false },
        axisLabel: {
          ...axis.axisLabel,
          showMinLabel: false,
          showMaxLabel: false,
        },
      },
      yAxis: {
        ...axis,
        type: 'log',
        name: 'rows',
        nameGap: 44,
        min: LEAST_COUNT,
        startValue: LEAST_COUNT,
        max: 10 ** decades,
        axisLabel: {
          ...axis.axisLabel,
          formatter: (count: number) => (count < 1 ? '' : formatCount(count)),
        },
      },
      series: [
        {
          ...bars(counts, (centre) => mark(centre >= threshold ? 'anomaly' : 'line'), 0.85),
          markLine: thresholdLine('xAxis', threshold),
        },
        bars(labelled, () => mark('label'), 1),
      ],
    },
  };
}

/** Rows by what they are and what they were called. */
export function drawConfusion(given: DrawingSize & { readonly confusion: ConfusionMatrix }): Drawing {
  const { width, height, confusion } = given;
  const [left, top] = [112, 34];
  const [cellWidth, cellHeight] = [(width - left - 24) / 2, (height - top - 16) / 2];
  const cells = [
    [confusion.trueNegatives, 'right', 'line'],
    [confusion.falsePositives, 'false alarm', 'anomaly'],
    [confusion.falseNegatives, 'missed', 'anomaly'],
    [confusion.truePositives, 'found', 'line'],
  ] as const;
  const total = cells.reduce((sum, [count]) => sum + count, 0);
  const text = (x: number, y: number, words: string, more: object = {}): object => ({
    type: 'text',
    x,
    y,
    style: {
      text: words,
      fontSize: 12,
      fill: mark('quiet'),
      align: 'center',
      verticalAlign: 'middle',
      ...more,
    },
  });
  const elements = cells.flatMap(([count, words, colour], i) => {
    const x = left + (i % 2) * cellWidth;
    const y = top + Math.floor(i / 2) * cellHeight;
    // By the root, so that a few rows still show.
    const opacity = 0.07 + 0.28 * Math.sqrt(count / total);
    return [
      {
        type: 'rect',
        shape: { x: x + 2, y: y + 2, width: cellWidth - 4, height: cellHeight - 4, r: 3 },
        style: { fill: mark(colour), opacity },
      },
      text(x + cellWidth / 2, y + cellHeight / 2 - 10, formatCount(count), {
        fontSize: 22,
        fill: mark('ink'),
      }),
      text(x + cellWidth / 2, y + cellHeight / 2 + 16, words),
    ];
  });
  return {
    width,
    height,
    option: {
      graphic: [
        ...elements,
        text(left + cellWidth / 2, 16, 'called normal'),
        text(left + cellWidth * 1.5, 16, 'called anomalous'),
        text(left - 12, top + cellHeight / 2, 'normal', { align: 'right' }),
        text(left - 12, top + cellHeight * 1.5, 'anomalous', { align: 'right' }),
      ],
    },
  };
}

/** Something measured after each epoch, on the rows that were learned from and on those held out. Undefined: a gap. */
export function drawEpochs(
  given: DrawingSize & {
    readonly label: string;
    readonly training: readonly (number | undefined)[];
    readonly validation: readonly (number | undefined)[];
    readonly isShare: boolean;
  },
): Drawing {
  const { width, height, label, training, validation, isShare } = given;
  const axis = { ...axisStyle(), ...TITLE, type: 'value' };
  const line = (
    name: string,
    colour: 'line' | 'anomaly',
    values: readonly (number | undefined)[],
  ): object => ({
    type: 'line',
    name,
    silent: true,
    showSymbol: values.filter((value) => value !== undefined).length < 3,
    symbolSize: 5,
    itemStyle: { color: mark(colour) },
    lineStyle: { color: mark(colour), width: 2 },
    data: values.map((value, i) => [i + 1, value ?? '-']),
  });
  return {
    width,
    height,
    option: {
      grid: { left: 72, right: 24, top: 34, bottom: 46 },
      legend: {
        top: 0,
        left: 64,
        itemGap: 24,
        textStyle: { color: mark('quiet'), fontSize: 12 },
        selectedMode: false,
      },
      xAxis: {
        ...axis,
        name: 'epoch',
        min: 1,
        max: Math.max(2, training.length, validation.length),
        minInterval: 1,
      },
      yAxis: {
        ...axis,
        name: label,
        nameGap: 54,
        ...(isShare ? { min: 0, max: 1, interval: 0.25 } : { scale: true }),
      },
      series: [
        ...(training.length > 0 ? [line('training', 'line', training)] : []),
        ...(validation.length > 0 ? [line('validation', 'anomaly', validation)] : []),
      ],
    },
  };
}

/** An empty plot that says why it is empty. */
export function drawNotice({
  width,
  height,
  sentence,
}: DrawingSize & { readonly sentence: string }): Drawing {
  return {
    width,
    height,
    option: {
      graphic: [
        {
          type: 'rect',
          shape: { x: 24, y: 12, width: width - 48, height: height - 36, r: 4 },
          style: { fill: 'none', stroke: mark('rule'), lineWidth: 1 },
        },
        {
          type: 'text',
          x: width / 2,
          y: height / 2 - 6,
          style: {
            text: sentence,
            fontSize: 14,
            lineHeight: 20,
            fill: mark('quiet'),
            align: 'center',
            verticalAlign: 'middle',
            width: width - 120,
            overflow: 'break',
          },
        },
      ],
    },
  };
}
