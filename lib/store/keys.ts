/** Every key of the bucket, in one place. Hive partitions, so that DuckDB, Athena and Spark read it as it stands. */
import { TidewatchError } from '../errors.ts';
import type { TimeRange } from '../window/time-range.ts';

/** Letters, digits, dot, dash, underscore: safe in a key, a metric dimension and a file name. At most 64. */
const DETECTOR_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const WINDOWS_PREFIX = 'windows/';
export const DETECTORS_PREFIX = 'detectors/';
export const QUARANTINE_PREFIX = 'quarantine/';
export const STATES_PREFIX = 'state/';

export function isDetectorName(name: string): boolean {
  return DETECTOR_NAME.test(name);
}

export function manifestKey(detector: string): string {
  return `${DETECTORS_PREFIX}${checked(detector)}.yml`;
}

export function windowsPrefix(detector: string): string {
  return `${WINDOWS_PREFIX}detector=${checked(detector)}/`;
}

/** `date` is the day on which the window starts, UTC. */
export function windowKey(detector: string, range: TimeRange): string {
  return `${windowsPrefix(detector)}date=${day(range.start)}/${stamp(range.start)}_${stamp(range.end)}.parquet`;
}

/** The detector that a key under windows/ belongs to; undefined for any other key. */
export function detectorOfWindowKey(key: string): string | undefined {
  const name = /^windows\/detector=([^/]+)\/.+/.exec(key)?.[1];
  return name !== undefined && isDetectorName(name) ? name : undefined;
}

/** The range that an exported window's key names; undefined for a dropped file with a name of its own. */
export function rangeOfWindowKey(key: string): TimeRange | undefined {
  const match = /\/(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)\.parquet$/.exec(key);
  return match ? { start: parseStamp(match[1]!), end: parseStamp(match[2]!) } : undefined;
}

/** One scores object per window object: the same path under scores/. */
export function scoresKey(window: string): string {
  if (detectorOfWindowKey(window) === undefined)
    throw new TidewatchError('bad-key', `not a window key: ${window}`);
  return `scores/${window.slice(WINDOWS_PREFIX.length).replace(/\.parquet$/i, '')}.parquet`;
}

export function scoresPrefix(detector: string): string {
  return `scores/detector=${checked(detector)}/`;
}

export function modelsPrefix(detector: string): string {
  return `models/detector=${checked(detector)}/`;
}

export function modelPrefix(detector: string, version: string): string {
  return `${modelsPrefix(detector)}version=${version}/`;
}

export function currentModelKey(detector: string): string {
  return `${modelsPrefix(detector)}current.json`;
}

export function incidentKey(detector: string, id: string): string {
  return `incidents/detector=${checked(detector)}/${id}.json`;
}

/** Claim and receipt of one published change of state: what makes an alert go out once. */
export function notificationKey(detector: string, incidentId: string, sequence: number): string {
  return `incidents/detector=${checked(detector)}/${incidentId}/${String(sequence).padStart(4, '0')}.json`;
}

export function stateKey(detector: string): string {
  return `${STATES_PREFIX}detector=${checked(detector)}.json`;
}

/** The copy of an object that could not be used; its reason stands beside it as `<key>.reason.json`. */
export function quarantineKey(key: string): string {
  return `${QUARANTINE_PREFIX}${key}`;
}

/** 2026-11-22T08:30:00Z as 20261122T083000Z. Whole seconds only, since the grid has no finer step. */
export function stamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function parseStamp(text: string): number {
  const iso = text.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/, '$1-$2-$3T$4:$5:$6Z');
  return Date.parse(iso);
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function checked(detector: string): string {
  if (isDetectorName(detector)) return detector;
  throw new TidewatchError(
    'bad-detector-name',
    `detector name ${JSON.stringify(detector)} does not match ${DETECTOR_NAME}`,
  );
}
