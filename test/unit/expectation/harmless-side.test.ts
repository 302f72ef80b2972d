import assert from 'node:assert/strict';
import { test } from 'node:test';
import { harmlessSideOf } from '../../../lib/expectation/harmless-side.ts';

const SIDES = {
  above: [
    'requests_per_second',
    'cache_hit_ratio',
    'redis_hit_rate',
    'probe_success_ratio',
    'availability',
    'container_readiness_ratio',
    'kubelet_ready_percent',
    'replicas_available_ratio',
  ],
  below: [
    'request_latency_seconds',
    'p99_latency',
    'http_request_duration_seconds_p95',
    'request_error_ratio',
    'errors_total',
    'errors_total (rate per second over 5m)',
    'http_requests_5xx',
    'network_receive_dropped',
    'pods_pending',
    'container_waiting_count',
    'pods_crash_looping',
    'oom_killed_containers',
    'nodes_not_ready',
    'container_restart_count',
    'container_cpu_cfs_throttled_periods_total',
  ],
  neither: [
    'cpu',
    'queue_depth',
    // A backup that takes no time copies nothing.
    'job_duration_seconds',
    'error_budget_remaining',
    'success_latency_ratio of pods',
    'successful_ratio_errors',
    'request_latency_seconds (change over 5m)',
    'errors / requests',
    'terrors',
    // As many as there are requests, and so is their sum.
    'http_request_duration_seconds_count',
    'http_request_duration_seconds_count (rate per second over 5m)',
    'http_request_duration_seconds_sum',
    'request_latency_count',
    // Of a shop that nobody can order in, fewer wait.
    'pending_payments',
    'messages_pending',
    'jobs_waiting',
    // Fewer of them, and the bad is nearer.
    'seconds_since_last_error',
    'mean_time_between_failures',
    'last_restart_timestamp_seconds',
    'non_error_responses',
    'errors_resolved',
    'rate_limit_hit_rate',
    // What nobody uses, since what used it is gone.
    'memory_available_percent',
    'disk_space_available_ratio',
    'm01',
  ],
} as const;

test('what is better than usual is known by its name, and what is made of it is not', () => {
  for (const [side, names] of Object.entries(SIDES))
    for (const name of names) assert.equal(harmlessSideOf(name) ?? 'neither', side, name);
});
