/**
 * The side to which a metric may go without a fault, by its name: more requests, shorter latencies, fewer errors, more of a
 * cache's hits. Nobody is woken because something is better than usual; what it costs elsewhere is told by what it costs.
 */
import { isDemand, plainNameOf } from './demand.ts';

/** More of them is a fault, and fewer are none… */
const WORSE_ABOVE =
  /(^|_)(latency|response_time|request_duration|errors?|failed|failures?|5xx|dropped|drops|timeouts?|retries|throttled|crash_?loop(s|ing)?|evicted|evictions|oom_?killed|not_ready|restarts?|unavailable|pending|waiting)(_|$)/;
/** …and of these the other way round… */
const WORSE_BELOW =
  /(^|_)(hit_(ratio|rate|percent)|success(ful)?_(ratio|rate|percent)|availability|available_(ratio|percent)|read(y|iness)_(ratio|percent))(_|$)/;
/** …but for what is left of something. */
const LEFT = /budget|remaining|left|free|headroom/;

/** @param column a metric as it is, or its rate: what else is made of one, such as its change, has no such side */
export function harmlessSideOf(column: string): 'above' | 'below' | undefined {
  if (isDemand(column)) return 'above';
  const name = plainNameOf(column);
  if (name === undefined || LEFT.test(name)) return undefined;
  const [isWorseAbove, isWorseBelow] = [WORSE_ABOVE.test(name), WORSE_BELOW.test(name)];
  if (isWorseAbove === isWorseBelow) return undefined;
  return isWorseAbove ? 'below' : 'above';
}
