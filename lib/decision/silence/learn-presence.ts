/** What training heard: who was there nearly always, and which gaps are usual. */
import type { MetricWindow } from '../../window/window.ts';
import type { UsualPresence, UsualUnit } from './contract.ts';
import { findPause } from './find-pause.ts';
import { hearCells } from './heard-rows.ts';

/** Share of the rows from the first one on. A fault of a day in two weeks does not hide that something belongs there. */
const NEARLY_ALWAYS = 0.95;
/** Rows from the first one on: what began just now may end as soon. */
const LEAST_ROWS = 60;

/** A thing that is there or not, row by row. */
interface Presence {
  expected: number;
  heard: number;
  /** Rows missed in a row by now, and the two longest such runs that ended. */
  run: number;
  longest: number;
  second: number;
}

interface KnownUnit {
  readonly own: Presence;
  /** Rows missed in a row, of each time that it came back. */
  readonly gaps: number[];
  readonly metrics: readonly Presence[];
}

/** @param metrics that count: those of the model */
export function learnPresence(
  window: MetricWindow,
  given: {
    readonly step: number;
    readonly metrics: readonly string[];
    readonly workloadOf: (entity: string) => string;
  },
): UsualPresence {
  const { step, metrics, workloadOf } = given;
  const unitOf = window.entities.map(workloadOf);
  const source = begin();
  const everyone = metrics.map(begin);
  const units = new Map<string, KnownUnit>();
  /** Runs are an entity's own; its workload knows the longest. */
  const runs = new Map<number, Uint32Array>();
  let before: number | undefined;
  for (const { time, entities } of hearCells(window, given)) {
    if (before !== undefined) noteRun(source, time - before - step);
    before = time;
    const had = metrics.map((_, m) => entities.some(({ has }) => has[m] === 1));
    for (const [m, presence] of everyone.entries()) note(presence, had[m]!);
    const present = new Set(entities.map(({ entity }) => unitOf[entity]!));
    for (const unit of present)
      if (!units.has(unit)) units.set(unit, { own: begin(), gaps: [], metrics: metrics.map(begin) });
    for (const [unit, { own, gaps }] of units) {
      const isHeard = present.has(unit);
      if (isHeard && own.run > 0) gaps.push(own.run);
      note(own, isHeard);
    }
    for (const { entity, has } of entities) {
      const known = units.get(unitOf[entity]!)!;
      const run = runs.get(entity) ?? new Uint32Array(metrics.length);
      runs.set(entity, run);
      for (let m = 0; m < metrics.length; m++) {
        if (!had[m]) continue;
        const presence = known.metrics[m]!;
        presence.expected++;
        if (has[m] === 0) {
          run[m]!++;
          continue;
        }
        presence.heard++;
        if (run[m]! > 0) noteRun(presence, run[m]!);
        run[m] = 0;
      }
    }
  }
  return {
    metrics,
    sourceGap: source.second,
    everyone: everyone.map(usualGap),
    units: new Map(Array.from(units, ([unit, known]): [string, UsualUnit] => [unit, describeUnit(known)])),
  };
}

function describeUnit({ own, gaps, metrics }: KnownUnit): UsualUnit {
  const gap = usualGap(own);
  const pause = gap === null ? findPause(gaps, own.run) : undefined;
  return { gap, ...(pause !== undefined && { pause }), metrics: metrics.map(usualGap) };
}

function begin(): Presence {
  return { expected: 0, heard: 0, run: 0, longest: 0, second: 0 };
}

function note(presence: Presence, isHeard: boolean): void {
  presence.expected++;
  if (!isHeard) {
    presence.run++;
    return;
  }
  presence.heard++;
  noteRun(presence, presence.run);
  presence.run = 0;
}

function noteRun(presence: Presence, length: number): void {
  if (length > presence.longest) {
    presence.second = presence.longest;
    presence.longest = length;
  } else if (length > presence.second) presence.second = length;
}

/** One long gap may have been a fault; two of that length are how it is. */
function usualGap({ expected, heard, second }: Presence): number | null {
  return expected >= LEAST_ROWS && heard >= NEARLY_ALWAYS * expected ? second : null;
}
