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
const READ_CLOCK = new URL('./read-manual-clock.ts', import.meta.url);
/** AWS allows 10 s for a start; a laptop that builds something beside it may need longer. */
const INIT_LIMIT_MS = 60_000;

interface Invocation {
  readonly requestId: string;
  settle(outcome: RuntimeOutcome): void;
}

/** The process behind an environment, and what is known of it. */
interface FunctionProcess {
  readonly config: FunctionConfig;
  /** Epoch ms, as the process sees it. */
  readonly now: () => number;
  readonly log: FunctionLog;
  readonly runtime: RuntimeApi;
  readonly child: ChildProcess;
  /** Settles once: undefined where it started, else why it did not. */
  readonly ready: PromiseWithResolvers<RuntimeOutcome | undefined>;
  /** How long it took to start; undefined until it has. */
  initMs: number | undefined;
  initReported: boolean;
  current: Invocation | undefined;
  alive: boolean;
}

export async function startEnvironment(
  config: FunctionConfig,
  host: LambdaHost,
  log: FunctionLog,
): Promise<Environment> {
  const started = performance.now();
  const ready = Promise.withResolvers<RuntimeOutcome | undefined>();
  const runtime = await startRuntimeApi({
    onReady() {
      self.initMs ??= performance.now() - started;
      ready.resolve(undefined);
    },
    onInitError: (payload) => ready.resolve({ failed: true, payload }),
    onOutcome(requestId, outcome) {
      if (self.current?.requestId === requestId) self.current.settle(outcome);
    },
  });
  // Nobody calls the runtime API before there is a process.
  const self: FunctionProcess = {
    config,
    now: host.clock?.now ?? Date.now,
    log,
    runtime,
    child: spawnRuntime(config, host, runtime),
    ready,
    initMs: undefined,
    initReported: false,
    current: undefined,
    alive: true,
  };
  const ended = watchProcess(self);
  return {
    get alive() {
      return self.alive;
    },
    ended,
    async invoke(event) {
      const requestId = randomUUID();
      log.write(`START RequestId: ${requestId} Version: $LATEST`, requestId);
      const outcome = (await initialize(self, requestId)) ?? (await run(self, requestId, event));
      const result = { requestId, payload: outcome.payload };
      return {
        ...result,
        functionError: outcome.failed ? 'Unhandled' : undefined,
        logTail: log.tail(requestId),
      };
    },
    async stop() {
      kill(self);
      await ended;
    },
  };
}

/** Logs what it prints; resolves when it is gone. */
function watchProcess(self: FunctionProcess): Promise<void> {
  const { child, runtime } = self;
  const logged = [child.stdout, child.stderr].map((stream) => forwardLines(self, stream as Readable));
  return new Promise((resolve) => {
    child.once('error', (cause) => end(self, `cannot start ${process.execPath}: ${cause.message}`));
    child.once('close', (code, signal) => {
      end(self, signal === null ? `exit status ${code}` : `signal: ${signal}`);
      void Promise.all([...logged, runtime.close()]).then(() => resolve());
    });
  });
}

/** The failure to start, if there is one. */
async function initialize(self: FunctionProcess, requestId: string): Promise<RuntimeOutcome | undefined> {
  const { ready } = self;
  const timer = setTimeout(
    () => ready.resolve(timedOut(self.log, requestId, INIT_LIMIT_MS / 1000)),
    INIT_LIMIT_MS,
  );
  const failure = await ready.promise;
  clearTimeout(timer);
  if (failure) kill(self);
  return failure;
}

async function run(self: FunctionProcess, requestId: string, event: string): Promise<RuntimeOutcome> {
  const { config, now, log, runtime } = self;
  const begun = performance.now();
  const limitMs = config.timeoutSeconds * 1000;
  const answer = Promise.withResolvers<RuntimeOutcome>();
  self.current = { requestId, settle: answer.resolve };
  const timer = setTimeout(() => {
    answer.resolve(timedOut(log, requestId, config.timeoutSeconds));
    kill(self);
  }, limitMs);
  if (!self.alive) answer.resolve(exited(self, 'the environment had ended'));
  runtime.offer({
    requestId,
    functionArn: config.arn,
    traceId: traceId(),
    deadline: now() + limitMs,
    event,
  });
  const outcome = await answer.promise;
  clearTimeout(timer);
  await readWrittenLines();
  self.current = undefined;
  report(self, requestId, performance.now() - begun);
  return outcome;
}

/** The lines with which AWS closes an invocation in the log. */
function report(self: FunctionProcess, requestId: string, durationMs: number): void {
  const { config, log, child, initMs } = self;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${config.memoryMb} MB`,
    `Max Memory Used: ${peakMemoryMb(child.pid)} MB`,
  ];
  if (initMs !== undefined && !self.initReported) parts.push(`Init Duration: ${initMs.toFixed(2)} ms`);
  self.initReported = true;
  log.write(`END RequestId: ${requestId}`, requestId);
  log.write(parts.join('\t'), requestId);
}

function end(self: FunctionProcess, how: string): void {
  self.alive = false;
  self.ready.resolve(exited(self, how));
  self.current?.settle(exited(self, how));
}

function kill(self: FunctionProcess): void {
  self.alive = false;
  self.child.kill('SIGKILL');
}

function timedOut(log: FunctionLog, requestId: string, seconds: number): RuntimeOutcome {
  const said = `Task timed out after ${seconds.toFixed(2)} seconds`;
  log.write(`${new Date().toISOString()} ${requestId} ${said}`, requestId);
  return failure('Sandbox.Timedout', `RequestId: ${requestId} Error: ${said}`);
}

function exited({ current }: FunctionProcess, how: string): RuntimeOutcome {
  return failure(
    'Runtime.ExitError',
    `RequestId: ${current?.requestId} Error: Runtime exited with error: ${how}`,
  );
}

function forwardLines(self: FunctionProcess, stream: Readable): Promise<void> {
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => self.log.write(line, self.current?.requestId));
  return new Promise((resolve) => lines.once('close', resolve));
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
    [
      `--max-old-space-size=${heapMb}`,
      `--max-semi-space-size=${youngMb}`,
      ...(host.clock === undefined ? [] : readClock(host.clock.file)),
      BOOTSTRAP,
    ],
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

function readClock(file: string): readonly string[] {
  const url = new URL(READ_CLOCK);
  url.searchParams.set('file', file);
  return ['--import', url.href];
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
