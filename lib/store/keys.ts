/**
 * Every key of the bucket, in one place. Hive partitions, so that DuckDB, Athena and Spark read it as it stands. What is kept
 * of each unit of work takes the unit's name: `payment`, or `payment/shard=3-of-8`.
 */
import { createHash } from 'node:crypto';
import { formatCompactTime } from '../base/compact-time.ts';
import { TidewatchError } from '../base/errors.ts';
import { DETECTOR_NAME, isDetectorName } from '../config/detector-name.ts';
import { detectorOfUnit, parseUnit } from '../config/work-unit.ts';
import type { TimeRange } from '../window/time-range.ts';

export { isDetectorName };

/** For ids that derive from content: the alphabet of detector names, longer. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** What an incident, an anomaly, a silence or a verdict may be called by. */
export function isObjectId(text: string): boolean {
  return ID.test(text);
}

/** Bytes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const LONGEST_KEY = 1024;
/** Bytes kept for what is put behind a key under quarantine/. */
const SUFFIX_ROOM = 16;

export const REASON_SUFFIX = '.reason.json';
export const LEFT_OUT_SUFFIX = '.left-out.json';
export const WINDOWS_PREFIX = 'windows/';
export const INCIDENTS_PREFIX = 'incidents/';
export const DETECTORS_PREFIX = 'detectors/';
export const QUARANTINE_PREFIX = 'quarantine/';
export const STATES_PREFIX = 'state/';
export const SILENCES_PREFIX = 'silences/';
export const EXCLUSIONS_PREFIX = 'exclusions/';
export const FEEDBACK_PREFIX = 'feedback/';

export function manifestKey(detector: string): string {
  return `${DETECTORS_PREFIX}${checked(detector)}.yml`;
}

/** The detector that a key under detectors/ declares, by either ending in any case; undefined for any other key. */
export function detectorOfManifestKey(key: string): string | undefined {
  const name = /^detectors\/([^/]+)\.ya?ml$/i.exec(key)?.[1];
  return name !== undefined && isDetectorName(name) ? name : undefined;
}

export function windowsPrefix(unit: string): string {
  return `${WINDOWS_PREFIX}detector=${checkedUnit(unit)}/`;
}

/** `date` is the day on which the window starts, UTC. */
export function windowKey(unit: string, range: TimeRange): string {
  return `${windowsOfDayPrefix(unit, range.start)}${formatCompactTime(range.start)}_${formatCompactTime(range.end)}.parquet`;
}

/** Of exported windows that start on the day (UTC) of a time (epoch ms). */
export function windowsOfDayPrefix(unit: string, time: number): string {
  return `${windowsPrefix(unit)}date=${day(time)}/`;
}

/** The detector that a key under windows/ belongs to; undefined for any other key. */
export function detectorOfWindowKey(key: string): string | undefined {
  const unit = unitOfWindowKey(key);
  return unit === undefined ? undefined : detectorOfUnit(unit);
}

/** The unit of work that a key under windows/ belongs to: a shard's in its partition. Undefined for any other key. */
export function unitOfWindowKey(key: string): string | undefined {
  const [, detector, partition] = /^windows\/detector=([^/]+)\/(?:([^/]*)\/)?./.exec(key) ?? [];
  if (detector === undefined || !isDetectorName(detector)) return undefined;
  const shard = partition === undefined ? undefined : `${detector}/${partition}`;
  return shard !== undefined && parseUnit(shard) !== undefined ? shard : detector;
}

/** The range that an exported window's key names, true or not; undefined for a dropped file with a name of its own. */
export function rangeOfWindowKey(key: string): TimeRange | undefined {
  const match = /\/(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)\.parquet$/.exec(key);
  if (match === null) return undefined;
  const range = { start: parseStamp(match[1]!), end: parseStamp(match[2]!) };
  // Somebody else's name that only looks like one: the 45th of a month, or an end before its start.
  return range.start < range.end ? range : undefined;
}

/** One scores object per window object: the same path under scores/, cut where it would be too long. */
export function scoresKey(window: string): string {
  if (detectorOfWindowKey(window) === undefined)
    throw new TidewatchError('bad-key', `not a window key: ${window}`);
  const path = `scores/${window.slice(WINDOWS_PREFIX.length).replace(/\.parquet$/i, '')}`;
  const room = LONGEST_KEY - '.parquet'.length;
  return `${Buffer.byteLength(path) <= room ? path : shorten(path, room)}.parquet`;
}

export function scoresPrefix(unit: string): string {
  return `scores/detector=${checkedUnit(unit)}/`;
}

export function modelsPrefix(unit: string): string {
  return `models/detector=${checkedUnit(unit)}/`;
}

/** @throws TidewatchError where the version is made of letters, digits, dots, dashes and underscores, or longer than 128 */
export function modelPrefix(unit: string, version: string): string {
  return `${modelsPrefix(unit)}version=${checkedId(version)}/`;
}

/** The version whose manifest.json it is, which a finished one has; undefined where it is another key. */
export function versionOfManifestKey(unit: string, key: string): string | undefined {
  const prefix = `${modelsPrefix(unit)}version=`;
  const end = '/manifest.json';
  if (!key.startsWith(prefix) || !key.endsWith(end)) return undefined;
  const version = key.slice(prefix.length, -end.length);
  return ID.test(version) ? version : undefined;
}

export function currentModelKey(unit: string): string {
  return `${modelsPrefix(unit)}current.json`;
}

/** Since when versions are not in use. */
export function retiredVersionsKey(unit: string): string {
  return `${modelsPrefix(unit)}retired.json`;
}

/** @param folder a key's start up to and with the slash; undefined where it is of no version */
export function versionOfFolder(unit: string, folder: string): string | undefined {
  const prefix = `${modelsPrefix(unit)}version=`;
  if (!folder.startsWith(prefix) || !folder.endsWith('/')) return undefined;
  const version = folder.slice(prefix.length, -1);
  return ID.test(version) ? version : undefined;
}

/** What a training that goes on over several runs keeps until its version stands. */
export function trainingPrefix(unit: string): string {
  return `training/detector=${checkedUnit(unit)}/`;
}

export function trainingProgressKey(unit: string): string {
  return `${trainingPrefix(unit)}progress.json`;
}

/** @param name of the file in a version, such as weights.bin */
export function checkpointKey(
  unit: string,
  version: string,
  file: { readonly name: string; readonly sha256: string },
): string {
  return `${trainingPrefix(unit)}version=${checkedId(version)}/${checkedId(file.sha256)}-${checkedId(file.name)}`;
}

export function anomaliesPrefix(detector: string): string {
  return `anomalies/detector=${checked(detector)}/`;
}

/** What became of one entity's stretch, change by change. Up to 0.1 under incidents/detector=NAME/. */
export function anomalyKey(detector: string, id: string): string {
  return `${anomaliesPrefix(detector)}${checkedId(id)}.json`;
}

/** The anomaly whose object stands at a key; undefined for any other key. */
export function anomalyOfKey(key: string): string | undefined {
  const id = /^anomalies\/detector=[^/]+\/([^/]+)\.json$/.exec(key)?.[1];
  return id !== undefined && ID.test(id) ? id : undefined;
}

/** Epoch ms at which what an id names begins, of an anomaly or an incident; undefined for an id that does not say. */
export function startOfId(id: string): number | undefined {
  const stamp = /^(\d{8}T\d{6}Z)-/.exec(id)?.[1];
  const time = stamp === undefined ? Number.NaN : parseStamp(stamp);
  return Number.isNaN(time) ? undefined : time;
}

/** What people are told: anomalies that belong together, and each message about them. Sorts by start. */
export function incidentKey(id: string): string {
  return `${INCIDENTS_PREFIX}${checkedId(id)}.json`;
}

/** Where one looks at it: HTML, written anew whenever the incident changes. */
export function incidentPageKey(id: string): string {
  return `${INCIDENTS_PREFIX}${checkedId(id)}.html`;
}

/** The incident whose object stands at a key; undefined for any other key, such as one of a message. */
export function incidentOfKey(key: string): string | undefined {
  const id = /^incidents\/([^/]+)\.json$/.exec(key)?.[1];
  return id !== undefined && ID.test(id) ? id : undefined;
}

/** What a person says of an incident or an anomaly. */
export function feedbackKey(id: string): string {
  return `${FEEDBACK_PREFIX}${checkedId(id)}.json`;
}

/** What a verdict is of by its key; undefined for any other key. */
export function idOfFeedbackKey(key: string): string | undefined {
  const id = /^feedback\/([^/]+)\.json$/.exec(key)?.[1];
  return id !== undefined && ID.test(id) ? id : undefined;
}

/** A person's rule that keeps incidents from being told. @throws TidewatchError for a name with other characters */
export function silenceKey(name: string): string {
  return `${SILENCES_PREFIX}${checkedId(name)}.yml`;
}

/** The name of a silence by its key, of either ending in any case; undefined for any other key. */
export function silenceOfKey(key: string): string | undefined {
  const name = /^silences\/([^/]+)\.ya?ml$/i.exec(key)?.[1];
  return name !== undefined && ID.test(name) ? name : undefined;
}

/** A calendar among the silences by its key, with its ending, which may be in any case; undefined for any other key. */
export function calendarOfKey(key: string): string | undefined {
  const name = /^silences\/([^/]+\.ics)$/i.exec(key)?.[1];
  return name !== undefined && ID.test(name) ? name : undefined;
}

/** A range that no training sees. @throws TidewatchError for a name with other characters */
export function exclusionKey(name: string): string {
  return `${EXCLUSIONS_PREFIX}${checkedId(name)}.yml`;
}

/** The name of an exclusion by its key, of either ending in any case; undefined for any other key. */
export function exclusionOfKey(key: string): string | undefined {
  const name = /^exclusions\/([^/]+)\.ya?ml$/i.exec(key)?.[1];
  return name !== undefined && ID.test(name) ? name : undefined;
}

/** Claim and receipt of one published change of state: what makes an alert go out once. */
export function notificationKey(incidentId: string, notificationId: string): string {
  return `${INCIDENTS_PREFIX}${checkedId(incidentId)}/${checkedId(notificationId)}.json`;
}

/** Of the stage that tells people, over all detectors. */
export const NOTIFY_STATE_KEY = 'state/notify.json';

/** When each detector was last looked at as a whole. */
export const SWEEPS_KEY = 'state/sweeps.json';

/** When an export of each detector is due. */
export const EXPORT_DUE_KEY = 'state/export-due.json';

export function stateKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}.json`;
}

/** The unit of work whose state stands at a key; undefined for any other key. */
export function unitOfStateKey(key: string): string | undefined {
  const name = /^state\/detector=(.+)\.json$/.exec(key)?.[1];
  return name !== undefined && parseUnit(name) !== undefined ? name : undefined;
}

/** Which bytes of its newest windows a detector has scored. */
export function scoredKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/scored.json`;
}

/** Which window is being scored, while it is. */
export function attemptKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/scoring.json`;
}

/** Copies of its newest windows. */
export function recentWindowsKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/recent-windows.json`;
}

/** From when until when the rows of its files with names of their own are. */
export function fileRangesKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/file-ranges.json`;
}

/** That a model is being trained, while it is. */
export function trainingAttemptKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/training.json`;
}

/** Where a training runs that is beyond the function. */
export function trainingPlaceKey(unit: string): string {
  return `${STATES_PREFIX}detector=${checkedUnit(unit)}/training-place.json`;
}

/**
 * The copy of an object that could not be used. What is named as the reasons and notes beside the copies are would
 * stand in their place, so it gets another ending.
 */
export function quarantineKey(key: string): string {
  return `${besideQuarantine(key)}${/\.(?:reason|left-out)\.json(?:\.copy)*$/.test(key) ? '.copy' : ''}`;
}

export function reasonKey(key: string): string {
  return `${besideQuarantine(key)}${REASON_SUFFIX}`;
}

/** What of an object was left out while the rest was used. */
export function leftOutKey(key: string): string {
  return `${besideQuarantine(key)}${LEFT_OUT_SUFFIX}`;
}

/** A key that would be too long is cut in its middle of bytes, and told apart by its hash. */
function besideQuarantine(key: string): string {
  const whole = `${QUARANTINE_PREFIX}${key}`;
  return Buffer.byteLength(whole) <= LONGEST_KEY - SUFFIX_ROOM
    ? whole
    : shorten(whole, LONGEST_KEY - SUFFIX_ROOM);
}

function shorten(key: string, bytes: number): string {
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const kept = Buffer.from(key)
    .toString('utf8', 0, bytes - hash.length - 1)
    .replace(/\ufffd+$/, '');
  return `${kept}~${hash}`;
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

function checkedUnit(unit: string): string {
  return parseUnit(unit) === undefined ? checked(unit) : unit;
}

function checkedId(id: string): string {
  if (ID.test(id)) return id;
  throw new TidewatchError('bad-id', `id ${JSON.stringify(id)} does not match ${ID}`);
}
