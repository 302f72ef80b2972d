/** What every command is made of, and what they share: the bucket, the detectors, and one failure not stopping the rest. */

import type { ParseArgsOptionsConfig } from 'node:util';
import type { AlertPlace } from '../alert/build-incident-alert.ts';
import { correlated } from '../base/correlation.ts';
import { readSettings } from '../config/settings.ts';
import type { ExportContext } from '../jobs/shared/context.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { explainEnvironment } from './environment-problem.ts';
import { type ExitStatus, statusOfError, worstStatus } from './exit-code.ts';
import type { Host } from './host.ts';
import type { Output } from './output.ts';

/** An option with its value, and what it does; of several lines, one below the other. */
export type OptionHelp = readonly [option: string, text: string];

export interface Command {
  readonly name: string;
  /** What stands after the name, such as `[DETECTOR…]`. */
  readonly operands: string;
  readonly summary: string;
  /** For --help, of the options of this command alone. */
  readonly optionsHelp: readonly OptionHelp[];
  /** Whole command lines, for --help. */
  readonly examples: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  run(invocation: Invocation): Promise<ExitStatus>;
}

export interface Invocation {
  readonly operands: readonly string[];
  /** By name, as node:util's parseArgs gives them. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly host: Host;
  readonly output: Output;
}

/** Options that take a value each. */
export function textOptions(...names: readonly string[]): ParseArgsOptionsConfig {
  return Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
}

export const BUCKET_OPTION: ParseArgsOptionsConfig = textOptions('bucket');
export const BUCKET_HELP: OptionHelp = [
  '--bucket NAME',
  'the data bucket; TIDEWATCH_BUCKET where it is not given',
];

/** @throws SettingError without a usable bucket name */
export function openBucket(invocation: Invocation): ObjectStore {
  return invocation.host.openStore(readPlace(invocation).bucket);
}

/**
 * Where the bucket is, as alerts say it.
 * @throws SettingError without a usable bucket name
 */
export function readPlace({ host, values }: Invocation): AlertPlace {
  const given = stringValue(values.bucket);
  const env = given === undefined ? host.env : { ...host.env, TIDEWATCH_BUCKET: given };
  const { bucket, region } = readSettings(env, ['bucket'], ['region']);
  return { bucket, ...(region !== undefined && { region }) };
}

/** A terminal has no deadline. */
export function createContext(invocation: Invocation, store: ObjectStore): ExportContext {
  const { host, output } = invocation;
  return { store, telemetry: output.telemetry, now: host.now, deadline: { remaining: () => Infinity } };
}

/**
 * Works on one detector after the other; one that fails is told of and does not keep the others from their turn.
 * @returns the worst of what happened
 */
export async function forEachDetector(
  { output }: Invocation,
  detectors: readonly string[],
  work: (detector: string) => Promise<void>,
): Promise<ExitStatus> {
  const statuses: ExitStatus[] = [];
  for (const detector of detectors) {
    try {
      // Of its own until a window is looked at.
      await correlated(detector, () => work(detector));
      statuses.push('ok');
    } catch (error) {
      const explained = explainEnvironment(error);
      output.error(explained);
      statuses.push(statusOfError(explained));
    }
  }
  if (output.quarantined() > 0) statuses.push('quarantined');
  return worstStatus(statuses);
}

export function stringValue(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
