import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';
import { formatIncidents } from '../../../lib/simulate/incident.ts';
import { SIMULATED_METRICS } from '../../../lib/simulate/metrics.ts';
import { formatOpenMetrics } from '../../../lib/simulate/openmetrics.ts';
import { SCENARIO_NAMES } from '../../../lib/simulate/scenarios.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { correlation, DAY, MINUTE, mean, run, START, valuesOf } from './runs.ts';

test('the first 16 metrics are those of the kubernetes preset', () => {
  const { window } = run('none', { days: 2 });
  assert.deepEqual(
    window.metrics.slice(0, 16).toSorted(),
    KUBERNETES.metrics.map(({ name }) => name).toSorted(),
  );
  assert.deepEqual(
    window.metrics,
    SIMULATED_METRICS.map(({ name }) => name),
  );
});

test('every scenario: a whole grid, values in their bounds, labels that are the incidents', () => {
  for (const scenario of SCENARIO_NAMES)
    for (const step of [10_000, MINUTE, 5 * MINUTE]) {
      const simulation = run(scenario, { step, days: 2 });
      const { window, incidents } = simulation;
      const rows = (2 * DAY) / step;
      assert.equal(window.times.length, rows * 3);
      assert.deepEqual(window.range, { start: START, end: START + 2 * DAY });
      assert.deepEqual(window.entities, ['gateway', 'orders', 'payments']);
      for (let row = 0; row < window.times.length; row++) {
        assert.equal(window.times[row], START + (row % rows) * step);
        const label = incidents.some(
          ({ entity, start, end }) =>
            entity === window.entities[window.entityOf[row]!] &&
            window.times[row]! >= start &&
            window.times[row]! < end,
        );
        assert.equal(window.labels![row], Number(label));
      }
      for (const [index, { name, digits }] of SIMULATED_METRICS.entries()) {
        const most = /_ratio$|utilization$|filesystem/.test(name) ? 1 : Number.POSITIVE_INFINITY;
        for (const value of window.columns[index]!)
          if (!(value >= 0 && value <= most && Number(value.toFixed(digits)) === value))
            assert.fail(`${scenario}: ${name} ${value}`);
      }
      const isHarmless = scenario === 'none' || scenario === 'flash-sale';
      assert.equal(incidents.length, isHarmless ? 0 : scenario === 'cascading-failure' ? 3 : 1);
      for (const { start, end } of incidents)
        assert.ok(start >= START + DAY && start < end && end <= window.range.end);
    }
});

test('the same options give the same bytes, another seed others', () => {
  const bytes = (seed: number): Buffer =>
    Buffer.from(writeWindow(run('memory-leak', { seed, days: 2 }).window, { manifestHash: 'x' }));
  assert.ok(bytes(7).equals(bytes(7)));
  assert.ok(!bytes(7).equals(bytes(8)));
});

test('more services leave the first ones as they are', () => {
  const [few, many] = [run('none', { days: 2 }), run('none', { days: 2, services: 12 })];
  for (const entity of few.window.entities)
    assert.deepEqual(valuesOf(many, entity, 'pod_cpu_usage'), valuesOf(few, entity, 'pod_cpu_usage'));
  assert.ok(many.window.entities.includes('service-12'));
});

test('normal life: days and weeks, noise with a memory, traffic that drives CPU, deployments', () => {
  const simulation = run('none', { days: 28 });
  const requests = valuesOf(simulation, 'gateway', 'requests_per_second');
  const at = (day: number, hour: number): number =>
    mean(requests.slice((day * 24 + hour) * 60, (day * 24 + hour + 1) * 60));
  const days = [...Array(28).keys()];
  // Day 0 is a Thursday.
  const weekdays = days.filter((day) => ![2, 3].includes(day % 7));
  const weekends = days.filter((day) => [2, 3].includes(day % 7));
  const afternoon = (list: number[]): number => mean(list.map((day) => at(day, 15)));
  assert.ok(afternoon(weekdays) > 2 * mean(weekdays.map((day) => at(day, 3))));
  assert.ok(afternoon(weekdays) > 1.15 * afternoon(weekends));
  const cpu = valuesOf(simulation, 'gateway', 'pod_cpu_usage');
  assert.ok(correlation(requests, cpu) > 0.9);
  // The season apart: neighbours are alike, rows hours apart are not.
  const detrended = cpu.map((value, row) => value / requests[row]!).slice(0, 7 * 1440);
  const shifted = (rows: number): number =>
    correlation(detrended.slice(rows, rows + 1200), detrended.slice(0, 1200));
  assert.ok(shifted(1) > 0.4, `neighbours: ${shifted(1)}`);
  const rolled = valuesOf(simulation, 'gateway', 'deployment_unavailable').filter((value) => value > 0);
  assert.ok(rolled.length > 10 && rolled.length < 28 * 20, `${rolled.length} rows of deployments`);
  assert.ok(valuesOf(simulation, 'payments', 'container_restart_count').includes(1));
});

test('an incident a week, each on a day of its own, by turns', () => {
  const { incidents, window } = run('cpu-spike', { days: 21 });
  assert.deepEqual(
    incidents.map(({ start }) => Math.floor((window.range.end - start) / DAY)),
    [2, 1, 0],
  );
  assert.equal(new Set(incidents.map(({ entity }) => entity)).size, 3);
});

test('options out of range are named, with the limit', () => {
  for (const [options, message] of [
    [{ days: 1 }, 'days is 1: a whole number from 2 to 400'],
    [{ days: 2.5 }, 'days is 2.5'],
    [{ services: 2 }, 'services is 2: cascading-failure takes a whole number from 3 to 1000'],
    [{ step: 7000 }, 'step is 7000 ms: a divisor of 5 minutes'],
    [{ step: 15 * MINUTE }, 'step is 900000 ms'],
    [{ start: START + 1 }, 'a multiple of the step of 60000 ms'],
    [{ seed: -1 }, 'seed is -1'],
    [{ days: 400, services: 10 }, '5760000 rows, and the limit of a file is 5000000'],
    [{ days: 400, services: 4 }, 'values, and the limit of a file is 40000000'],
  ] as const)
    assert.throws(
      () => run('cascading-failure', options),
      (error: unknown) => error instanceof Error && error.message.includes(message),
      message,
    );
});

test('OpenMetrics: families in one piece, seconds, an end', () => {
  const { window } = run('none', { days: 2, step: 5 * MINUTE, services: 1 });
  const holed = {
    ...window,
    entities: ['a"\\b'],
    columns: window.columns.map((column, i) => (i === 0 ? column.with(1, Number.NaN) : column)),
  };
  const lines = [...formatOpenMetrics(holed)].join('').split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    '# TYPE node_memory_utilization gauge',
    '# HELP node_memory_utilization Memory in use on its nodes, 0 to 1',
    `node_memory_utilization{namespace="a\\"\\\\b"} ${window.columns[0]![0]} ${START / 1000}`,
    `node_memory_utilization{namespace="a\\"\\\\b"} ${window.columns[0]![2]} ${START / 1000 + 600}`,
  ]);
  assert.deepEqual(lines.slice(-2), ['# EOF', '']);
  const families = lines.filter((line) => line.startsWith('# TYPE'));
  assert.equal(families.length, 21);
  assert.equal(new Set(families).size, 21);
  assert.equal(lines.length, 21 * (2 + 576) - 1 + 2);
});

test('incident windows as JSON and CSV', () => {
  const incident = { scenario: 'cpu-spike', entity: 'gateway', start: START, end: START + 20 * MINUTE };
  assert.equal(
    formatIncidents([incident], 'csv'),
    'start,end,entity,scenario\n2026-01-01T00:00:00.000Z,2026-01-01T00:20:00.000Z,gateway,cpu-spike\n',
  );
  assert.deepEqual(JSON.parse(formatIncidents([incident], 'json')), [
    {
      start: '2026-01-01T00:00:00.000Z',
      end: '2026-01-01T00:20:00.000Z',
      entity: 'gateway',
      scenario: 'cpu-spike',
    },
  ]);
});
