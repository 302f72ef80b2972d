/** Simulated OpenMetrics text, read by Prometheus' own tool, and what it made of it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatOpenMetrics } from '../../lib/simulate/openmetrics.ts';
import { simulate } from '../../lib/simulate/simulate.ts';

test('promtool makes blocks of it, with every sample at its time', () => {
  const { window } = simulate({
    scenario: 'cpu-spike',
    seed: 1,
    days: 2,
    services: 2,
    step: 300_000,
    start: Date.UTC(2026, 0, 1),
  });
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-openmetrics-'));
  try {
    const [file, blocks] = [join(folder, 'data.om'), join(folder, 'blocks')];
    writeFileSync(file, [...formatOpenMetrics(window)].join(''));
    const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, blocks], {
      encoding: 'utf8',
    });
    assert.equal(made.status, 0, made.stderr + made.stdout);
    // A dump wants a whole database.
    mkdirSync(join(blocks, 'wal'));
    const match = '{__name__="pod_cpu_usage",namespace="gateway"}';
    const dump = spawnSync('promtool', ['tsdb', 'dump', `--match=${match}`, blocks], { encoding: 'utf8' });
    assert.equal(dump.status, 0, dump.stderr);
    // {__name__="pod_cpu_usage", namespace="gateway"} 0.3 1767225600000
    const samples = dump.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').slice(-2).map(Number))
      .sort((a, b) => a[1]! - b[1]!);
    const cpu = window.columns[window.metrics.indexOf('pod_cpu_usage')]!;
    const expected = [...window.times.keys()]
      .filter((row) => window.entities[window.entityOf[row]!] === 'gateway')
      .map((row) => [cpu[row], window.times[row]]);
    assert.deepEqual(samples, expected);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
