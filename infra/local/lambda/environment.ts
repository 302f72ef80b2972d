/** An execution environment: one process with the function's package, reused for one invocation after the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FunctionConfig, InvocationResult, LambdaHost } from './function-config.ts';
import type { FunctionLog } from './function-log.ts';
import { type RuntimeApi, type RuntimeOutcome, startRuntimeApi } from './runtime-api.ts';

export interface Environment {
  /** False once its process has ended or is about to. */
  readonly alive: boolean;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** One at a time. Never rejects: a crash, a timeout and a failed start are results. */
  invoke(event: string): Promise<InvocationResult>;
  /** Kills the process, whatever it is doing; resolves once it is gone. */
  stop(): Promise<void>;
}

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
/** AWS allows 10 s for a start; a laptop that builds something beside it may need longer. */
const INIT_LIMIT_MS = 60_000;

export async function startEnvironment(
  config: FunctionConfig,
  host: LambdaHost,
  log: FunctionLog,
): Promise<Environment> {
  const started = performance.now();
  let initMs: number | undefined;
  let initReported = false;
  let current: { requestId: string; settle(outcome: RuntimeOutcome): void } | undefined;
  let alive = true;
  const ready = Promise.withResolvers<RuntimeOutcome | undefined>();

  const runtime = await startRuntimeApi({
    onReady() {
      initMs ??= performance.now() - started;
      ready.resolve(undefined);
    },
    onInitError: (payload) => ready.resolve({ failed: true, payload }),
    onOutcome(requestId, outcome) {
      if (current?.requestId === requestId) current.settle(outcome);
    },
  });
  const child = spawnRuntime(config, host, runtime);
  const logged = [child.stdout, child.stderr].map((stream) => forwardLines(stream as Readable));
  const ended = new Promise<void>((resolve) => {
    child.once('error', (cause) => end(`cannot start ${process.execPath}: ${cause.message}`));
    child.once('close', (code, signal) => {
      end(signal === null ? `exit status ${code}` : `signal: ${signal}`);
      void Promise.all([...logged, runtime.close()]).then(() => resolve());
    });
  });

  return {
    get alive() {
      return alive;
    },
    ended,
    async invoke(event) {
      const requestId = randomUUID();
      log.write(`START RequestId: ${requestId} Version: $LATEST`, requestId);
      const outcome = (await initialize(requestId)) ?? (await run(requestId, event));
      const result = { requestId, payload: outcome.payload };
      return {
        ...result,
        functionError: outcome.failed ? 'Unhandled' : undefined,
        logTail: log.tail(requestId),
      };
    },
    async stop() {
      kill();
      await ended;
    },
  };

  /** The failure to start, if there is one. */
  async function initialize(requestId: string): Promise<RuntimeOutcome | undefined> {
    const timer = setTimeout(() => ready.resolve(timedOut(requestId, INIT_LIMIT_MS / 1000)), INIT_LIMIT_MS);
    const failure = await ready.promise;
    clearTimeout(timer);
    if (failure) kill();
    return failure;
  }

  async function run(requestId: string, event: string): Promise<RuntimeOutcome> {
    const begun = performance.now();
    const limitMs = config.timeoutSeconds * 1000;
    const answer = Promise.withResolvers<RuntimeOutcome>();
    current = { requestId, settle: answer.resolve };
    const timer = setTimeout(() => {
      answer.resolve(timedOut(requestId, config.timeoutSeconds));
      kill();
    }, limitMs);
    if (!alive) answer.resolve(exited('the environment had ended'));
    runtime.offer({
      requestId,
      functionArn: config.arn,
      traceId: traceId(),
      deadline: Date.now() + limitMs,
      event,
    });
    const outcome = await answer.promise;
    clearTimeout(timer);
    await readWrittenLines();
    current = undefined;
    report(requestId, performance.now() - begun);
    return outcome;
  }

  /** The lines with which AWS closes an invocation in the log. */
  function report(requestId: string, durationMs: number): void {
    const parts = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${Math.ceil(durationMs)} ms`,
      `Memory Size: ${config.memoryMb} MB`,
      `Max Memory Used: ${peakMemoryMb(child.pid)} MB`,
    ];
    if (initMs !== undefined && !initReported) parts.push(`Init Duration: ${initMs.toFixed(2)} ms`);
    initReported = true;
    log.write(`END RequestId: ${requestId}`, requestId);
    log.write(parts.join('\t'), requestId);
  }

  function end(how: string): void {
    alive = false;
    ready.resolve(exited(how));
    current?.settle(exited(how));
  }

  function kill(): void {
    alive = false;
    child.kill('SIGKILL');
  }

  function timedOut(requestId: string, seconds: number): RuntimeOutcome {
    const message = `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
    log.write(
      `${new Date().toISOString()} ${requestId} Task timed out after ${seconds.toFixed(2)} seconds`,
      requestId,
    );
    return failure('Sandbox.Timedout', message);
  }

  function exited(how: string): RuntimeOutcome {
    return failure(
      'Runtime.ExitError',
      `RequestId: ${current?.requestId} Error: Runtime exited with error: ${how}`,
    );
  }

  function forwardLines(stream: Readable): Promise<void> {
    const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => log.write(line, current?.requestId));
    return new Promise((resolve) => lines.once('close', resolve));
  }
}

/**
 * A function's lines are in its pipe before it answers, since Node writes to pipes at once; but the answer may be read
 * first. Two turns of the event loop read what is there by now.
 */
async function readWrittenLines(): Promise<void> {
  await setImmediate();
  await setImmediate();
}

function failure(errorType: string, errorMessage: string): RuntimeOutcome {
  return { failed: true, payload: JSON.stringify({ errorType, errorMessage }) };
}

/** Nothing of the emulator's own environment reaches a function: what is missing in the template is missing here. */
function spawnRuntime(config: FunctionConfig, host: LambdaHost, runtime: RuntimeApi): ChildProcess {
  const heapMb = Math.floor(config.memoryMb * 0.9);
  const youngMb = Math.max(1, Math.floor(config.memoryMb * 0.05));
  return spawn(
    process.execPath,
    [`--max-old-space-size=${heapMb}`, `--max-semi-space-size=${youngMb}`, BOOTSTRAP],
    {
      cwd: config.codeDir,
      // Descriptor 3 tells the environment when this process is gone: see bootstrap.mjs.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: {
        ...config.environment,
        AWS_ACCESS_KEY_ID: config.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: config.credentials.secretAccessKey,
        AWS_DEFAULT_REGION: host.region,
        AWS_REGION: host.region,
        AWS_ENDPOINT_URL: host.endpoint,
        AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}`,
        AWS_LAMBDA_FUNCTION_NAME: config.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${config.name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: `[$LATEST]${randomBytes(16).toString('hex')}`,
        AWS_LAMBDA_RUNTIME_API: runtime.address,
        LAMBDA_TASK_ROOT: config.codeDir,
        LANG: 'en_US.UTF-8',
        PATH: '/usr/local/bin:/usr/bin:/bin',
        TZ: 'UTC',
        _HANDLER: config.handler,
      },
    },
  );
}

function traceId(): string {
  const time = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${time}-${randomBytes(12).toString('hex')};Sampled=0`;
}

/** High-water mark of the resident set; 0 where the system does not tell (no /proc, or the process is gone). */
function peakMemoryMb(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.ceil(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}
