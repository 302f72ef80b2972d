/** What Tidewatch writes into its own files' key-value metadata, and reads back. */
import { WindowError } from '../errors.ts';
import type { MetricWindow } from './window.ts';

export const WINDOW_FORMAT_VERSION = 1;

type Described = Pick<MetricWindow, 'detector' | 'range' | 'step'>;

const KEYS = {
  detector: 'tidewatch.detector',
  start: 'tidewatch.start',
  end: 'tidewatch.end',
  step: 'tidewatch.step',
  manifestHash: 'tidewatch.manifest_hash',
  formatVersion: 'tidewatch.format_version',
} as const;

/** Times as ISO 8601 UTC, the step in milliseconds. */
export function formatMetadata(window: Described, manifestHash: string): Record<string, string> {
  return {
    [KEYS.detector]: window.detector,
    [KEYS.start]: new Date(window.range.start).toISOString(),
    [KEYS.end]: new Date(window.range.end).toISOString(),
    [KEYS.step]: String(window.step),
    [KEYS.manifestHash]: manifestHash,
    [KEYS.formatVersion]: String(WINDOW_FORMAT_VERSION),
  };
}

/**
 * Undefined for a file by another writer.
 * @throws WindowError `bad-metadata` where the format version is another one or a value cannot be read
 */
export function parseMetadata(metadata: ReadonlyMap<string, string>, source: string): Described | undefined {
  const version = metadata.get(KEYS.formatVersion);
  if (version === undefined) return undefined;
  if (version !== String(WINDOW_FORMAT_VERSION))
    throw new WindowError(
      'bad-metadata',
      `${source} has ${KEYS.formatVersion} ${version}, and this release reads ${WINDOW_FORMAT_VERSION}`,
    );
  const start = Date.parse(metadata.get(KEYS.start) ?? '');
  const end = Date.parse(metadata.get(KEYS.end) ?? '');
  const step = Number(metadata.get(KEYS.step));
  if (!(start < end) || !Number.isInteger(step) || step < 1)
    throw new WindowError(
      'bad-metadata',
      `${source} has ${KEYS.start} ${metadata.get(KEYS.start)}, ${KEYS.end} ${metadata.get(KEYS.end)} and ` +
        `${KEYS.step} ${metadata.get(KEYS.step)}: a start before the end and a step of 1 ms or more are needed`,
    );
  return { detector: metadata.get(KEYS.detector) ?? '', range: { start, end }, step };
}
