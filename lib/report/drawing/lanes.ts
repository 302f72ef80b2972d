/** Stretches of time as bars, one lane each kind, under a timeline of the same width. */
import type { Drawing } from './draw.ts';
import { type ColourName, mark } from './palette.ts';
import { type Band, LEAST_BAND, MARGIN, plotPixels } from './timeline.ts';

export interface Bar extends Band {
  readonly colour: ColourName;
  /** 0 to 1. */
  readonly opacity: number;
}

export interface Lane {
  /** Left of the lane: one short word. */
  readonly name: string;
  readonly bars: readonly Bar[];
}

/** Pixels of a lane, and what of it a bar leaves free above and below. */
const LANE = { height: 22, free: 4 } as const;
const EDGE = 2;

/** A bar is drawn at least 3 pixels wide, and none beyond the plot. */
export function drawLanes(given: {
  readonly width: number;
  readonly range: Band;
  readonly lanes: readonly Lane[];
}): Drawing {
  const { width, range, lanes } = given;
  const height = lanes.length * LANE.height + 2 * EDGE;
  const topOf = (lane: number): number => EDGE + lane * LANE.height;
  const names = lanes.map(({ name }, lane) => ({
    type: 'text',
    x: MARGIN.left - 8,
    y: topOf(lane) + LANE.height / 2,
    style: {
      text: name,
      fontSize: 12,
      fill: mark('quiet'),
      align: 'right',
      verticalAlign: 'middle',
    },
  }));
  const bars = lanes.flatMap(({ bars }, lane) =>
    bars.map(({ start, end, colour, opacity }) => ({
      type: 'rect',
      shape: {
        ...placeBar({ start, end }, range, plotPixels(width)),
        y: topOf(lane) + LANE.free,
        height: LANE.height - 2 * LANE.free,
        r: 1.5,
      },
      style: { fill: mark(colour), opacity },
    })),
  );
  const grounds = lanes.map((_, lane) => ({
    type: 'rect',
    shape: {
      x: MARGIN.left,
      y: topOf(lane) + LANE.height / 2,
      width: plotPixels(width),
      height: 1,
    },
    style: { fill: mark('rule') },
  }));
  return {
    width,
    height,
    option: {
      graphic: { elements: [...grounds, ...bars, ...names].map((one) => ({ ...one, silent: true })) },
    },
  };
}

function placeBar(bar: Band, range: Band, pixels: number): { readonly x: number; readonly width: number } {
  const at = (time: number): number =>
    (Math.min(Math.max(time, range.start), range.end) - range.start) * (pixels / (range.end - range.start));
  const width = Math.max(LEAST_BAND, at(bar.end) - at(bar.start));
  return { x: MARGIN.left + Math.min(at(bar.start), pixels - width), width };
}
