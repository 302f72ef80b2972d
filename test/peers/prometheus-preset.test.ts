/** Every query of the kubernetes preset, on a small cluster, as Prometheus itself evaluates it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KUBERNETES } from '../../lib/config/presets/kubernetes.ts';

/**
 * Two nodes. Namespace shop has pod a on n1 and pod b, which hangs, on n2; batch has pod k and the finished job j, both
 * on n2. Gauges stay, counters grow by so much a minute.
 */
const GAUGES: Readonly<Record<string, number>> = {
  'kube_pod_info{namespace="shop",pod="a",uid="1",node="n1"}': 1,
  'kube_pod_info{namespace="shop",pod="b",uid="2",node="n2"}': 1,
  'kube_pod_info{namespace="batch",pod="k",uid="3",node="n2"}': 1,
  'kube_pod_info{namespace="batch",pod="j",uid="4",node="n2"}': 1,
  'kube_pod_info{namespace="batch",pod="unscheduled",uid="5",node=""}': 1,
  'kube_pod_status_phase{namespace="shop",pod="a",uid="1",phase="Running"}': 1,
  'kube_pod_status_phase{namespace="shop",pod="a",uid="1",phase="Pending"}': 0,
  'kube_pod_status_phase{namespace="shop",pod="a",uid="1",phase="Succeeded"}': 0,
  'kube_pod_status_phase{namespace="shop",pod="b",uid="2",phase="Running"}': 0,
  'kube_pod_status_phase{namespace="shop",pod="b",uid="2",phase="Pending"}': 1,
  'kube_pod_status_phase{namespace="batch",pod="k",uid="3",phase="Running"}': 1,
  'kube_pod_status_phase{namespace="batch",pod="k",uid="3",phase="Pending"}': 0,
  'kube_pod_status_phase{namespace="batch",pod="j",uid="4",phase="Running"}': 0,
  'kube_pod_status_phase{namespace="batch",pod="j",uid="4",phase="Succeeded"}': 1,
  'kube_pod_container_status_ready{namespace="shop",pod="a",uid="1",container="app"}': 1,
  'kube_pod_container_status_ready{namespace="shop",pod="b",uid="2",container="app"}': 0,
  'kube_pod_container_status_ready{namespace="batch",pod="k",uid="3",container="app"}': 1,
  'kube_pod_container_status_ready{namespace="batch",pod="j",uid="4",container="app"}': 0,
  'kube_pod_container_status_waiting{namespace="shop",pod="a",uid="1",container="app"}': 0,
  'kube_pod_container_status_waiting{namespace="shop",pod="b",uid="2",container="app"}': 1,
  'kube_pod_container_status_waiting{namespace="batch",pod="k",uid="3",container="app"}': 0,
  'kube_deployment_status_replicas_unavailable{namespace="shop",deployment="web"}': 2,
  'kube_deployment_status_replicas_unavailable{namespace="shop",deployment="db"}': 1,
  'container_memory_working_set_bytes{namespace="shop",pod="a",container="app",image="i"}': 100,
  'container_memory_working_set_bytes{namespace="shop",pod="a",container="POD",image="i"}': 7,
  'container_memory_working_set_bytes{namespace="shop",pod="a"}': 107,
  'container_memory_working_set_bytes{namespace="shop",pod="b",container="app",image="i"}': 50,
  'container_memory_working_set_bytes{namespace="batch",pod="k",container="app",image="i"}': 30,
  'container_memory_working_set_bytes{id="/"}': 1000,
  'node_uname_info{instance="10.0.0.1:9100",job="node",nodename="n1",sysname="Linux"}': 1,
  'node_uname_info{instance="10.0.0.2:9100",job="node",nodename="n2",sysname="Linux"}': 1,
  'node_memory_MemTotal_bytes{instance="10.0.0.1:9100",job="node"}': 100,
  'node_memory_MemAvailable_bytes{instance="10.0.0.1:9100",job="node"}': 80,
  'node_memory_MemTotal_bytes{instance="10.0.0.2:9100",job="node"}': 100,
  'node_memory_MemAvailable_bytes{instance="10.0.0.2:9100",job="node"}': 40,
  'node_filesystem_size_bytes{instance="10.0.0.1:9100",mountpoint="/",device="sda1",fstype="ext4"}': 100,
  'node_filesystem_avail_bytes{instance="10.0.0.1:9100",mountpoint="/",device="sda1",fstype="ext4"}': 50,
  'node_filesystem_size_bytes{instance="10.0.0.1:9100",mountpoint="/data",device="sdb1",fstype="xfs"}': 100,
  'node_filesystem_avail_bytes{instance="10.0.0.1:9100",mountpoint="/data",device="sdb1",fstype="xfs"}': 20,
  'node_filesystem_size_bytes{instance="10.0.0.1:9100",mountpoint="/run",device="tmpfs",fstype="tmpfs"}': 100,
  'node_filesystem_avail_bytes{instance="10.0.0.1:9100",mountpoint="/run",device="tmpfs",fstype="tmpfs"}': 0,
  'node_filesystem_size_bytes{instance="10.0.0.2:9100",mountpoint="/",device="vda1",fstype="ext4"}': 100,
  'node_filesystem_avail_bytes{instance="10.0.0.2:9100",mountpoint="/",device="vda1",fstype="ext4"}': 70,
};

const COUNTERS: Readonly<Record<string, number>> = {
  'node_cpu_seconds_total{instance="10.0.0.1:9100",job="node",cpu="0",mode="idle"}': 54,
  'node_cpu_seconds_total{instance="10.0.0.1:9100",job="node",cpu="1",mode="idle"}': 42,
  'node_cpu_seconds_total{instance="10.0.0.1:9100",job="node",cpu="0",mode="user"}': 6,
  'node_cpu_seconds_total{instance="10.0.0.2:9100",job="node",cpu="0",mode="idle"}': 30,
  'node_disk_io_time_seconds_total{instance="10.0.0.1:9100",device="sda"}': 6,
  'node_disk_io_time_seconds_total{instance="10.0.0.1:9100",device="loop0"}': 60,
  'node_disk_io_time_seconds_total{instance="10.0.0.2:9100",device="nvme0n1"}': 30,
  'container_cpu_usage_seconds_total{namespace="shop",pod="a",container="app",cpu="total"}': 30,
  'container_cpu_usage_seconds_total{namespace="shop",pod="a",container="POD",cpu="total"}': 1,
  'container_cpu_usage_seconds_total{namespace="shop",pod="a",cpu="total"}': 31,
  'container_cpu_usage_seconds_total{namespace="shop",pod="b",container="app",cpu="total"}': 15,
  'container_cpu_usage_seconds_total{namespace="batch",pod="k",container="app",cpu="total"}': 6,
  'kube_pod_container_status_restarts_total{namespace="shop",pod="a",uid="1",container="app"}': 0,
  'kube_pod_container_status_restarts_total{namespace="shop",pod="b",uid="2",container="app"}': 1,
  'kube_pod_container_status_restarts_total{namespace="batch",pod="k",uid="3",container="app"}': 0,
  'container_network_receive_bytes_total{namespace="shop",pod="a",interface="eth0"}': 1000,
  'container_network_receive_bytes_total{namespace="shop",pod="a",interface="lo"}': 9999,
  'container_network_receive_bytes_total{namespace="shop",pod="b",interface="eth0"}': 200,
  'container_network_receive_bytes_total{namespace="batch",pod="k",interface="eth0"}': 10,
  'container_network_receive_bytes_total{id="/",interface="eth0"}': 5000,
  'container_network_transmit_bytes_total{namespace="shop",pod="a",interface="eth0"}': 300,
  'container_network_transmit_bytes_total{namespace="batch",pod="k",interface="eth0"}': 20,
  'container_network_receive_packets_dropped_total{namespace="shop",pod="a",interface="eth0"}': 2,
  'container_network_receive_packets_dropped_total{namespace="batch",pod="k",interface="eth0"}': 0,
  'container_network_transmit_packets_dropped_total{namespace="shop",pod="a",interface="eth0"}': 0,
  'container_network_transmit_packets_dropped_total{namespace="batch",pod="k",interface="eth0"}': 3,
};

/** By hand. shop has pods on both nodes, so it gets their mean or the worse one; batch has n2 alone. */
const EXPECTED: Readonly<Record<string, { readonly shop: number; readonly batch: number }>> = {
  node_memory_utilization: { shop: (0.2 + 0.6) / 2, batch: 0.6 },
  node_cpu_utilization: { shop: (0.2 + 0.5) / 2, batch: 0.5 },
  node_disk_io_utilization: { shop: 0.5, batch: 0.5 },
  filesystem_usage: { shop: 0.8, batch: 0.3 },
  pod_cpu_usage: { shop: 0.75, batch: 0.1 },
  pod_memory_usage: { shop: 150, batch: 30 },
  pods_running: { shop: 1, batch: 1 },
  pods_pending: { shop: 1, batch: 0 },
  container_restart_count: { shop: 15, batch: 0 },
  container_waiting_count: { shop: 1, batch: 0 },
  container_readiness_ratio: { shop: 0.5, batch: 1 },
  deployment_unavailable: { shop: 3, batch: 0 },
  network_receive_bytes: { shop: 6000, batch: 50 },
  network_transmit_bytes: { shop: 1500, batch: 100 },
  network_receive_dropped: { shop: 10, batch: 0 },
  network_transmit_dropped: { shop: 0, batch: 15 },
};

test('16 metrics, all of them expected here', () => {
  assert.equal(KUBERNETES.metrics.length, 16);
  assert.deepEqual(KUBERNETES.metrics.map(({ name }) => name).sort(), Object.keys(EXPECTED).sort());
  assert.deepEqual(KUBERNETES.entity, ['namespace']);
});

test('each query of the preset gives each namespace its value, and no other label', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-preset-'));
  try {
    const file = join(folder, 'preset.json');
    writeFileSync(file, JSON.stringify(toRuleTest(EXPECTED)));
    const { stdout, stderr, status } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    // It would pass as well if it did not look: a wrong value has to fail.
    writeFileSync(file, JSON.stringify(toRuleTest({ ...EXPECTED, pods_pending: { shop: 2, batch: 0 } })));
    assert.notEqual(spawnSync('promtool', ['test', 'rules', file]).status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ in JSON, which YAML includes. */
function toRuleTest(expected: typeof EXPECTED): unknown {
  return {
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: [
          ...Object.entries(GAUGES).map(([series, value]) => ({ series, values: `${value}x60` })),
          ...Object.entries(COUNTERS).map(([series, slope]) => ({ series, values: `0+${slope}x60` })),
        ],
        promql_expr_test: KUBERNETES.metrics.map(({ name, query }) => ({
          // Prometheus 2 compares to the last bit.
          expr: `round(${query}, 0.0001)`,
          eval_time: '30m',
          exp_samples: Object.entries(expected[name] ?? {}).map(([namespace, value]) => ({
            labels: `{namespace="${namespace}"}`,
            value: Math.round(value * 1e4) / 1e4,
          })),
        })),
      },
    ],
  };
}
