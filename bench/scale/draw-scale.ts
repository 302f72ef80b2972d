/** Four plots over the number of series: how long, how much memory, how many requests, what it costs. */
import { axisStyle, type Drawing, drawForImage } from '../../lib/report/drawing/draw.ts';
import { type ColourName, mark } from '../../lib/report/drawing/palette.ts';
import type { Priced, SizeFigures } from './contract.ts';

interface Line {
  readonly name: string;
  readonly colour: ColourName;
  readonly points: readonly (readonly [series: number, value: number])[];
}

const PANEL = { width: 250, height: 230, left: 52, top: 34, gap: 24 } as const;
const JOBS = [
  ['export', 'line'],
  ['score', 'anomaly'],
  ['train', 'label'],
] as const;

/** @returns SVG, in light colours */
export function drawScale(sizes: readonly SizeFigures[], prices: readonly Priced[], note: string): string {
  const byJob = (of: 'seconds' | 'peakMb' | 'requests'): readonly Line[] =>
    JOBS.map(([job, colour]) => ({
      name: job,
      colour,
      points: sizes.map((size) => [size.series, size[job][of]]),
    }));
  const ages = [...new Set(prices.map(({ age }) => age))];
  const oneDetector = ages.map(
    (age, at): Line => ({
      name: `${age} days old`,
      colour: (['line', 'anomaly', 'label'] as const)[at % 3]!,
      points: prices
        .filter((each) => each.age === age && each.detectors === 1)
        .map(({ series, dollars }) => [series, dollars]),
    }),
  );
  const panels = [
    { title: 'seconds of a run', lines: byJob('seconds') },
    { title: 'MB at most', lines: byJob('peakMb') },
    { title: 'requests to the bucket', lines: byJob('requests') },
    { title: '$ a month: new, 100, 400 days', lines: oneDetector },
  ];
  return drawForImage(drawPanels(panels), {
    title: 'From ten series to ten thousand',
    of: 'One detector, ten series an entity, a row a minute, both axes logarithmic: blue export, orange score, purple train',
    note,
  });
}

function drawPanels(panels: readonly { readonly title: string; readonly lines: readonly Line[] }[]): Drawing {
  const { width, height, left, top, gap } = PANEL;
  return {
    width: panels.length * width + gap,
    height: height + top + 40,
    option: {
      grid: panels.map((_, at) => ({ left: at * width + left, top, width: width - left - gap, height })),
      graphic: panels.map(({ title }, at) => ({
        type: 'text',
        left: at * width + 12,
        top: 4,
        style: { text: title, fill: mark('ink'), fontSize: 13 },
      })),
      xAxis: panels.map((_, gridIndex) => ({ type: 'log', gridIndex, ...axisStyle() })),
      yAxis: panels.map((_, gridIndex) => ({ type: 'log', gridIndex, ...axisStyle() })),
      series: panels.flatMap(({ lines }, at) =>
        lines.map(({ name, colour, points }) => ({
          type: 'line',
          name,
          xAxisIndex: at,
          yAxisIndex: at,
          data: points.map(([x, y]) => [x, y]),
          lineStyle: { color: mark(colour), width: 2 },
          itemStyle: { color: mark(colour) },
          symbolSize: 6,
        })),
      ),
    },
  };
}
