/** Which series are judged, and on what part of them. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findSeries, type SeriesFiles } from '../quality/find-series.ts';
import { loadCase, type QualityCase } from '../quality/load-case.ts';
import { cutSeries, SeriesError } from '../quality/read-series.ts';
import type { Part } from './part.ts';
import { type PlantedEvent, plantEvents } from './plant-events.ts';

export interface LivedCase extends QualityCase {
  /** Rows of the test that are labelled, but not by what was planted. */
  readonly ignored: Uint8Array | undefined;
  /** In order; none in a test part. */
  readonly planted: readonly PlantedEvent[];
}

/** Windows of a tenth of each file are no events that a delay could be told of. */
const LEFT_OUT: readonly string[] = ['nab'];
const TRAINING_SHARE = 0.6;
const LEAST_TRAINING_ROWS = 64;

/**
 * As the quality bench reads a folder, but `incidents.csv` is judged by a training on the `normal.csv` beside it.
 * @param sets undefined: all but LEFT_OUT
 */
export function listCases(data: string, sets: readonly string[] | undefined): readonly SeriesFiles[] {
  return findSeries(data).series.flatMap((series) => {
    if (sets === undefined ? LEFT_OUT.includes(series.set) : !sets.includes(series.set)) return [];
    const [stem, ...extension] = basename(series.test).split('.');
    const twin = (name: string): string => join(dirname(series.test), [name, ...extension].join('.'));
    if (stem === 'normal' && existsSync(twin('incidents'))) return [];
    if (stem === 'incidents' && existsSync(twin('normal'))) return [{ ...series, train: twin('normal') }];
    return [series];
  });
}

/** @throws SeriesError where the file cannot be used */
export function loadLivedCase(files: SeriesFiles, part: Part): LivedCase {
  const whole = loadCase(files);
  if (part === 'test') return { ...whole, ignored: undefined, planted: [] };
  const all = whole.train;
  const rows = all.times.length;
  const cut = Math.floor(TRAINING_SHARE * rows);
  if (cut < LEAST_TRAINING_ROWS)
    throw new SeriesError(`${cut} training rows of ${rows}; at least ${LEAST_TRAINING_ROWS}`);
  const train = cutSeries(all, 0, cut);
  const rest = cutSeries(all, cut, rows);
  const { series, events } = plantEvents(rest, train, seedOf(files.name));
  if (events.length === 0)
    throw new SeriesError(`${rest.times.length} rows have no room for a planted event`);
  const pause = rest.times[0]! - train.times.at(-1)!;
  return { train, test: series, follows: pause <= 2 * train.step, ignored: rest.labels, planted: events };
}

/** Of the file's name alone: each file has its own faults, the same in each run. */
function seedOf(name: string): number {
  let seed = 0;
  for (const char of name) seed = (Math.imul(seed, 31) + char.codePointAt(0)!) >>> 0;
  return seed;
}
