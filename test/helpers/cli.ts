/** The command line in this process, over a bucket in memory. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Alert } from '../../lib/alert/alert.ts';
import type { Host } from '../../lib/cli/host.ts';
import { runCli } from '../../lib/cli/run.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createMemoryObjectStore } from './memory-object-store.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output of a --json run, line by line. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** What went to the topic. */
  readonly published: readonly Alert[];
}

/** `TIDEWATCH_BUCKET` and a topic are set; `overrides.env` replaces them. */
export async function runTestCli(
  args: readonly string[],
  store: ObjectStore,
  overrides: Partial<Host> = {},
): Promise<CliRun> {
  const written: { readonly stdout: string[]; readonly stderr: string[] } = { stdout: [], stderr: [] };
  const published: Alert[] = [];
  const code = await runCli(args, {
    env: {
      TIDEWATCH_BUCKET: 'test-bucket',
      TIDEWATCH_TOPIC_ARN: 'arn:aws:sns:eu-west-1:000000000000:alerts',
    },
    stdout: { write: (text) => written.stdout.push(text) },
    stderr: { write: (text) => written.stderr.push(text) },
    now: () => 0,
    random: () => 0.5,
    readFile: async (path) => {
      throw new Error(`ENOENT: no such file, open '${path}'`);
    },
    openStore: () => store,
    openTopic: () => ({
      async publish(alert) {
        published.push(alert);
        return { messageId: `m${published.length}` };
      },
    }),
    openQueue: () => ({
      request: async () => {},
      countDead: async () => 0,
      redrive: async () => 0,
    }),
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    ...overrides,
  });
  const stdout = written.stdout.join('');
  const lines = args.includes('--json')
    ? stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];
  return { code, stdout, stderr: written.stderr.join(''), lines, published };
}

/** A command that has files alone: whoever opens a bucket or a topic fails. */
export function runOnFiles(args: readonly string[]): Promise<CliRun> {
  return runTestCli(args, createMemoryObjectStore(), {
    env: {},
    readFile: (name) => readFile(name, 'utf8'),
    openStore: (): ObjectStore => assert.fail('a bucket was opened'),
    openTopic: () => assert.fail('a topic was opened'),
  });
}
