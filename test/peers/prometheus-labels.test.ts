/** Every metric of the kubernetes label preset, on a small cluster, as Prometheus itself evaluates it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { KUBERNETES_LABEL_METRICS } from '../../lib/config/presets/kubernetes-labels.ts';

/**
 * Namespace shop is in trouble: pod a loops, pod b is in error on node n2, which is not ready, pod c was killed for its
 * memory and started again, pod d is done. Namespace batch is well: a failed job, an old kill, a pod without limits.
 * `values` as in promtool's tests: a constant, or a start and a slope a minute.
 */
const SERIES: Readonly<Record<string, string>> = {
  'kube_pod_info{namespace="shop",pod="a",uid="1",node="n1"}': '1x90',
  'kube_pod_info{namespace="shop",pod="b",uid="2",node="n2"}': '1x90',
  'kube_pod_info{namespace="shop",pod="c",uid="3",node="n1"}': '1x90',
  'kube_pod_info{namespace="batch",pod="k",uid="4",node="n1"}': '1x90',
  'kube_pod_info{namespace="batch",pod="j",uid="5",node=""}': '1x90',
  'kube_pod_status_phase{namespace="shop",pod="a",uid="1",phase="Unknown"}': '0x90',
  'kube_pod_status_phase{namespace="shop",pod="b",uid="2",phase="Unknown"}': '1x90',
  'kube_pod_status_phase{namespace="shop",pod="d",uid="6",phase="Succeeded"}': '1x90',
  'kube_pod_status_phase{namespace="batch",pod="j",uid="5",phase="Failed"}': '1x90',
  'kube_pod_status_phase{namespace="batch",pod="k",uid="4",phase="Failed"}': '0x90',
  'kube_pod_container_status_waiting_reason{namespace="shop",pod="a",uid="1",container="app",reason="CrashLoopBackOff"}':
    '1x90',
  'kube_pod_container_status_waiting_reason{namespace="shop",pod="a",uid="1",container="side",reason="CrashLoopBackOff"}':
    '1x90',
  'kube_pod_container_status_waiting_reason{namespace="batch",pod="k",uid="4",container="app",reason="ContainerCreating"}':
    '1x90',
  'kube_pod_container_status_terminated_reason{namespace="shop",pod="b",uid="2",container="app",reason="Error"}':
    '1x90',
  'kube_pod_container_status_terminated_reason{namespace="batch",pod="j",uid="5",container="app",reason="Error"}':
    '1x90',
  'kube_pod_owner{namespace="batch",pod="j",uid="5",owner_kind="Job",owner_name="j"}': '1x90',
  'kube_pod_owner{namespace="shop",pod="b",uid="2",owner_kind="ReplicaSet",owner_name="b"}': '1x90',
  'kube_pod_container_status_last_terminated_reason{namespace="shop",pod="c",uid="3",container="app",reason="OOMKilled"}':
    '1x90',
  'kube_pod_container_status_last_terminated_reason{namespace="batch",pod="k",uid="4",container="app",reason="OOMKilled"}':
    '1x90',
  'kube_pod_container_status_restarts_total{namespace="shop",pod="a",uid="1",container="app"}': '0+0.1x90',
  'kube_pod_container_status_restarts_total{namespace="shop",pod="c",uid="3",container="app"}': '0+0.05x90',
  'kube_pod_container_status_restarts_total{namespace="batch",pod="k",uid="4",container="app"}': '3x90',
  'kube_node_status_condition{node="n1",condition="Ready",status="true"}': '1x90',
  'kube_node_status_condition{node="n1",condition="Ready",status="false"}': '0x90',
  'kube_node_status_condition{node="n1",condition="Ready",status="unknown"}': '0x90',
  'kube_node_status_condition{node="n2",condition="Ready",status="true"}': '0x90',
  'kube_node_status_condition{node="n2",condition="Ready",status="false"}': '0x90',
  'kube_node_status_condition{node="n2",condition="Ready",status="unknown"}': '1x90',
  'kube_node_status_condition{node="n1",condition="DiskPressure",status="false"}': '1x90',
  'kube_pod_container_status_ready{namespace="shop",pod="a",uid="1",container="app"}': '0x90',
  'kube_pod_container_status_ready{namespace="shop",pod="a",uid="1",container="side"}': '0x90',
  'kube_pod_container_status_ready{namespace="shop",pod="b",uid="2",container="app"}': '0x90',
  'kube_pod_container_status_ready{namespace="shop",pod="c",uid="3",container="app"}': '1x90',
  'kube_pod_container_status_ready{namespace="shop",pod="d",uid="6",container="app"}': '0x90',
  'kube_pod_container_status_ready{namespace="batch",pod="k",uid="4",container="app"}': '1x90',
  'kube_pod_container_status_ready{namespace="batch",pod="j",uid="5",container="app"}': '0x90',
  'container_memory_working_set_bytes{namespace="shop",pod="a",container="app",image="i"}': '50x90',
  'container_memory_working_set_bytes{namespace="shop",pod="c",container="app",image="i"}': '96x90',
  'container_memory_working_set_bytes{namespace="shop",pod="c",container="POD",image="i"}': '500x90',
  'container_memory_working_set_bytes{namespace="shop",pod="c"}': '596x90',
  'container_memory_working_set_bytes{namespace="batch",pod="k",container="app",image="i"}': '999x90',
  'kube_pod_container_resource_limits{namespace="shop",pod="a",uid="1",container="app",node="n1",resource="memory",unit="byte"}':
    '100x90',
  'kube_pod_container_resource_limits{namespace="shop",pod="c",uid="3",container="app",node="n1",resource="memory",unit="byte"}':
    '100x90',
  'kube_pod_container_resource_limits{namespace="batch",pod="k",uid="4",container="app",node="n1",resource="cpu",unit="core"}':
    '1x90',
};

/** By hand. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  pods_crash_looping: { shop: 1, batch: 0 },
  pods_in_error: { shop: 1, batch: 0 },
  pods_unknown: { shop: 1, batch: 0 },
  oom_killed_containers: { shop: 1, batch: 0 },
  nodes_not_ready: { shop: 1, batch: 0 },
  containers_expected: { shop: 4, batch: 1 },
  containers_ready: { shop: 1, batch: 1 },
  memory_limit_ratio: { shop: 0.96 },
  container_restarts_1h: { shop: 6, batch: 0 },
};

test('each label metric gives each namespace its value, and no other label', () => {
  assert.deepEqual(KUBERNETES_LABEL_METRICS.map(({ name }) => name).sort(), Object.keys(EXPECTED).sort());
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-labels-'));
  try {
    const file = join(folder, 'labels.json');
    writeFileSync(file, JSON.stringify(toRuleTest(EXPECTED)));
    const { stdout, stderr, status } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    // It would pass as well if it did not look.
    writeFileSync(file, JSON.stringify(toRuleTest({ ...EXPECTED, nodes_not_ready: { shop: 0, batch: 0 } })));
    assert.notEqual(spawnSync('promtool', ['test', 'rules', file]).status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function toRuleTest(expected: typeof EXPECTED): unknown {
  return {
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(SERIES).map(([series, values]) => ({ series, values })),
        promql_expr_test: KUBERNETES_LABEL_METRICS.map(({ name, query }) => ({
          expr: `round(${query}, 0.0001)`,
          eval_time: '80m',
          exp_samples: Object.entries(expected[name] ?? {}).map(([namespace, value]) => ({
            labels: `{namespace="${namespace}"}`,
            value,
          })),
        })),
      },
    ],
  };
}
