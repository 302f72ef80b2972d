/**
 * Demand: how much is asked of a service. If demand is higher than usual, the metrics that follow it are higher, too, and nothing
 * is wrong. A sale in which requests, CPU and traffic double together wakes nobody. A metric that rises more than demand
 * explains, as latency does once a service is full, does.
 */
import { takeMedian } from '../maths/median.ts';

/** Requests and the like by their name… */
const DEMAND = /(^|_)(requests?|rps|qps|tps|transactions|queries|hits)(_|$)/;
/** …but for what is measured of them… */
const MEASURED =
  /(^|_)(latency|duration|seconds_sum|seconds_bucket|milliseconds|bytes|size|age|ratio|percent)(_|$)/;
/** …for those that go wrong or wait: more of them is a fault… */
const FAULTS =
  /error|fail|[45]xx|_[45]\d\d(_|$)|slow|reject|refus|block|throttl|den(y|ied)|abort|cancel|drop|retr(y|ies)|timeout|wait|queue|pending|active|in_?flight|concurren|rollback|deadlock|miss|limit/;
/** …and for what is called so and is no demand on a service: of Kubernetes, of a cache, of names. */
const OTHERS = /cpu|memory|resource|cache|dns/;
/** Of a counter: columns are named by what is made of the metric. */
const RATE = / \(rate per second over [^),]+\)$/;

/** Ms: means of demand over so long explain what follows it late, as caches and heaps do, which empty for an hour or two. */
export const DEMAND_MEANS: readonly number[] = [3_600_000, 7_200_000];

/** Groups of rows with like demand. */
const GROUPS = 20;
const LEAST_ROWS = 200;
/** Share of how the groups differ that a straight line has to explain. */
const LEAST_EXPLAINED = 0.75;

/** @returns the column that tells how much is asked; undefined where no name says so */
export function findDemand(columns: readonly string[]): number | undefined {
  const at = columns.findIndex((name) => isDemand(name));
  return at < 0 ? undefined : at;
}

/**
 * Whether more of it than usual is no fault by itself.
 * @param column a metric as it is, or its rate: what else is made of one, such as its change or a quotient, is no demand
 */
export function isDemand(column: string): boolean {
  const name = plainNameOf(column);
  return (
    name !== undefined &&
    DEMAND.test(name) &&
    !MEASURED.test(name) &&
    !FAULTS.test(name) &&
    !OTHERS.test(name)
  );
}

/** In lower case; undefined of a column that is neither a metric as it is nor its rate. */
export function plainNameOf(column: string): string | undefined {
  const name = column.replace(RATE, '').toLowerCase();
  return /^[a-z0-9_:.-]+$/.test(name) ? name : undefined;
}

/**
 * What a metric gains with each unit of demand, over groups of rows that differ in it.
 * @param demand one a row, finite
 * @param values one a row, finite
 * @returns 0 where it does not follow demand along a line
 */
export function fitSlope(demand: Float64Array, values: Float64Array): number {
  const rows = demand.length;
  if (rows < LEAST_ROWS) return 0;
  const order = Uint32Array.from(demand.keys()).sort((a, b) => demand[a]! - demand[b]! || a - b);
  const groups = Array.from({ length: GROUPS }, (_, group) => {
    const own = order.subarray((group * rows) / GROUPS, ((group + 1) * rows) / GROUPS);
    const middle = (of: Float64Array): number => {
      const values = new Float64Array(own.length);
      for (let i = 0; i < own.length; i++) values[i] = of[own[i]!]!;
      return takeMedian(values);
    };
    return { demand: middle(demand), value: middle(values) };
  });
  const mean = (of: 'demand' | 'value'): number => groups.reduce((sum, group) => sum + group[of] / GROUPS, 0);
  const [usualDemand, usualValue] = [mean('demand'), mean('value')];
  let [dd, dv, vv] = [0, 0, 0];
  for (const group of groups) {
    const [d, v] = [group.demand - usualDemand, group.value - usualValue];
    dd += d * d;
    dv += d * v;
    vv += v * v;
  }
  if (!(dd > 0) || !(vv > 0) || dv * dv < LEAST_EXPLAINED * dd * vv) return 0;
  return dv / dd;
}

/**
 * A departure as far as what is usual elsewhere does not explain it: never farther, and never to the other side.
 * @param low the least that is explained, 0 or below; NaN: nothing is
 * @param high the most, 0 or above; NaN: nothing is
 */
export function leaveUnexplained(off: number, low: number, high: number): number {
  if (off > 0) return off > high ? off - high : Number.isNaN(high) ? off : 0;
  if (off < 0) return off < low ? off - low : Number.isNaN(low) ? off : 0;
  return off;
}
