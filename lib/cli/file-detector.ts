/** The settings for data in a file: those of --manifest, or the defaults. */

import { defaultDetector } from '../config/defaults.ts';
import type { Detector } from '../config/detector.ts';
import { readCheckedManifest } from './check-manifest.ts';
import { type Invocation, type OptionHelp, stringValue } from './command.ts';
import { nameOfData } from './data-file.ts';
import { readManifestFile } from './read-manifest-file.ts';

export const MANIFEST_HELP: OptionHelp = [
  '--manifest FILE',
  'the settings of a detector; the defaults where it is not given',
];

export interface FileDetector {
  readonly detector: Detector;
  /** Undefined without --manifest. */
  readonly text: string | undefined;
}

/**
 * Its queries are not looked at: the data are there.
 * @throws ManifestError that lists every problem, of the model's parameters too
 */
export async function readFileDetector({ host, values }: Invocation, data: string): Promise<FileDetector> {
  const path = stringValue(values.manifest);
  if (path === undefined) return { detector: defaultDetector(nameOfData(data)), text: undefined };
  const text = await readManifestFile(host, path);
  const detector = await readCheckedManifest(text, { source: path, isPromql: false, isDeployed: false });
  return { detector, text };
}
