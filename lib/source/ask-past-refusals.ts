/**
 * A stretch of the past that a source refuses for good, such as minutes in which an exporter and its successor both had
 * series, so that a join has several matches. Nobody can mend the past: such cells are left out, the others are asked for by
 * themselves.
 */
import { SourceError } from '../base/errors.ts';
import type { Deadline } from '../models/framework/contract.ts';
import type { TimeRange } from '../window/time-range.ts';
import { mergeChunks } from './merge-chunks.ts';
import type { GridRange, MatrixSeries, RefusedStretch } from './metric-source.ts';

/** Codes of answers that may be another one for other cells, and never are for the same ones. */
const REFUSALS: ReadonlySet<string> = new Set([
  'query-rejected',
  'prometheus-error',
  'query-warning',
  'duplicate-series',
  'bad-value',
  'not-ascending',
]);
/**
 * Of answers that are too large by the number of series: every part of the range has as many. Of fewer cells there are fewer series and bytes,
 * so that one cell tells nothing of whether the query is wrong: as many of the newest do.
 */
const SIZE_REFUSALS: ReadonlySet<string> = new Set(['body-too-large', 'too-many-series']);
/** Refused requests of one metric and range: after them, what is refused is left out as it is. An hour of minutes takes 30 or so. */
const MOST_REFUSED = 64;

/**
 * Ms in which one metric's range is asked for in parts. After them, too, what is refused is left out as it is: a run of the export has 50 s, so that
 * one that has to begin with such a range comes to its end however slow the source is.
 */
const MOST_TIME = 20_000;

/** Whether fewer cells may be answered: the same ones never will be. */
export function isRefusal(error: unknown): error is SourceError {
  return error instanceof SourceError && (REFUSALS.has(error.code) || SIZE_REFUSALS.has(error.code));
}

/** Every series of one query over the part, or an error. */
type Ask = (part: TimeRange) => Promise<readonly MatrixSeries[]>;

interface Asked extends Pick<GridRange, 'start' | 'end' | 'step'> {
  /** The newest cell that is known: where what ends with it is refused, too, it is the query that is wrong. */
  readonly newest: number;
  /** For messages. */
  readonly subject: string;
  /** Of the run. */
  readonly deadline: Deadline;
}

interface Answer {
  readonly series: readonly MatrixSeries[];
  readonly refused: readonly RefusedStretch[];
}

/** @throws whatever `ask` throws of the newest cell, or of as many as the range has where they are too large, or that is no refusal */
export async function askPastRefusals(ask: Ask, asked: Asked): Promise<Answer> {
  const { start, end, newest, step } = asked;
  const range = { start, end };
  try {
    return { series: await ask(range), refused: [] };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const isTooLarge = SIZE_REFUSALS.has(error.code);
    const known = newest + step;
    await ask({ start: isTooLarge ? known - (end - start) : newest, end: known });
    if (isTooLarge) return { series: [], refused: [refuse(range, error)] };
    return askInParts(ask, asked, error);
  }
}

/** Wide parts first, so that what is left when requests or time are used up is told as exactly as may be. */
async function askInParts(
  ask: Ask,
  { start, end, step, subject, deadline }: Asked,
  first: SourceError,
): Promise<Answer> {
  const answered: { readonly start: number; readonly series: readonly MatrixSeries[] }[] = [];
  const refused: RefusedStretch[] = [];
  const waiting: { readonly part: TimeRange; readonly error: SourceError }[] = [
    { part: { start, end }, error: first },
  ];
  let count = 0;
  const begun = deadline.remaining();
  // Where there is no limit, the difference is no number.
  const isLate = (): boolean => begun - deadline.remaining() >= MOST_TIME;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const halves = count < MOST_REFUSED && !isLate() ? halve(next.part, step) : [];
    if (halves.length === 0) refused.push(refuse(next.part, next.error));
    for (const part of halves) {
      try {
        const series = await ask(part);
        answered.push({ start: part.start, series });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        count++;
        waiting.push({ part, error });
      }
    }
  }
  const parts = answered.sort((a, b) => a.start - b.start).map(({ series }) => series);
  return { series: mergeChunks(parts, subject), refused: joinStretches(refused) };
}

/** None of one cell. */
function halve({ start, end }: TimeRange, step: number): readonly TimeRange[] {
  const cells = (end - start) / step;
  if (cells < 2) return [];
  const middle = start + Math.floor(cells / 2) * step;
  return [
    { start, end: middle },
    { start: middle, end },
  ];
}

function refuse({ start, end }: TimeRange, error: SourceError): RefusedStretch {
  return { start, end, reason: error.message };
}

/** Those that touch are one, with the reason of its first part. */
function joinStretches(stretches: readonly RefusedStretch[]): readonly RefusedStretch[] {
  const joined: RefusedStretch[] = [];
  for (const stretch of stretches.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last?.end === stretch.start) joined[joined.length - 1] = { ...last, end: stretch.end };
    else joined.push(stretch);
  }
  return joined;
}
