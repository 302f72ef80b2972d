/**
 * Which files of a folder are fitted on and which are scored, by the layout alone:
 *
 * - `…/test/NAME` is scored, by a model that is fitted on `…/train/NAME` where that file exists.
 * - Every other CSV file, and a `test/NAME` without its `train/NAME`, is fitted on its own first part and scored on
 *   the rest.
 * - A `train/NAME` without its `test/NAME` is not used.
 *
 * Files are `*.csv` and `*.csv.gz`. Those of one top-level folder are one data set.
 */
import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

export interface SeriesFiles {
  /** Name of the data set. */
  readonly set: string;
  /** Of the scored file, relative to the root. */
  readonly name: string;
  /** Absent: the first part of `test`. */
  readonly train: string | undefined;
  readonly test: string;
}

export interface UnusedFile {
  readonly name: string;
  readonly reason: string;
}

/** In order of names. */
export function findSeries(root: string): {
  readonly series: readonly SeriesFiles[];
  readonly unused: readonly UnusedFile[];
} {
  const series: SeriesFiles[] = [];
  const unused: UnusedFile[] = [];
  for (const name of globSync('**/*.{csv,csv.gz}', { cwd: root }).sort()) {
    const folder = basename(dirname(resolve(root, name)));
    const twin = (of: string): string => join(root, dirname(name), '..', of, basename(name));
    if (folder === 'train') {
      if (!existsSync(twin('test')))
        unused.push({ name, reason: 'no file of the same name in the test folder beside it' });
      continue;
    }
    const train = folder === 'test' && existsSync(twin('train')) ? twin('train') : undefined;
    series.push({ set: setOf(root, name), name, train, test: join(root, name) });
  }
  return { series, unused };
}

/** First folder under the root; the root itself for what lies in it, or in its own train and test. */
function setOf(root: string, name: string): string {
  const first = name.split('/')[0]!;
  return first === name || first === 'train' || first === 'test' ? basename(resolve(root)) : first;
}
