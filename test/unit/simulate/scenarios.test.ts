/** What each scenario is about, found again in its data. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedMetricName } from '../../../lib/simulate/metrics.ts';
import {
  assertWithinUsual,
  correlation,
  DAY,
  during,
  HOUR,
  MINUTE,
  mean,
  normalOf,
  run,
  START,
  valuesOf,
} from './runs.ts';

test('cpu-spike: four times the CPU, without more requests', () => {
  const simulation = run('cpu-spike');
  const [{ entity, start, end } = assert.fail()] = simulation.incidents;
  assert.equal(end - start, 20 * MINUTE);
  const cpu = valuesOf(simulation, entity, 'pod_cpu_usage');
  const spike = during(simulation, cpu, start, end);
  assert.equal(spike.length, 20);
  assert.ok(mean(spike) > 3.2 * mean(during(simulation, cpu, start - 20 * MINUTE, start)));
  const requests = valuesOf(simulation, entity, 'requests_per_second');
  const before = mean(during(simulation, requests, start - 20 * MINUTE, start));
  assert.ok(Math.abs(mean(during(simulation, requests, start, end)) / before - 1) < 0.2);
});

test('memory-leak: grows to twice its usual, is killed, and starts again', () => {
  const simulation = run('memory-leak');
  const [{ entity, start, end } = assert.fail()] = simulation.incidents;
  const memory = valuesOf(simulation, entity, 'pod_memory_usage');
  const hours = Array.from({ length: 6 }, (_, i) =>
    mean(during(simulation, memory, start + i * HOUR, start + (i + 1) * HOUR)),
  );
  const before = mean(during(simulation, memory, start - HOUR, start));
  for (let i = 0; i < 6; i++)
    assert.ok(hours[i]! > (i === 0 ? before : hours[i - 1]!), `hour ${i}: ${hours}`);
  assert.ok(memory[(start + 6 * HOUR - START) / MINUTE - 1]! > 1.7 * before);
  assert.ok(mean(during(simulation, memory, end, end + 10 * MINUTE)) < 1.3 * before);
  assert.ok(
    during(simulation, valuesOf(simulation, entity, 'container_restart_count'), start + 6 * HOUR, end).every(
      (count) => count >= 2,
    ),
  );
});

test('seasonal-break: as quiet as at night, in the daytime, with usual values', () => {
  const simulation = run('seasonal-break');
  const [{ entity, start, end } = assert.fail()] = simulation.incidents;
  assert.equal(end - start, 6 * HOUR);
  const requests = valuesOf(simulation, entity, 'requests_per_second');
  const [quiet, dayBefore] = [start, start - DAY].map((from) =>
    mean(during(simulation, requests, from, from + 6 * HOUR)),
  );
  assert.ok(quiet! < 0.7 * dayBefore!, `${quiet} of ${dayBefore}`);
  assertWithinUsual(
    simulation,
    simulation.incidents[0]!,
    ['requests_per_second', 'network_receive_bytes'],
    0.02,
  );
});

test('correlation-drift: each value in its own range, together as never before', () => {
  for (const seed of [1, 2, 3]) {
    const simulation = run('correlation-drift', { seed });
    const [incident = assert.fail()] = simulation.incidents;
    const metrics = ['requests_per_second', 'cache_hit_ratio', 'database_latency_seconds'] as const;
    assertWithinUsual(simulation, incident, metrics, 0.02);
    const settled = { from: incident.start + HOUR, to: incident.end };
    const [requests, hits, latency] = metrics.map((metric) => {
      const values = valuesOf(simulation, incident.entity, metric);
      return (
        mean(during(simulation, values, settled.from, settled.to)) -
        mean(during(simulation, values, incident.start - HOUR, incident.start))
      );
    });
    assert.ok(requests! > 0 && hits! < -0.01 && latency! > 0.001, `${[requests, hits, latency]}`);
    const busy = normalOf(simulation, incident.entity, 'requests_per_second');
    const found = normalOf(simulation, incident.entity, 'cache_hit_ratio');
    assert.ok(correlation(busy, found) > 0.4, 'usually they rise together');
  }
});

test('slow-exfiltration: the numbers, each of them usual, the sequence not', () => {
  for (const seed of [1, 2, 3]) {
    const simulation = run('slow-exfiltration', { seed });
    const [incident = assert.fail()] = simulation.incidents;
    const { entity, start, end } = incident;
    const metrics: [SimulatedMetricName, from: number, to: number][] = [
      ['requests_per_second', 100, 118],
      ['pod_cpu_usage', 0.3, 0.38],
      ['pod_memory_usage', 500e6, 545e6],
      ['network_transmit_bytes', 10e6, 38e6],
    ];
    for (const [metric, from, to] of metrics) {
      const values = during(simulation, valuesOf(simulation, entity, metric), start, end);
      assert.equal(values.length, 26, '25 minutes, both ends');
      assert.equal(values[0], from);
      assert.equal(values.at(-1), to);
      // No jump: a fifth of the way at most from one to the next.
      for (let i = 1; i < values.length; i++)
        assert.ok(Math.abs(values[i]! - values[i - 1]!) < (to - from) / 3);
    }
    const names = metrics.map(([metric]) => metric);
    assertWithinUsual(simulation, incident, names, 0);
    // Never else do so many bytes leave for so few requests, but at night when the backup runs.
    const sent = valuesOf(simulation, entity, 'network_transmit_bytes');
    const perRequest = valuesOf(simulation, entity, 'requests_per_second').map(
      (rate, row) => sent[row]! / rate,
    );
    const daytime = perRequest.filter((_, row) => {
      const time = START + row * MINUTE;
      return (time % DAY) / HOUR >= 3 && (time < start || time >= end);
    });
    assert.ok(Math.max(...during(simulation, perRequest, start, end)) > 2 * Math.max(...daytime));
  }
});

test('cascading-failure: B, then A and C, then all, then down, five minutes apart', () => {
  const simulation = run('cascading-failure');
  const t0 = Math.min(...simulation.incidents.map(({ start }) => start));
  assert.deepEqual(
    Object.fromEntries(
      simulation.incidents.map(({ entity, start, end }) => [
        entity,
        [(start - t0) / MINUTE, (end - t0) / MINUTE],
      ]),
    ),
    { payments: [0, 25], gateway: [5, 25], orders: [5, 25] },
  );
  const stage = (entity: string, metric: SimulatedMetricName, index: number): number => {
    const values = valuesOf(simulation, entity, metric);
    return mean(during(simulation, values, t0 + index * 5 * MINUTE, t0 + (index + 1) * 5 * MINUTE));
  };
  const times = (entity: string, metric: SimulatedMetricName, index: number): number =>
    stage(entity, metric, index) / stage(entity, metric, -1);
  assert.ok(times('payments', 'request_latency_seconds', 0) > 3);
  for (const entity of ['gateway', 'orders']) {
    assert.ok(times(entity, 'request_latency_seconds', 0) < 1.5, 'not yet');
    assert.ok(times(entity, 'request_latency_seconds', 1) > 2);
  }
  assert.ok(times('gateway', 'requests_per_second', 1) > 1.3, 'A retries');
  assert.ok(times('orders', 'requests_per_second', 1) < 1.3);
  for (const entity of ['gateway', 'payments', 'orders']) {
    assert.ok(stage(entity, 'request_error_ratio', 2) > 0.4);
    assert.ok(stage(entity, 'pods_running', 2) > 0);
    for (const index of [3, 4]) {
      assert.equal(stage(entity, 'pods_running', index), 0);
      assert.equal(stage(entity, 'container_readiness_ratio', index), 0);
    }
    assert.ok(stage(entity, 'pods_running', 5) > 0, 'back again');
    assert.ok(times(entity, 'request_latency_seconds', 5) < 1.5);
  }
});

test('slow-pool: 200 ms more after three hours, little by little', () => {
  const simulation = run('slow-pool');
  const [{ entity, start, end } = assert.fail()] = simulation.incidents;
  assert.equal(end - start, 3 * HOUR);
  for (const metric of ['database_latency_seconds', 'request_latency_seconds'] as const) {
    const values = valuesOf(simulation, entity, metric);
    const before = mean(during(simulation, values, start - HOUR, start));
    const more = [0, 1, 2].map(
      (hour) => mean(during(simulation, values, start + hour * HOUR, start + (hour + 1) * HOUR)) - before,
    );
    for (const [hour, seconds] of more.entries())
      assert.ok(Math.abs(seconds - (0.2 * (hour + 0.5)) / 3) < 0.025, `${metric}: ${more}`);
  }
});

test('flash-sale: all have twice their requests for two hours, nobody waits longer, and it is no incident', () => {
  const [sale, normal] = (['flash-sale', 'none'] as const).map((scenario) => run(scenario));
  assert.deepEqual(sale!.incidents, []);
  assert.ok(sale!.window.labels!.every((label) => label === 0));
  for (const entity of sale!.window.entities) {
    const times = (metric: SimulatedMetricName): number[] => {
      const usual = valuesOf(normal!, entity, metric);
      return [...valuesOf(sale!, entity, metric)].map((value, row) => value / usual[row]!);
    };
    const requests = times('requests_per_second');
    const from = requests.findIndex((factor) => factor > 1.01);
    const rows = requests.filter((factor) => factor > 1.01).length;
    assert.ok(rows > 110 && rows <= 120, `${rows} rows`);
    const middle = { from: from + 20, to: from + 80 };
    const within = (metric: SimulatedMetricName): number => mean(times(metric).slice(middle.from, middle.to));
    assert.ok(Math.abs(within('requests_per_second') - 2) < 0.01);
    assert.ok(within('pod_cpu_usage') > 1.5);
    assert.ok(within('request_latency_seconds') < 1.05, `${within('request_latency_seconds')}`);
  }
});
