/** A file that somebody named for results. */
import { writeFile } from 'node:fs/promises';
import { TidewatchError } from '../base/errors.ts';
import { sayFileProblem } from './file-problem.ts';

/** @throws TidewatchError `not-written` */
export async function writeNamedFile(
  path: string,
  data: Uint8Array | string | Iterable<string>,
): Promise<void> {
  try {
    await writeFile(path, data);
  } catch (cause) {
    throw new TidewatchError('not-written', `${path} cannot be written: ${sayFileProblem(cause)}`, { cause });
  }
}
