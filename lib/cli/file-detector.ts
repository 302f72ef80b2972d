/** The settings for data in a file: those of --manifest, or the defaults. */

import { ManifestError } from '../base/errors.ts';
import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { parseManifest } from '../config/manifest.ts';
import { type Invocation, type OptionHelp, stringValue } from './command.ts';
import { nameOfData } from './data-file.ts';
import type { Host } from './host.ts';

export const MANIFEST_HELP: OptionHelp = [
  '--manifest FILE',
  'the settings of a detector; the defaults where it is not given',
];

export interface FileDetector {
  readonly detector: Detector;
  /** Undefined without --manifest. */
  readonly text: string | undefined;
}

/** @throws ManifestError */
export async function readFileDetector({ host, values }: Invocation, data: string): Promise<FileDetector> {
  const path = stringValue(values.manifest);
  if (path === undefined) return { detector: defaultDetector(nameOfData(data)), text: undefined };
  const text = await readText(host, path);
  return { detector: parseManifest(text, { source: path }), text };
}

/** @throws ManifestError where the file cannot be read */
async function readText(host: Host, path: string): Promise<string> {
  try {
    return await host.readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ManifestError('unreadable', `${path} cannot be read: ${reason}`, { cause });
  }
}
