/** The text of a manifest that somebody names. */
import { ManifestError } from '../base/errors.ts';
import type { Host } from './host.ts';

/** @throws ManifestError where the file cannot be read */
export async function readManifestFile(host: Host, path: string): Promise<string> {
  try {
    return await host.readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ManifestError('unreadable', `${path} cannot be read: ${reason}`, { cause });
  }
}
