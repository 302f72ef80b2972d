/** The text of a manifest that somebody names. */
import { ManifestError } from '../base/errors.ts';
import type { Host } from './host.ts';

/** By the code of the error. */
const REASONS: Readonly<Record<string, string | undefined>> = {
  EISDIR: 'it is a folder; name its files, such as those that match *.yml in it',
  ENOENT: 'there is no such file',
};

/** @throws ManifestError where the file cannot be read */
export async function readManifestFile(host: Host, path: string): Promise<string> {
  try {
    return await host.readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const reason = REASONS[String(code)] ?? (cause instanceof Error ? cause.message : String(cause));
    throw new ManifestError('unreadable', `${path} cannot be read: ${reason}`, { cause });
  }
}
