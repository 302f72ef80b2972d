/** One attempt at one request: sent, answered, judged. What may be tried again is told apart from what may not. */
import { RetryLaterError, SourceError } from '../base/errors.ts';
import { hideSecrets, quoteForeign } from '../base/foreign-text.ts';
import { authorize } from './authorize.ts';
import { exchange, type HttpResponse } from './http-exchange.ts';
import { excerpt } from './json-cursor.ts';
import type { PrometheusTarget } from './prometheus-endpoint.ts';
import { readBody, readStart } from './read-body.ts';
import { parseRetryAfter } from './retry-delay.ts';

export interface Attempt {
  readonly target: PrometheusTarget;
  readonly method: 'GET' | 'POST';
  readonly fields: Readonly<Record<string, string>>;
  /** Milliseconds until the attempt counts as failed. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal | undefined;
  /** What no text may show, of this server: added to. */
  readonly secrets: Set<string>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** "query … at …", for errors. */
  readonly subject: string;
}

export type Outcome =
  | { readonly kind: 'answered'; readonly body: Uint8Array }
  /** POST is not allowed there; GET may be. */
  | { readonly kind: 'method-refused' }
  /** Milliseconds that the server asks to wait, where it says so. */
  | { readonly kind: 'failed'; readonly error: SourceError; readonly retryAfter: number | undefined };

/**
 * Compressing a matrix takes Prometheus longer than sending it: a day of 800 series takes 7 times as long. Where the
 * network is the narrow place, an extra header `accept-encoding: gzip` takes precedence.
 */
const DEFAULT_HEADERS = { accept: 'application/json', 'accept-encoding': 'identity' };
const FORM = 'application/x-www-form-urlencoded';
const SECRET_HEADERS = ['authorization', 'x-amz-security-token'];
/** Bytes of an answer that is none: Prometheus's own have a few hundred. */
const LONGEST_REFUSAL = 1_048_576;
/** Characters of a server's own words that an error shows. */
const LONGEST_REASON = 500;
/** Failures to connect that no second attempt mends. */
const LASTING_FAILURE = /CERT|SSL|TLS|UNABLE_TO|ERR_INVALID/;

/** @throws SourceError where another attempt would fare no better */
export async function attemptRequest(attempt: Attempt): Promise<Outcome> {
  const { signal, subject, timeoutMs } = attempt;
  if (signal?.aborted) throw aborted(subject, signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const response = await send(attempt, controller.signal);
    return await judgeResponse(response, attempt);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    if (signal?.aborted) throw aborted(subject, signal);
    if (controller.signal.aborted)
      return failed(
        new SourceError('timeout', `${subject} gave no answer within ${timeoutMs} ms`, { cause: error }),
      );
    return connectionFailure(error, subject);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function send(
  { target, method, fields, now, secrets }: Attempt,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const form = encodeForm(fields);
  const url = new URL(target.url);
  if (method === 'GET') url.search = url.search === '' ? form : `${url.search}&${form}`;
  const body = method === 'POST' ? form : '';
  const headers: Record<string, string> = { ...DEFAULT_HEADERS, ...target.headers };
  if (method === 'POST') headers['content-type'] = FORM;
  const authorized = await authorize({ method, url, headers, body }, target.auth, now());
  for (const name of SECRET_HEADERS) {
    const value = authorized[name];
    // The scheme before it is no secret, and a server may say it in other words.
    if (value !== undefined)
      for (const part of [value, value.slice(value.indexOf(' ') + 1)]) secrets.add(part);
  }
  return exchange({ url, method, headers: authorized, body, signal, tls: target.tls });
}

async function judgeResponse(response: HttpResponse, attempt: Attempt): Promise<Outcome> {
  const { subject, maxBodyBytes, now } = attempt;
  const { status } = response;
  if (status === 405 && attempt.method === 'POST') {
    response.body.destroy();
    return { kind: 'method-refused' };
  }
  if (status >= 300 && status < 400) {
    response.body.destroy();
    throw redirected(response, attempt);
  }
  const body =
    status >= 400
      ? await readStart(response, LONGEST_REFUSAL)
      : await readBody(response, maxBodyBytes, subject);
  if (status === 429 || status >= 500)
    return failed(
      new SourceError(
        status === 429 ? 'rate-limited' : 'server-error',
        `${subject} got HTTP ${status}: ${reasonIn(body, attempt)}`,
      ),
      parseRetryAfter(response.headers['retry-after'] ?? null, now()),
    );
  if (status >= 400)
    throw new SourceError(
      codeOfStatus(status),
      `${subject} was refused with HTTP ${status}: ${reasonIn(body, attempt)}`,
    );
  // A proxy may break off before the first byte.
  if (body.length === 0)
    return failed(new SourceError('empty-answer', `${subject} got HTTP ${status} with an empty body`));
  checkIsJson(response, body, subject);
  return { kind: 'answered', body };
}

function checkIsJson(response: HttpResponse, body: Uint8Array, subject: string): void {
  const type = response.headers['content-type'] ?? '';
  if (type !== '' && !/^application\/(\S+\+)?json\s*(;|$)/i.test(type))
    throw new SourceError(
      'not-json',
      `${subject} gave ${JSON.stringify(type)} where JSON belongs, starting ${excerpt(body)}: is this Prometheus, or a login page in front of it?`,
    );
  if (!/^\s*\{/.test(Buffer.from(body.subarray(0, 64)).toString('latin1')))
    throw new SourceError(
      'not-json',
      `${subject} gave no JSON object but an answer starting ${excerpt(body)}`,
    );
}

/** Prometheus's own words where it gave some, otherwise how the body starts. */
function reasonIn(body: Uint8Array, { secrets }: Attempt): string {
  if (body.length === 0) return 'no reason given';
  try {
    const { errorType, error } = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof error === 'string') {
      const words = typeof errorType === 'string' ? `${errorType}: ${error}` : error;
      // More than is shown, so that a secret is seen whole where it is cut.
      return quoteForeign(hideSecrets(words.slice(0, 2 * LONGEST_REASON), secrets), LONGEST_REASON);
    }
  } catch {
    // No JSON: a proxy answered in place of Prometheus.
  }
  return excerpt(body);
}

function codeOfStatus(status: number): string {
  if (status === 400 || status === 422) return 'query-rejected';
  return status === 401 || status === 403 ? 'unauthorized' : 'http-status';
}

/** Followed, a redirect would carry the credentials along or turn POST into GET. The target's query string is left out: login redirects carry state in it. */
function redirected(response: HttpResponse, { target, subject }: Attempt): SourceError {
  const location = response.headers.location ?? '';
  const goal = URL.canParse(location, target.url.href) ? new URL(location, target.url) : undefined;
  const shown = goal ? goal.origin + goal.pathname : JSON.stringify(location);
  return new SourceError(
    'redirect',
    `${subject} got HTTP ${response.status} to ${shown}, and redirects are not followed with credentials: set the Prometheus URL to where it lives`,
  );
}

function connectionFailure(error: unknown, subject: string): Outcome {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const detail = [code, cause instanceof Error ? cause.message : String(cause)].filter((part) => part !== '');
  const failure = new SourceError('connection-failed', `${subject} could not be asked: ${detail.join(' ')}`, {
    cause: error,
  });
  if (LASTING_FAILURE.test(code)) throw failure;
  return failed(failure);
}

function failed(error: SourceError, retryAfter?: number): Outcome {
  return { kind: 'failed', error, retryAfter };
}

function aborted(subject: string, signal: AbortSignal): RetryLaterError {
  return new RetryLaterError('aborted', `${subject} was called off`, { cause: signal.reason });
}

/** As SigV4 encodes a query string, which every form parser understands. */
function encodeForm(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeStrictly(value)}`)
    .join('&');
}

function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
