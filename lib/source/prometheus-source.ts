/** Prometheus's query_range as a source of metrics. */
import { RetryLaterError, SourceError } from '../base/errors.ts';
import { limitConcurrency } from '../base/limit-concurrency.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Deadline } from '../models/framework/contract.ts';
import type { TimeRange } from '../window/time-range.ts';
import { HALF_ANSWERS, type MatrixAnswer, parseMatrixAnswer } from './matrix-response.ts';
import { mergeChunks } from './merge-chunks.ts';
import type { MetricSource } from './metric-source.ts';
import { type PrometheusEndpoint, type PrometheusTarget, prepareTarget } from './prometheus-endpoint.ts';
import { type Attempt, attemptRequest, type Outcome } from './prometheus-request.ts';
import { createQuerySource, type QueryRange, type RangeQuery } from './query-source.ts';
import { mostBodyBytes } from './read-body.ts';
import { MAX_RETRY_AFTER_MS, retryDelay } from './retry-delay.ts';
import { hideInError, hideInTelemetry, secretsOf } from './secrets.ts';

export interface PrometheusSourceOptions {
  readonly endpoint: PrometheusEndpoint;
  readonly deadline: Deadline;
  readonly telemetry: Telemetry;
  /** Epoch milliseconds: for signatures and Retry-After dates. */
  readonly now: () => number;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
  readonly maxPointsPerSeries?: number;
  readonly maxBodyBytes?: number;
}

/** What the requests of one source share. */
interface Session extends PrometheusSourceOptions {
  readonly target: PrometheusTarget;
  readonly maxBodyBytes: number;
  /** What no text may show. */
  readonly secrets: Set<string>;
  /** GET once the server refused POST. */
  method: 'GET' | 'POST';
}

/** Prometheus refuses a query_range with more points in a series (web/api/v1: "exceeded maximum resolution"). */
export const MAX_POINTS_PER_SERIES = 11_000;

/** Characters of a query that an error shows. */
const SHOWN_QUERY_LENGTH = 500;

/**
 * A source that asks `endpoint`, in chunks that Prometheus takes, a bounded number of them at a time.
 * @throws SettingError where the endpoint cannot be asked at all
 */
export function createPrometheusSource(options: PrometheusSourceOptions): MetricSource {
  const target = prepareTarget(options.endpoint);
  const secrets = secretsOf(target);
  const session: Session = {
    ...options,
    telemetry: hideInTelemetry(options.telemetry, secrets),
    target,
    secrets,
    maxBodyBytes: options.maxBodyBytes ?? mostBodyBytes(),
    method: 'POST',
  };
  const run = limitConcurrency(options.endpoint.concurrency);
  const maxPoints = options.maxPointsPerSeries ?? MAX_POINTS_PER_SERIES;
  const queryRange: QueryRange = async (query) => {
    const subject = `query ${shorten(query.query)} at ${session.target.shownUrl}`;
    const chunks = splitRange(query, query.step, maxPoints);
    // One chunk that fails calls the others off.
    const controller = new AbortController();
    const signal = query.signal ? AbortSignal.any([query.signal, controller.signal]) : controller.signal;
    try {
      const answers = await Promise.all(
        chunks.map((chunk) => run(() => askChunk(session, { ...query, signal }, chunk, subject))),
      );
      return mergeChunks(
        answers.map((answer) => answer.series),
        subject,
      );
    } catch (error) {
      controller.abort(error);
      throw hideInError(error, secrets);
    }
  };
  return createQuerySource(`Prometheus at ${target.shownUrl}`, queryRange, options.deadline);
}

async function askChunk(
  session: Session,
  query: RangeQuery,
  chunk: TimeRange,
  subject: string,
): Promise<MatrixAnswer> {
  const fields = {
    query: query.query,
    start: seconds(chunk.start),
    // Prometheus includes the end.
    end: seconds(chunk.end - query.step),
    step: seconds(query.step),
  };
  const answer = await askUntilAnswered(session, fields, query.signal, subject, (body) =>
    parseMatrixAnswer(body, { ...chunk, step: query.step }, subject),
  );
  for (const info of answer.infos)
    session.telemetry.info('Prometheus remarked on a query', { subject, info });
  return answer;
}

async function askUntilAnswered(
  session: Session,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  subject: string,
  parse: (body: Uint8Array) => MatrixAnswer,
): Promise<MatrixAnswer> {
  const { endpoint, telemetry } = session;
  for (let failures = 0; ; ) {
    const attempted = await attemptInTime(session, fields, signal, subject);
    const outcome = attempted.kind === 'answered' ? judgeAnswer(attempted.body, parse) : attempted;
    if (outcome.kind === 'whole') return outcome.answer;
    if (outcome.kind === 'method-refused') {
      session.method = 'GET';
      continue;
    }
    const delay = retryDelay(failures, outcome.retryAfter, session.random);
    failures++;
    if (failures > endpoint.retries) throw exhausted(outcome.error, failures);
    if (outcome.retryAfter !== undefined && outcome.retryAfter > MAX_RETRY_AFTER_MS)
      throw tooPatient(outcome.error, outcome.retryAfter);
    if (delay >= session.deadline.remaining())
      throw new RetryLaterError(
        'deadline',
        `${outcome.error.message}; the next attempt is due in ${Math.ceil(delay)} ms, and ${Math.floor(session.deadline.remaining())} ms are left`,
        { cause: outcome.error },
      );
    telemetry.warn('Prometheus will be asked again', {
      reason: outcome.error.message,
      attempt: failures + 1,
      delayMs: Math.round(delay),
    });
    await sleep(delay, signal);
  }
}

/** Half an answer is asked for again, as none would be: what is away comes back, and a window is written once. */
function judgeAnswer(
  body: Uint8Array,
  parse: (body: Uint8Array) => MatrixAnswer,
): { readonly kind: 'whole'; readonly answer: MatrixAnswer } | Extract<Outcome, { kind: 'failed' }> {
  try {
    return { kind: 'whole', answer: parse(body) };
  } catch (error) {
    if (!(error instanceof SourceError) || !HALF_ANSWERS.has(error.code)) throw error;
    return { kind: 'failed', error, retryAfter: undefined };
  }
}

async function attemptInTime(
  session: Session,
  fields: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
  subject: string,
): Promise<Outcome> {
  const { target, method, maxBodyBytes, now, endpoint, secrets } = session;
  const remaining = session.deadline.remaining();
  if (remaining <= 0) throw new RetryLaterError('deadline', `no time is left for ${subject}`);
  const attempt: Attempt = {
    target,
    method,
    fields,
    timeoutMs: Math.min(endpoint.timeoutMs, remaining),
    maxBodyBytes,
    signal,
    secrets,
    now,
    subject,
  };
  return attemptRequest(attempt);
}

function exhausted(error: SourceError, attempts: number): SourceError {
  return new SourceError(error.code, `${error.message} (attempt ${attempts}, the last)`, { cause: error });
}

function tooPatient(error: SourceError, retryAfter: number): SourceError {
  return new SourceError(
    error.code,
    `${error.message} (it asks to wait ${Math.round(retryAfter / 1000)} s, and ${MAX_RETRY_AFTER_MS / 1000} s is the most that is waited)`,
    { cause: error },
  );
}

/** Ends early, without an error, when `signal` fires: the next attempt tells. */
function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}

function seconds(milliseconds: number): string {
  return String(milliseconds / 1000);
}

function shorten(query: string): string {
  return query.length > SHOWN_QUERY_LENGTH ? `${query.slice(0, SHOWN_QUERY_LENGTH)}…` : query;
}

/**
 * Cuts `[start, end)` into ranges of at most `maxPoints` grid cells, in order, without overlap or hole.
 * @throws SourceError where the range is no whole number of steps
 */
export function splitRange(
  { start, end }: TimeRange,
  step: number,
  maxPoints: number = MAX_POINTS_PER_SERIES,
): TimeRange[] {
  const points = (end - start) / step;
  if (!(step > 0) || !Number.isInteger(points) || points <= 0)
    throw new SourceError(
      'bad-range',
      `the range [${start}, ${end}) is no whole number of steps of ${step} ms`,
    );
  const chunks: TimeRange[] = [];
  for (let from = 0; from < points; from += maxPoints)
    chunks.push({ start: start + from * step, end: start + Math.min(points, from + maxPoints) * step });
  return chunks;
}
