import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDemand, fitSlope, isDemand, leaveUnexplained } from '../../../lib/expectation/demand.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

test('requests are demand, and what is measured of them is not', () => {
  for (const name of [
    'requests_per_second',
    'http_requests_total',
    'request_rate',
    'rps',
    'nginx_qps',
    'requests',
  ])
    assert.ok(isDemand(name), name);
  for (const name of [
    'request_latency_seconds',
    'request_error_ratio',
    'http_requests_failed_total',
    'kube_pod_container_resource_requests',
    'cpu_requests',
    'request_size_bytes',
    'requests_queue_length',
    'cache_hits',
    'm01',
    'http_requests_5xx',
    'requests_503_total',
    'mysql_global_status_slow_queries',
    'rejected_requests',
    'throttled_requests',
    'haproxy_frontend_denied_requests_total',
    'aborted_transactions',
    'requests_waiting',
    'active_requests',
    'http_requests_in_flight',
    'dns_queries',
    'requests (change over 5m)',
    'requests (5m ago)',
    'requests / pods',
    'prequests',
  ])
    assert.ok(!isDemand(name), name);
  assert.equal(findDemand(['pod_cpu_usage', 'requests_per_second', 'rps']), 1);
  assert.equal(findDemand(['pod_cpu_usage']), undefined);
});

const random = seedRandom(1);
const DEMAND = Float64Array.from(
  { length: 1000 },
  (_, row) => 100 + 50 * Math.sin(row / 50) + random.nextFloat(),
);

test('what grows with demand has its slope, what goes its own way none', () => {
  const follows = DEMAND.map((value) => 3 + 0.5 * value + random.nextFloat());
  assert.ok(Math.abs(fitSlope(DEMAND, follows) - 0.5) < 0.01);
  assert.equal(
    fitSlope(
      DEMAND,
      Float64Array.from(DEMAND, () => random.nextFloat()),
    ),
    0,
  );
  assert.equal(
    fitSlope(
      DEMAND,
      Float64Array.from(DEMAND, () => 7),
    ),
    0,
  );
  const still = new Float64Array(DEMAND.length).fill(100);
  assert.equal(fitSlope(still, follows), 0);
  assert.equal(fitSlope(DEMAND.subarray(0, 199), follows.subarray(0, 199)), 0, 'too few rows');
});

test('demand takes from a departure what it explains, and never more', () => {
  assert.equal(leaveUnexplained(5, 0, 3), 2);
  assert.equal(leaveUnexplained(-5, -3, 0), -2);
  assert.equal(leaveUnexplained(5, 0, 8), 0, 'more than all of it');
  assert.equal(leaveUnexplained(5, -3, 0), 5, 'less demand explains no more of a metric');
  assert.equal(leaveUnexplained(-5, -6, 2), 0);
  assert.equal(leaveUnexplained(5, NaN, NaN), 5, 'demand is missing');
  assert.equal(leaveUnexplained(-5, NaN, NaN), -5);
  assert.ok(Number.isNaN(leaveUnexplained(NaN, 0, 3)));
});
