/** Functions for the emulator's Lambda, from source text, in a temp folder of their own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '../../infra/local/emulator.ts';
import type { FunctionConfig, LambdaHost } from '../../infra/local/lambda/function-config.ts';
import { createFunctions, type LocalFunctions } from '../../infra/local/lambda/functions.ts';

export interface FunctionFolder {
  readonly dir: string;
  readonly host: LambdaHost;
  /** What the functions logged, line by line. */
  readonly lines: readonly string[];
  /** A function whose module has this source; `handler` is its export. */
  add(
    name: string,
    source: string,
    config?: Partial<FunctionConfig> & { extension?: string },
  ): FunctionConfig;
  readLog(name: string): string;
  remove(): void;
}

export function createFunctionFolder(host: Partial<LambdaHost> = {}): FunctionFolder {
  const dir = mkdtempSync(join(tmpdir(), 'tidewatch-lambda-'));
  const lines: string[] = [];
  return {
    dir,
    lines,
    host: {
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      logDir: join(dir, 'logs'),
      onLog: ({ text }) => lines.push(text),
      maxConcurrency: 2,
      idleMs: 60_000,
      ...host,
    },
    add(name, source, { extension = '.mjs', ...config } = {}) {
      const codeDir = join(dir, name);
      mkdirSync(join(codeDir, 'functions'), { recursive: true });
      writeFileSync(join(codeDir, `functions/main${extension}`), source);
      return {
        name,
        arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
        codeDir,
        handler: 'functions/main.handler',
        runtime: 'nodejs24.x',
        memoryMb: 256,
        timeoutSeconds: 60,
        environment: {},
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        reservedConcurrency: undefined,
        asynchronous: { maximumRetryAttempts: 0, maximumEventAgeSeconds: 3600 },
        ...config,
      };
    },
    readLog: (name) => readFileSync(join(dir, 'logs', `${name}.log`), 'utf8'),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** An emulator whose Lambda runs what the folder has, and none yet. */
export async function startFunctionEmulator(
  folder: FunctionFolder,
): Promise<{ readonly emulator: Emulator; readonly functions: LocalFunctions; close(): Promise<void> }> {
  const dataDir = join(folder.dir, 'data');
  const emulator = await startEmulator({
    port: 0,
    dataDir,
    region: 'us-east-1',
    now: Date.now,
    log: () => {},
  });
  const functions = createFunctions({
    host: { ...folder.host, endpoint: emulator.url },
    queues: emulator.queues,
    now: Date.now,
    log: () => {},
  });
  emulator.useFunctions(functions);
  return {
    emulator,
    functions,
    async close() {
      await functions.close();
      await emulator.close();
      folder.remove();
    },
  };
}

/** True while a process with that id lives; one that has ended and that nobody waited for is none. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
  return !state.startsWith('Z');
}
