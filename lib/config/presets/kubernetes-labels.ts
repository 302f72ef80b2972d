/**
 * What in a Kubernetes namespace is wrong without anybody having to look: criteria for weak labels, and the metrics that
 * they need beside the 16 of the preset, from kube-state-metrics 2 and cAdvisor.
 *
 * Each metric is 0 and not missing where a namespace has pods and nothing is wrong: kube-state-metrics has a series for
 * a reason only while some container has it.
 */
import type { LabelCriterion } from '../label-settings.ts';
import type { PresetMetric } from './preset.ts';

export const KUBERNETES_CRITERIA: readonly LabelCriterion[] = [
  { name: 'pod_failing', when: 'pods_crash_looping > 0 or pods_in_error > 0 or pods_unknown > 0' },
  { name: 'oom_killed', when: 'oom_killed_containers > 0' },
  { name: 'node_not_ready', when: 'nodes_not_ready > 0' },
  { name: 'packets_dropped', when: 'network_receive_dropped > 0 or network_transmit_dropped > 0' },
  { name: 'containers_not_ready', when: 'containers_ready < containers_expected' },
  { name: 'cpu_spike', when: 'jump(pod_cpu_usage, 5, 1d)' },
  { name: 'memory_near_limit', when: 'memory_limit_ratio > 95%' },
  { name: 'readiness_low', when: 'container_readiness_ratio < 50%' },
  { name: 'restarts', when: 'container_restarts_1h > 5' },
];

const CONTAINER = 'namespace, pod, container';
/** Pods that are done have no containers to be ready. */
const UNFINISHED = 'unless on (namespace, pod) kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1';

export const KUBERNETES_LABEL_METRICS: readonly PresetMetric[] = [
  {
    name: 'pods_crash_looping',
    query: countPods('kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"} == 1'),
    unit: 'count',
  },
  {
    name: 'pods_in_error',
    // A failed pod of a job stays until somebody removes it: the namespace would be anomalous for good.
    query: countPods(
      'kube_pod_container_status_terminated_reason{reason="Error"} == 1' +
        ' unless on (namespace, pod) kube_pod_owner{owner_kind="Job"}',
    ),
    unit: 'count',
  },
  {
    name: 'pods_unknown',
    query: countPods('kube_pod_status_phase{phase="Unknown"} == 1'),
    unit: 'count',
  },
  {
    name: 'oom_killed_containers',
    // The last reason stays for as long as the container lives: it counts for 15 minutes after the restart.
    query: orZero(
      `count by (namespace) (${perContainer('kube_pod_container_status_terminated_reason{reason="OOMKilled"}')} == 1` +
        ` or (${perContainer('kube_pod_container_status_last_terminated_reason{reason="OOMKilled"}')} == 1` +
        ` and ${perContainer('increase(kube_pod_container_status_restarts_total[15m])')} > 0))`,
    ),
    unit: 'count',
  },
  {
    name: 'nodes_not_ready',
    query:
      'sum by (namespace) (group by (namespace, node) (kube_pod_info{node!=""}) * on (node) group_left ()' +
      ' max by (node) (kube_node_status_condition{condition="Ready",status!="true"}))',
    unit: 'count',
  },
  {
    name: 'containers_expected',
    query: orZero(`count by (namespace) (kube_pod_container_status_ready ${UNFINISHED})`),
    unit: 'count',
  },
  {
    name: 'containers_ready',
    query: orZero(`sum by (namespace) (kube_pod_container_status_ready ${UNFINISHED})`),
    unit: 'count',
  },
  {
    name: 'memory_limit_ratio',
    // The worst container: the sum of a namespace hides one that is about to be killed. Missing without limits.
    query:
      `max by (namespace) (${perContainer('container_memory_working_set_bytes{container!="",container!="POD"}')}` +
      ` / ${perContainer('kube_pod_container_resource_limits{resource="memory"}')})`,
    unit: 'ratio',
  },
  {
    name: 'container_restarts_1h',
    // The worst container: six pods that restarted once are a deployment, one that restarted six times is not.
    query: 'max by (namespace) (increase(kube_pod_container_status_restarts_total[1h]))',
    unit: 'count',
  },
];

/** Pods with at least one such series. */
function countPods(series: string): string {
  return orZero(`count by (namespace) (group by (namespace, pod) (${series}))`);
}

function perContainer(series: string): string {
  return `max by (${CONTAINER}) (${series})`;
}

function orZero(query: string): string {
  return `${query} or 0 * group by (namespace) (kube_pod_info)`;
}
