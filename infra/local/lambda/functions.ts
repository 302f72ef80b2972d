/** Lambda, as far as Tidewatch uses it: functions from their packages, invoked over HTTP, by queues and by schedules. */
import { AwsError, type Functions, type Queues } from '../contract.ts';
import { type AsyncInvocations, openAsyncInvocations } from './async-invocations.ts';
import { type EventSource, type EventSourceMapping, startEventSource } from './event-source.ts';
import type { FunctionConfig, LambdaHost } from './function-config.ts';
import { type FunctionPool, openFunctionPool } from './function-pool.ts';
import { handleFunctionUrl } from './function-url.ts';
import { functionName, handleInvoke, renderLambdaError } from './invoke-api.ts';

export interface LocalFunctions extends Functions {
  create(config: FunctionConfig): void;
  addEventSource(name: string, mapping: EventSourceMapping): void;
  /** Gives the function an address of its own. */
  addUrl(name: string, options: { readonly isPublic: boolean }): void;
  /** Returns at once; a failure is retried as the function's configuration says. */
  invokeLater(name: string, payload: unknown): void;
  /** Invocations and batches under way, retries that are due included. */
  readonly running: number;
  /** Queues that functions consume. */
  readonly sources: readonly string[];
}

export function createFunctions(options: {
  readonly host: LambdaHost;
  readonly queues: Queues;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}): LocalFunctions {
  const { host, queues, now, log } = options;
  const urls = new Map<string, { readonly isPublic: boolean }>();
  const pools = new Map<string, FunctionPool>();
  const sources: EventSource[] = [];
  const later: AsyncInvocations = openAsyncInvocations(log);

  return {
    create(config) {
      if (pools.has(config.name)) throw new Error(`function ${config.name} exists already`);
      pools.set(config.name, openFunctionPool(config, host));
    },
    addEventSource(name, mapping) {
      const source = { mapping: fitToHost(mapping, host), pool: pool(name), queues, log };
      sources.push(startEventSource({ ...source, region: host.region }));
    },
    addUrl(name, url) {
      urls.set(pool(name).config.name, url);
    },
    async invoke(name, payload) {
      const result = await pool(name).invoke(JSON.stringify(payload ?? {}));
      return { payload: JSON.parse(result.payload) as unknown, functionError: result.functionError };
    },
    invokeLater(name, payload) {
      later.add(pool(name), JSON.stringify(payload ?? {}));
    },
    handleUrl: (request) =>
      handleFunctionUrl(request, {
        now,
        find(name) {
          const url = urls.get(name);
          return url && { ...url, name, invoke: pool(name).invoke };
        },
      }),
    async handle(request) {
      try {
        return await handleInvoke(request, (name) => {
          const found = pools.get(name);
          if (found) request.permissions?.require('lambda:InvokeFunction', found.config.arn);
          return found && { invoke: found.invoke, invokeLater: (event) => later.add(found, event) };
        });
      } catch (error) {
        if (error instanceof AwsError) return renderLambdaError(error);
        throw error;
      }
    },
    get running() {
      const invocations = [...pools.values()].reduce((sum, { running }) => sum + running, 0);
      return invocations + later.pending + sources.reduce((sum, source) => sum + source.running, 0);
    },
    get sources() {
      return sources.map((source) => source.queueArn);
    },
    async close() {
      later.close();
      const stopped = sources.map((source) => source.close());
      await Promise.all([...pools.values()].map((found) => found.close()));
      await Promise.all(stopped);
    },
  };

  function pool(name: string): FunctionPool {
    const found = pools.get(functionName(name));
    if (found) return found;
    throw new Error(`no function ${name}; there are ${[...pools.keys()].join(', ') || 'none'}`);
  }
}

/** As many batches at once as the host runs. */
export function fitToHost(
  mapping: EventSourceMapping,
  { maxConcurrency }: Pick<LambdaHost, 'maxConcurrency'>,
): EventSourceMapping {
  return {
    ...mapping,
    maximumConcurrency: Math.min(mapping.maximumConcurrency, maxConcurrency),
  };
}
