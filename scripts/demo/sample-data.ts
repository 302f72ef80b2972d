/** The sample of real pods under samples/, moved to today. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeWindows, sliceWindow } from '../../lib/window/combine.ts';
import { alignToGrid } from '../../lib/window/grid.ts';
import { readWindow } from '../../lib/window/read-window.ts';
import type { MetricWindow } from '../../lib/window/window.ts';

export const SAMPLE_DETECTOR = 'sockshop';
const STEP = 60_000;
const DAY = 86_400_000;
const SAMPLES = join(import.meta.dirname, '../../samples/sockshop');

export interface Fault {
  readonly start: number;
  readonly end: number;
  readonly entity: string;
  readonly kind: string;
}

export interface SampleData {
  /** A day in six-hour files; people marked the faults in it. */
  readonly history: readonly MetricWindow[];
  /** The next day, cut into windows as an exporter would have written them. */
  readonly replay: readonly MetricWindow[];
  readonly faults: readonly Fault[];
}

/**
 * Times are moved by whole days, so that the hours of a day keep their meaning, and the newest row is of the last 24
 * hours.
 * @param windowLength of a replayed window, ms
 */
export function readSamples(now: number, windowLength: number): SampleData {
  const history = readFolder('history');
  const day = mergeWindows(readFolder('replay'));
  const shift = Math.floor((now - day.range.end) / DAY) * DAY;
  const replay: MetricWindow[] = [];
  for (let start = day.range.start; start < day.range.end; start += windowLength)
    replay.push(sliceWindow(day, { start, end: Math.min(start + windowLength, day.range.end) }));
  return {
    history: history.map((window) => shiftWindow(window, shift)),
    replay: replay.map((window) => shiftWindow(window, shift)),
    faults: readFaults().map((fault) => ({ ...fault, start: fault.start + shift, end: fault.end + shift })),
  };
}

function readFolder(name: string): readonly MetricWindow[] {
  const folder = join(SAMPLES, name);
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const options = { detector: SAMPLE_DETECTOR, source: `samples/sockshop/${name}/${file}`, step: STEP };
      return alignToGrid(readWindow(readFileSync(join(folder, file)), options), STEP);
    });
}

function shiftWindow(window: MetricWindow, by: number): MetricWindow {
  const range = { start: window.range.start + by, end: window.range.end + by };
  return { ...window, range, times: window.times.map((time) => time + by) };
}

function readFaults(): readonly Fault[] {
  const [, ...lines] = readFileSync(join(SAMPLES, 'incidents.csv'), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [start, end, entity, kind] = line.split(',') as [string, string, string, string];
    return { start: Date.parse(start), end: Date.parse(end), entity, kind };
  });
}
