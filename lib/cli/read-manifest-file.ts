/** The text of a manifest that somebody names. */
import { ManifestError } from '../base/errors.ts';
import { sayFileProblem } from './file-problem.ts';
import type { Host } from './host.ts';

/** @throws ManifestError where the file cannot be read */
export async function readManifestFile(host: Host, path: string): Promise<string> {
  try {
    return await host.readFile(path);
  } catch (cause) {
    const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR';
    const hint = isFolder ? '; name its files, such as those that match *.yml in it' : '';
    const reason = `${sayFileProblem(cause)}${hint}`;
    throw new ManifestError('unreadable', `${path} cannot be read: ${reason}`, { cause });
  }
}
