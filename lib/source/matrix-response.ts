/** The JSON answer of query_range (https://prometheus.io/docs/prometheus/latest/querying/api/). */
import { SourceError } from '../base/errors.ts';
import { quoteForeign } from '../base/foreign-text.ts';
import {
  expectEnd,
  type JsonCursor,
  malformed,
  OPEN_BRACE,
  peekByte,
  readAny,
  readArray,
  readObject,
  readString,
  TRUNCATED,
} from './json-cursor.ts';
import { MAX_SERIES, type MatrixSeries } from './metric-source.ts';
import { createSampleReader, type SampleGrid, type SampleReader, type Samples } from './read-samples.ts';

export interface MatrixAnswer {
  readonly series: readonly MatrixSeries[];
  /** Remarks on the query that do not touch the data. */
  readonly infos: readonly string[];
}

interface Envelope {
  status: unknown;
  error: unknown;
  errorType: unknown;
  resultType: unknown;
  isPartial: unknown;
  series: MatrixSeries[];
  warnings: readonly string[];
  infos: readonly string[];
}

/** Code of an answer that may lack data. */
const PARTIAL = 'partial-response';
/**
 * Codes of half an answer: the same question may be answered whole later. vmauth 1.79 now and then ends one early,
 * framed as if it were whole.
 */
export const HALF_ANSWERS: ReadonlySet<string> = new Set([PARTIAL, TRUNCATED]);
/** Characters of a server's own words that an error shows. */
const LONGEST_QUOTE = 500;

/** Prometheus 2.48 to 2.53 has no `infos` and lists them as warnings with this prefix (prometheus/prometheus#14327). */
const INFO_PREFIX = 'PromQL info:';
/** Of what the query finds in the data, such as floats and histograms of one metric: it finds the same when it is asked again. */
const WARNING_PREFIX = 'PromQL warning:';
/** Remarks and warnings of one answer that are told one by one; a server may give any number of them. */
const MOST_REMARKS = 10;

/**
 * @param subject "query … at …", for errors
 * @throws SourceError for anything but a complete matrix on the grid
 */
export function parseMatrixAnswer(bytes: Uint8Array, grid: SampleGrid, subject: string): MatrixAnswer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: JsonCursor = { bytes: buffer, at: 0, subject };
  const envelope = readEnvelope(cursor, createSampleReader(grid));
  if (envelope.status === 'error')
    throw new SourceError(
      'prometheus-error',
      `${subject} failed in Prometheus: ${cutForeign(envelope.errorType)}: ${cutForeign(envelope.error)}`,
    );
  if (envelope.status !== 'success')
    throw new SourceError(
      'bad-status',
      `${subject} gave status ${quote(envelope.status)}, neither "success" nor "error"`,
    );
  const warnings = envelope.warnings.filter((text) => !text.startsWith(INFO_PREFIX));
  if (warnings.length > 0)
    throw new SourceError(
      warnings.every((text) => text.startsWith(WARNING_PREFIX)) ? 'query-warning' : PARTIAL,
      `${subject} gave an answer with warnings, so data may be missing: ${joinForeign(warnings)}`,
    );
  // VictoriaMetrics' cluster says so where a storage node is away, and gives what the others have.
  if (envelope.isPartial === true)
    throw new SourceError(PARTIAL, `${subject} gave an answer that is partial by its own word (isPartial)`);
  if (envelope.resultType !== 'matrix')
    throw new SourceError(
      'not-a-matrix',
      `${subject} gave resultType ${quote(envelope.resultType)}; query_range gives "matrix"`,
    );
  const infos = [...envelope.infos, ...envelope.warnings.filter((text) => text.startsWith(INFO_PREFIX))];
  return { series: envelope.series, infos: cutMany(infos) };
}

function joinForeign(texts: readonly string[]): string {
  return cutForeign(cutMany(texts).join('; '));
}

function cutMany(texts: readonly string[]): readonly string[] {
  const told = texts.slice(0, MOST_REMARKS).map(cutForeign);
  return texts.length > told.length ? [...told, `and ${texts.length - told.length} more`] : told;
}

/** In quotes where it is text. What is nested is not written out: it may be nested a million deep. */
function quote(given: unknown): string {
  if (typeof given === 'string') return JSON.stringify(cutForeign(given));
  return typeof given === 'object' && given !== null ? 'an object or array' : String(given);
}

function cutForeign(words: unknown): string {
  return typeof words === 'string' ? quoteForeign(words, LONGEST_QUOTE) : quote(words);
}

function readEnvelope(cursor: JsonCursor, readSamples: SampleReader): Envelope {
  const envelope: Envelope = {
    status: undefined,
    error: undefined,
    errorType: undefined,
    resultType: undefined,
    isPartial: undefined,
    series: [],
    warnings: [],
    infos: [],
  };
  readObject(cursor, (key) => {
    if (key === 'data') readData(cursor, readSamples, envelope);
    else if (key === 'status' || key === 'error' || key === 'errorType' || key === 'isPartial')
      envelope[key] = readAny(cursor);
    else if (key === 'warnings' || key === 'infos') envelope[key] = readTexts(cursor);
    else readAny(cursor);
  });
  expectEnd(cursor);
  return envelope;
}

function readData(cursor: JsonCursor, readSamples: SampleReader, envelope: Envelope): void {
  if (peekByte(cursor) !== OPEN_BRACE) {
    readAny(cursor);
    return;
  }
  readObject(cursor, (key) => {
    if (key === 'resultType') envelope.resultType = readAny(cursor);
    // Prometheus names the type first; where another order comes, only a matrix has series to read.
    else if (key === 'result' && (envelope.resultType ?? 'matrix') === 'matrix')
      readArray(cursor, () => {
        if (envelope.series.length >= MAX_SERIES)
          throw new SourceError(
            'too-many-series',
            `${cursor.subject} gave more than ${MAX_SERIES} series: aggregate in the query, so that it has fewer`,
          );
        envelope.series.push(readSeries(cursor, readSamples));
      });
    else readAny(cursor);
  });
}

function readSeries(cursor: JsonCursor, readSamples: SampleReader): MatrixSeries {
  let labels: Record<string, string> = {};
  let samples: Samples | undefined;
  let histograms = false;
  readObject(cursor, (key) => {
    if (key === 'metric') labels = readLabels(cursor);
    else if (key === 'values') samples = readSamples(cursor);
    else {
      histograms ||= key === 'histograms';
      readAny(cursor);
    }
  });
  if (histograms)
    return { labels, times: new Float64Array(), values: new Float64Array(), ...samples, hasHistograms: true };
  if (samples === undefined) throw malformed(cursor, `series ${showSeries(labels)} without values`);
  return { labels, ...samples };
}

function readLabels(cursor: JsonCursor): Record<string, string> {
  // No prototype: a label may be called "constructor".
  const labels: Record<string, string> = Object.create(null);
  readObject(cursor, (name) => {
    labels[name] = readString(cursor);
  });
  return labels;
}

function readTexts(cursor: JsonCursor): string[] {
  const texts = readAny(cursor);
  if (texts === null) return [];
  return (Array.isArray(texts) ? texts : [texts]).map((text) =>
    typeof text === 'string' ? text : quote(text),
  );
}

/** For messages: a series may have any number of labels, of any length. */
export function showSeries(labels: Readonly<Record<string, string>>): string {
  return quoteForeign(describeSeries(labels), LONGEST_QUOTE);
}

/** As Prometheus writes it: `name{label="value"}`. */
export function describeSeries(labels: Readonly<Record<string, string>>): string {
  const { __name__: name = '', ...others } = labels;
  const pairs = Object.keys(others)
    .sort()
    .map((label) => `${label}=${JSON.stringify(others[label])}`);
  return `${name}{${pairs.join(', ')}}`;
}
