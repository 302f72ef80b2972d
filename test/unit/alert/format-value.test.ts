import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatLength, formatReading, formatValue } from '../../../lib/alert/format-value.ts';
import { METRIC_UNITS, type MetricUnit, unitOfMetric } from '../../../lib/alert/metric-unit.ts';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';

const MiB = 2 ** 20;

test('values in the size that people say them in', () => {
  const cases: [number, MetricUnit | undefined, string][] = [
    [0, undefined, '0'],
    [0.8312, undefined, '0.831'],
    [3, undefined, '3'],
    [1234.56, undefined, '1235'],
    [99_999, undefined, '99999'],
    [123_456, undefined, '123k'],
    [-2_500_000, undefined, '-2.5M'],
    [7.2e13, undefined, '72T'],
    [0.000012345, undefined, '0.0000123'],
    [1.5e-9, undefined, '1.5e-9'],
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1536, 'bytes', '1.5 KiB'],
    [1.2 * 2 ** 30, 'bytes', '1.2 GiB'],
    [3 * 2 ** 60, 'bytes', '3072 PiB'],
    [2.5 * MiB, 'bytes/s', '2.5 MiB/s'],
    [0, 'seconds', '0 s'],
    [0.25, 'seconds', '250 ms'],
    [0.0000125, 'seconds', '12.5 µs'],
    [90, 'seconds', '90 s'],
    [150, 'seconds', '2.5 min'],
    [86_400, 'seconds', '24 h'],
    [259_200, 'seconds', '3 d'],
    [250, 'milliseconds', '250 ms'],
    [1500, 'milliseconds', '1.5 s'],
    [0.8312, 'ratio', '83.1%'],
    [0, 'ratio', '0%'],
    [83.12, 'percent', '83.1%'],
    [0.831, 'cores', '0.831 cores'],
    [-3, 'celsius', '-3 °C'],
  ];
  for (const [value, unit, text] of cases) assert.equal(formatValue(value, unit), text, `${value} ${unit}`);
});

test('a value beside what is usual', () => {
  const cases: [
    value: number | null,
    low: number,
    high: number,
    unit: MetricUnit | undefined,
    text: string,
  ][] = [
    [0.83, 0.01, 0.05, 'cores', '0.83 cores (usual 0.01–0.05)'],
    [0.83, 0.01, 0.05, undefined, '0.83 (usual 0.01–0.05)'],
    [1.2 * 1024 * MiB, 80 * MiB, 200 * MiB, 'bytes', '1.2 GiB (usual 80–200 MiB)'],
    [250 * MiB, 80 * MiB, 200 * MiB, 'bytes', '250 MiB (usual 80–200 MiB)'],
    [null, 80 * MiB, 200 * MiB, 'bytes', 'missing (usual 80–200 MiB)'],
    [null, 0, 3, 'cores', 'missing (usual 0–3 cores)'],
    [7, 3, 3, undefined, '7 (usually 3)'],
    [1, 0, 0, 'bytes', '1 B (usually 0 B)'],
    [-7, -5, -3, undefined, '-7 (usual -5 to -3)'],
    [0.99, 0.2, 0.4, 'ratio', '99% (usual 20–40%)'],
    [0.25, 0.01, 1.5, 'seconds', '250 ms (usual 0.01–1.5 s)'],
    [123_456, 80_000, 90_000, undefined, '123k (usual 80000–90000)'],
    // Three digits would say 1 (usual 1–1).
    [1.0004, 1.0001, 1.0003, undefined, '1.0004 (usual 1.0001–1.0003)'],
    [1000.4, 1000.1, 1000.3, undefined, '1000.4 (usual 1000.1–1000.3)'],
    // Not told apart by any number of digits that one would read.
    [1.000000002, 1, 1.000000001, undefined, '1 (usually 1)'],
    // On its bound is not off it: no more digits.
    [1.23456, 1.23456, 2, undefined, '1.23 (usual 1.23–2)'],
  ];
  for (const [value, usualLow, usualHigh, unit, text] of cases)
    assert.equal(formatReading({ value, usualLow, usualHigh, unit }), text);
});

test('a value outside its usual range never reads like its bound, unless they agree to 6 digits', () => {
  const number = fc.tuple(fc.integer(), fc.integer({ min: -6, max: 6 })).map(([n, power]) => n * 10 ** power);
  fc.assert(
    fc.property(number, number, number, fc.constantFrom(...METRIC_UNITS, undefined), (a, b, c, unit) => {
      const [usualLow, usualHigh, value] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
      fc.pre(value - usualHigh > 1e-5 * Math.max(Math.abs(value), Math.abs(usualHigh)));
      const text = formatReading({ value, usualLow, usualHigh, unit });
      const [own, low, high] = [...text.matchAll(/-?[\d.]+(e-\d+)?/g)].map(([part]) => part);
      const suffix = /^[^ ]*\d([^\d]*) \(usual/.exec(text)?.[1];
      const rangeSuffix = /\d([^\d]*)\)$/.exec(text)?.[1];
      assert.ok(own !== (high ?? low) || (suffix !== rangeSuffix && rangeSuffix !== ''), text);
    }),
  );
});

test('lengths are rounded down', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [12_000_000, '3 h 20 min'],
    [86_400_000, '1 d'],
    [183_600_000, '2 d 3 h'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(formatLength(milliseconds), text);
});

test('a unit is told by the name, and only where it is beyond doubt', () => {
  const cases: [metric: string, query: string | undefined, unit: MetricUnit | undefined][] = [
    ['container_memory_working_set_bytes', undefined, 'bytes'],
    ['mem_bytes', 'sum by (pod) (container_memory_working_set_bytes)', 'bytes'],
    ['rx_bytes', 'sum by (pod) (increase(container_network_receive_bytes_total[5m]))', 'bytes'],
    // Bytes or bytes a second? The query says one, the name the other.
    ['rx_bytes', 'sum by (pod) (rate(container_network_receive_bytes_total[5m]))', undefined],
    ['rx_bytes_per_second', 'sum(rate(container_network_receive_bytes_total[5m]))', 'bytes/s'],
    ['pods_bytes', 'count by (namespace) (x_bytes)', undefined],
    ['request_p99_seconds', 'histogram_quantile(0.99, sum by (le) (rate(r_seconds_bucket[5m])))', 'seconds'],
    ['request_seconds', undefined, 'seconds'],
    ['process_start_time_seconds', undefined, undefined],
    ['last_success_timestamp_seconds', undefined, undefined],
    ['latency_ms', undefined, 'milliseconds'],
    ['container_network_receive_bytes_total', undefined, undefined],
    ['process_cpu_seconds_total', undefined, undefined],
    ['http_requests_total', undefined, undefined],
    ['cache_hit_ratio', undefined, 'ratio'],
    ['disk_used_percent', undefined, 'percent'],
    ['cpu_usage', undefined, undefined],
    ['bytes', undefined, undefined],
    // cAdvisor's own names, which do not say it.
    ['container_memory_rss', undefined, 'bytes'],
    ['container_memory_rss', 'rate(container_memory_rss[5m])', undefined],
    ['my_memory_rss', undefined, undefined],
    ['node_hwmon_temp_celsius', undefined, 'celsius'],
    // Only the preset's own query says that these are ratios and cores.
    ['pod_cpu_usage', undefined, undefined],
    ['node_memory_utilization', 'something_else', undefined],
  ];
  for (const [metric, query, unit] of cases)
    assert.equal(unitOfMetric(metric, query), unit, `${metric} ${query}`);
});

test('the metrics of the preset have the units that it states', () => {
  const units = Object.fromEntries(
    KUBERNETES.metrics.map(({ name, query }) => [name, unitOfMetric(name, query)]),
  );
  assert.equal(units.pod_cpu_usage, 'cores');
  assert.equal(units.pod_memory_usage, 'bytes');
  assert.equal(units.node_memory_utilization, 'ratio');
  assert.equal(units.container_readiness_ratio, 'ratio');
  assert.equal(units.network_receive_bytes, 'bytes');
  assert.equal(units.pods_pending, undefined);
});
