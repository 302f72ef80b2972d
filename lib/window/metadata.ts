/** What Tidewatch writes into its own files' key-value metadata, and reads back. */
import { WindowError } from '../base/errors.ts';
import { type Owner, REVISED_KINDS, type WorkloadRevision } from '../base/workload.ts';
import type { MetadataEntry } from './columns.ts';
import type { MetricWindow } from './window.ts';

export const WINDOW_FORMAT_VERSION = 1;

/** Of a window's file. */
export type WindowMetadata = Pick<MetricWindow, 'detector' | 'range' | 'step' | 'podOwners' | 'revisions'>;

/** All of it is one JSON object under one key. */
const KEY = 'tidewatch';

/** Times as ISO 8601 UTC, the step in milliseconds. */
export function formatMetadata(window: WindowMetadata, manifestHash: string): MetadataEntry {
  return {
    key: KEY,
    value: JSON.stringify({
      formatVersion: WINDOW_FORMAT_VERSION,
      detector: window.detector,
      start: new Date(window.range.start).toISOString(),
      end: new Date(window.range.end).toISOString(),
      step: window.step,
      manifestHash,
      // A list and not a map: an entity may be called "__proto__".
      ...(window.podOwners !== undefined && {
        podOwners: Array.from(window.podOwners, ([entity, { kind, name }]) => [entity, kind, name]),
      }),
      ...(window.revisions !== undefined && {
        revisions: window.revisions.map(({ workload, kind, revision, first }) => [
          workload,
          kind,
          revision,
          first,
        ]),
      }),
    }),
  };
}

/**
 * Undefined for a file by another writer.
 * @throws WindowError `bad-metadata` where the format version is another one or a value cannot be read
 */
export function parseMetadata(
  metadata: ReadonlyMap<string, string>,
  source: string,
): WindowMetadata | undefined {
  const text = metadata.get(KEY);
  if (text === undefined) return undefined;
  const { formatVersion, detector, start, end, step, podOwners, revisions } = parseMembers(text, source);
  if (formatVersion !== WINDOW_FORMAT_VERSION)
    throw new WindowError(
      'bad-metadata',
      `${source} has format version ${JSON.stringify(formatVersion)}, and this release reads ${WINDOW_FORMAT_VERSION}`,
    );
  const range = { start: Date.parse(String(start)), end: Date.parse(String(end)) };
  if (
    typeof detector !== 'string' ||
    !(range.start < range.end) ||
    !Number.isInteger(step) ||
    Number(step) < 1
  )
    throw new WindowError(
      'bad-metadata',
      `${source} says ${text.slice(0, 300)}: a detector, a start before the end and a step of 1 ms or more are needed`,
    );
  return { detector, range, step: Number(step), ...readPodOwners(podOwners), ...readRevisions(revisions) };
}

/** What is none of them is a later release's: pods go by their names then. */
function readPodOwners(value: unknown): Pick<WindowMetadata, 'podOwners'> {
  if (!Array.isArray(value)) return {};
  const owners = value.flatMap((each: unknown): [string, Owner][] => {
    const [entity, kind, name]: readonly unknown[] = Array.isArray(each) ? each : [];
    return typeof entity === 'string' && typeof kind === 'string' && typeof name === 'string'
      ? [[entity, { kind, name }]]
      : [];
  });
  return { podOwners: new Map(owners) };
}

/** As of owners: what is of no kind that is known here is passed over. */
function readRevisions(value: unknown): Pick<WindowMetadata, 'revisions'> {
  if (!Array.isArray(value)) return {};
  const revisions = value.flatMap((each: unknown): WorkloadRevision[] => {
    const [workload, named, revision, first]: readonly unknown[] = Array.isArray(each) ? each : [];
    const kind = REVISED_KINDS.find((known) => known === named);
    return typeof workload === 'string' &&
      kind !== undefined &&
      typeof revision === 'string' &&
      typeof first === 'number'
      ? [{ workload, kind, revision, first }]
      : [];
  });
  return { revisions };
}

function parseMembers(text: string, source: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // Told below.
  }
  throw new WindowError(
    'bad-metadata',
    `${source} has metadata ${KEY} that is no JSON object: ${text.slice(0, 100)}`,
  );
}
