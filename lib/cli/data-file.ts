/** Files that a command is pointed at: metrics as CSV or Parquet, one file or a folder of them. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { WindowError } from '../base/errors.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { warnOnce } from '../base/warn-once.ts';
import type { ReadWindowOptions } from '../window/assemble-window.ts';
import { mergeWindows } from '../window/combine.ts';
import { DATA_NAME, readWindowFile } from '../window/read-file.ts';
import { type TimeBounds, WIDEST_HOLE } from '../window/time-bounds.ts';
import type { MetricWindow } from '../window/window.ts';
import { sayFileProblem } from './file-problem.ts';

/**
 * One row of 1970 or 2099 among thousands of another time is left out and named, as it is where the file is dropped. Whoever names
 * a file wants its rows, be they all ahead of this machine's clock.
 */
const BOUNDS: TimeBounds = {
  earliest: Number.NEGATIVE_INFINITY,
  latest: Number.POSITIVE_INFINITY,
  widestHole: WIDEST_HOLE,
};

/**
 * A folder's files, subfolders left out, are read as one.
 * @param given.step ms; undefined: told from the data
 * @throws WindowError naming the file
 */
export async function readData(
  path: string,
  given: {
    readonly detector: string;
    readonly step: number | undefined;
    /** Hears of columns that are not used as they stand, and of those that were taken for what may not be meant. */
    readonly telemetry: Telemetry;
  },
): Promise<MetricWindow> {
  const { detector, telemetry } = given;
  const paths = await listFiles(path);
  let step = given.step;
  const windows: MetricWindow[] = [];
  for (const each of paths) {
    const options: ReadWindowOptions = {
      detector,
      source: each,
      ...(step !== undefined && { step }),
      bounds: BOUNDS,
      tell: (note) => warnOnce(telemetry, note, { detector, file: each }),
      onLeftOut: ({ code, count, message }) =>
        telemetry.warn('not used as it stands, the rest is', { file: each, code, count, message }),
    };
    const window = await readWindowFile(await readPath(each, () => readFile(each)), options, 'csv');
    step ??= window.step;
    windows.push(window);
  }
  return mergeWindows(windows);
}

/** Whether it is called as the files are that a folder is searched for. */
export function isDataName(path: string): boolean {
  return DATA_NAME.test(path);
}

/** A detector's name for data that comes with none: that of the file. */
export function nameOfData(path: string): string {
  const name = basename(path)
    .replace(DATA_NAME, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return name === '' ? 'data' : name;
}

async function listFiles(path: string): Promise<readonly string[]> {
  const info = await readPath(path, () => stat(path));
  if (!info.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => DATA_NAME.test(name)).sort();
  if (names.length === 0)
    throw new WindowError('no-files', `${path} is a folder without .parquet or .csv files`);
  return names.map((name) => join(path, name));
}

async function readPath<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new WindowError('unreadable', `${path} cannot be read: ${sayFileProblem(cause)}`, { cause });
  }
}
