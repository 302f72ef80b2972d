import { performance } from 'node:perf_hooks';
import type { Context } from 'aws-lambda';
import { inInvocation } from '../lib/base/correlation.ts';
import type { CountedStore } from '../lib/store/count-requests.ts';
import type { FunctionTelemetry } from './telemetry.ts';

let isCold = true;

/**
 * One invocation: what is logged within has its id, and at its end stands one line, `run`, of what it took: requests to the bucket by
 * their price, ms, MB, and everything that it counted. `tidewatch plan` says the same beforehand.
 */
export function inRun<T>(
  context: Context,
  { telemetry, store }: { readonly telemetry: FunctionTelemetry; readonly store: CountedStore },
  work: () => Promise<T>,
): Promise<T> {
  return inInvocation(context.awsRequestId, async () => {
    const began = performance.now();
    const before = { ...store.counts };
    const coldStart = isCold;
    isCold = false;
    try {
      return await work();
    } finally {
      telemetry.info('run', {
        reads: store.counts.reads - before.reads,
        lists: store.counts.lists - before.lists,
        writes: store.counts.writes - before.writes,
        durationMs: Math.round(performance.now() - began),
        // Of the process, since it began.
        maxMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
        memoryLimitMb: Number(context.memoryLimitInMB),
        coldStart,
        ...telemetry.takeTotals(),
      });
      telemetry.flush();
    }
  });
}
