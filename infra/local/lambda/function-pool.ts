/** The environments of one function: warm ones are used again, new ones start while there is room. */
import { type Environment, startEnvironment } from './environment.ts';
import type { FunctionConfig, InvocationResult, LambdaHost } from './function-config.ts';
import { openFunctionLog } from './function-log.ts';

export interface FunctionPool {
  readonly config: FunctionConfig;
  /** Invocations that run or wait for an environment. */
  readonly running: number;
  /** Waits while every environment is busy (AWS would throttle). @throws once the pool is closed */
  invoke(event: string): Promise<InvocationResult>;
  close(): Promise<void>;
}

export function openFunctionPool(config: FunctionConfig, host: LambdaHost): FunctionPool {
  const limit = Math.min(config.reservedConcurrency ?? host.maxConcurrency, host.maxConcurrency);
  const log = openFunctionLog({ dir: host.logDir, functionName: config.name, onLine: host.onLog });
  /** Every process that may still live, so that close() leaves none. */
  const environments = new Set<Promise<Environment>>();
  const idle: { environment: Environment; timer: NodeJS.Timeout }[] = [];
  const waiting: (() => void)[] = [];
  /** Invocations that have an environment: each closes with lines in the log, which may come after its process has gone. */
  const invoked = new Set<Promise<InvocationResult>>();
  let busy = 0;
  let running = 0;
  let closed = false;

  return {
    config,
    get running() {
      return running;
    },
    async invoke(event) {
      running++;
      try {
        await acquire();
        try {
          if (closed) throw new Error(`${config.name} was not invoked: the emulator is closing`);
          return await invokeOn(takeIdle() ?? (await start()), event);
        } finally {
          release();
        }
      } finally {
        running--;
      }
    },
    async close() {
      closed = true;
      for (const { timer } of idle.splice(0)) clearTimeout(timer);
      // Those that wait are woken one by one, as each busy environment ends.
      await Promise.all([...environments].map(async (environment) => (await environment).stop()));
      await Promise.all(invoked);
      await log.close();
    },
  };

  async function invokeOn(environment: Environment, event: string): Promise<InvocationResult> {
    const invocation = environment.invoke(event);
    invoked.add(invocation);
    const result = await invocation;
    invoked.delete(invocation);
    if (environment.alive && !closed) idle.push({ environment, timer: stopLater(environment) });
    return result;
  }

  function takeIdle(): Environment | undefined {
    for (;;) {
      const newest = idle.pop();
      if (newest === undefined) return undefined;
      clearTimeout(newest.timer);
      if (newest.environment.alive) return newest.environment;
    }
  }

  async function start(): Promise<Environment> {
    const starting = startEnvironment(config, host, log);
    environments.add(starting);
    const environment = await starting;
    void environment.ended.then(() => environments.delete(starting));
    return environment;
  }

  async function acquire(): Promise<void> {
    if (busy < limit) busy++;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  }

  /** Hands the place to whoever waited longest. */
  function release(): void {
    const next = waiting.shift();
    if (next) next();
    else busy--;
  }

  function stopLater(environment: Environment): NodeJS.Timeout {
    const timer = setTimeout(() => {
      const at = idle.findIndex((entry) => entry.environment === environment);
      if (at >= 0) idle.splice(at, 1);
      void environment.stop();
    }, host.idleMs);
    return timer.unref();
  }
}
