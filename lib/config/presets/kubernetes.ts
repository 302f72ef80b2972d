/**
 * 16 metrics of each Kubernetes namespace, from kube-state-metrics 2, cAdvisor (in the kubelet) and node-exporter 1.
 *
 * The entity is the namespace: pods come and go with every deployment, so a pod has no history to be unusual against,
 * while a namespace lives long enough to have habits. What nodes measure is averaged over the nodes on which a
 * namespace has pods, since that is what its pods feel; the worst node is taken where one full node is enough to hurt
 * (disks). A node counts for each of its namespaces.
 *
 * It is taken that node-exporter's node_uname_info carries the node's Kubernetes name as `nodename` (a kubelet names
 * itself after the host unless told otherwise) and that one Prometheus sees one cluster. Counters are read over
 * 5 minutes, so scrape intervals of up to a minute do.
 */
import type { Preset, PresetMetric } from './preset.ts';

/** A container's own series: cAdvisor also gives the pod's sum (no container) and the pause container (POD). */
const CONTAINERS = 'container!="",container!="POD"';

/** Filesystems that hold data; the rest are views of memory or of another one. */
const DISKS = 'fstype!~"tmpfs|ramfs|rootfs|overlay|squashfs|iso9660|nsfs|fuse.*"';

/** Devices whose being busy means something: no loop devices, no RAM disks, no CD drives. */
const BLOCK_DEVICES = 'device!~"loop.*|ram.*|sr.*|fd.*"';

const METRICS: readonly PresetMetric[] = [
  {
    name: 'node_memory_utilization',
    query: ofNodes('avg', '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes'),
    unit: 'ratio',
  },
  {
    name: 'node_cpu_utilization',
    query: ofNodes('avg', '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))'),
    unit: 'ratio',
  },
  {
    name: 'node_disk_io_utilization',
    query: ofNodes('max', `max by (instance) (rate(node_disk_io_time_seconds_total{${BLOCK_DEVICES}}[5m]))`),
    unit: 'ratio',
  },
  {
    name: 'filesystem_usage',
    query: ofNodes(
      'max',
      `1 - min by (instance) (node_filesystem_avail_bytes{${DISKS}} / node_filesystem_size_bytes{${DISKS}})`,
    ),
    unit: 'ratio',
  },
  {
    name: 'pod_cpu_usage',
    query: `sum by (namespace) (rate(container_cpu_usage_seconds_total{${CONTAINERS}}[5m]))`,
    unit: 'cores',
  },
  {
    name: 'pod_memory_usage',
    query: `sum by (namespace) (container_memory_working_set_bytes{${CONTAINERS}})`,
    unit: 'bytes',
  },
  {
    name: 'pods_running',
    query: 'sum by (namespace) (kube_pod_status_phase{phase="Running"})',
    unit: 'count',
  },
  {
    name: 'pods_pending',
    query: 'sum by (namespace) (kube_pod_status_phase{phase="Pending"})',
    unit: 'count',
  },
  {
    name: 'container_restart_count',
    // Over 15 minutes: a crash loop backs off to 5 minutes between restarts, and must not look calm in between.
    query: 'sum by (namespace) (increase(kube_pod_container_status_restarts_total[15m]))',
    unit: 'count',
  },
  {
    name: 'container_waiting_count',
    query: 'sum by (namespace) (kube_pod_container_status_waiting)',
    unit: 'count',
  },
  {
    name: 'container_readiness_ratio',
    // Containers of finished jobs are never ready and no loss.
    query:
      'avg by (namespace) (kube_pod_container_status_ready' +
      ' unless on (namespace, pod) kube_pod_status_phase{phase="Succeeded"} == 1)',
    unit: 'ratio',
  },
  {
    name: 'deployment_unavailable',
    // A namespace without deployments has none unavailable.
    query:
      'sum by (namespace) (kube_deployment_status_replicas_unavailable)' +
      ' or 0 * group by (namespace) (kube_pod_info)',
    unit: 'count',
  },
  // Bytes and packets of the last 5 minutes, in place of a rate: the unit is then the one that the name says.
  { name: 'network_receive_bytes', query: ofNetwork('container_network_receive_bytes_total'), unit: 'bytes' },
  {
    name: 'network_transmit_bytes',
    query: ofNetwork('container_network_transmit_bytes_total'),
    unit: 'bytes',
  },
  {
    name: 'network_receive_dropped',
    query: ofNetwork('container_network_receive_packets_dropped_total'),
    unit: 'count',
  },
  {
    name: 'network_transmit_dropped',
    query: ofNetwork('container_network_transmit_packets_dropped_total'),
    unit: 'count',
  },
];

export const KUBERNETES: Preset = { entity: ['namespace'], metrics: METRICS };

/** @param perNode gives one value an instance of node-exporter */
function ofNodes(over: 'avg' | 'max', perNode: string): string {
  return (
    `${over} by (namespace) (group by (namespace, node) (kube_pod_info{node!=""})` +
    ' * on (node) group_left () max by (node) (label_replace(' +
    `(${perNode}) * on (instance) group_left (nodename) node_uname_info, "node", "$1", "nodename", "(.+)")))`
  );
}

/** Loopback traffic leaves no pod. */
function ofNetwork(counter: string): string {
  return `sum by (namespace) (increase(${counter}{namespace!="",interface!="lo"}[5m]))`;
}
