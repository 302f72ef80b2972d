/** How long to wait before another attempt. All durations are milliseconds. */

const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 20_000;
/** A server that asks for more patience than this is told apart as an outage, not waited for. */
export const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Full jitter: anything up to an exponentially growing bound, so that clients that failed together do not come back
 * together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). A server's Retry-After is a
 * lower bound, with jitter on top.
 * @param attempt 0 after the first failure
 * @param random uniform in [0, 1)
 */
export function retryDelay(attempt: number, retryAfter: number | undefined, random: () => number): number {
  if (retryAfter !== undefined) return retryAfter + random() * BACKOFF_BASE_MS;
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
}

/** Of a Retry-After header (RFC 9110, 10.2.3): seconds or an HTTP date; undefined where it is neither. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
