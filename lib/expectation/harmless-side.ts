/**
 * The side to which a metric may go without a fault, by its name: more requests, shorter latencies, fewer errors, more of a
 * cache's hits. Nobody is woken because something is better than usual; what it costs elsewhere is told by what it costs.
 */
import { isDemand, plainNameOf } from './demand.ts';

/** More of them is a fault, and fewer are none… */
const WORSE_ABOVE =
  /(^|_)(latency|response_time|request_duration|errors?|failed|failures?|5xx|dropped|drops|timeouts?|retries|throttled|crash_?loop(s|ing)?|evicted|evictions|oom_?killed|not_ready|restarts?|unavailable)(_|$)/;
/** …and of these where they are of the cluster: other work that waits, such as payments, may be less since none comes in… */
const STUCK = /(^|_)(pending|waiting)(_|$)/;
const OF_CLUSTER = /(^|_)(pods?|containers?|nodes?|volumes?)(_|$)/;
/** …and of these the other way round… */
const WORSE_BELOW =
  /(^|_)(hit_(ratio|rate|percent)|success(ful)?_(ratio|rate|percent)|availability|available_(ratio|percent)|read(y|iness)_(ratio|percent))(_|$)/;
/** …but for what is left of something… */
const LEFT =
  /budget|remaining|left|free|headroom|(^|_)(mem|memory|swap|heap|cpu|disk|space|storage|filesystem|fs|inodes?)_(.*_)?available(_|$)/;
/** …for how many were measured, which follows demand… */
const COUNTED = /(latency|response_time|duration).*_(count|sum|bucket)$/;
/** …and for names that tell of the good by the bad: time without it, what was mended, limits. */
const TURNED =
  /(^|_)(since|between|age|timestamp|non?|without|avoided|prevented|handled|resolved|recovered|fixed|limits?|limiter)(_|$)/;

/** @param column a metric as it is, or its rate: what else is made of one, such as its change, has no such side */
export function harmlessSideOf(column: string): 'above' | 'below' | undefined {
  if (isDemand(column)) return 'above';
  const name = plainNameOf(column);
  if (name === undefined || [LEFT, COUNTED, TURNED].some((other) => other.test(name))) return undefined;
  const isWorseAbove = WORSE_ABOVE.test(name) || (STUCK.test(name) && OF_CLUSTER.test(name));
  const isWorseBelow = WORSE_BELOW.test(name);
  if (isWorseAbove === isWorseBelow) return undefined;
  return isWorseAbove ? 'below' : 'above';
}
