/** The command line as a process of its own, killed at a write of choice. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface KillPoint {
  /** Writes are counted from 0. */
  readonly write: number;
  /** `before`: the service never hears of it. `after`: it is done, and its answer is never heard. */
  readonly stage: 'before' | 'after';
}

export interface MortalRun {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** `PUT /bucket/key` and so on, in order of arrival. */
  readonly writes: readonly string[];
}

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const AT_ANOTHER_TIME = fileURLToPath(new URL('cli-child.ts', import.meta.url));

/** @param options.now epoch ms; the real clock where it is not given */
export async function runMortalCli(
  args: readonly string[],
  options: {
    readonly environment: Readonly<Record<string, string>>;
    readonly kill?: KillPoint | undefined;
    readonly now?: number;
  },
): Promise<MortalRun> {
  const target = options.environment['AWS_ENDPOINT_URL'] ?? '';
  const writes: string[] = [];
  const proxy = createServer((incoming, response) => {
    void forward(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const script = options.now === undefined ? [MAIN] : [AT_ANOTHER_TIME, String(options.now)];
  const child = spawn(process.execPath, [...script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...options.environment,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  proxy.closeAllConnections();
  proxy.close();
  return { code, stdout, stderr, writes };

  /** Unchanged, the Host header too: the signature covers it. */
  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const { method = '', url = '' } = incoming;
    const isWrite = method !== 'GET' && method !== 'HEAD';
    const write = isWrite ? writes.push(`${method} ${url.replace(/\?.*/, '')}`) - 1 : undefined;
    const { kill } = options;
    const dies = kill !== undefined && kill.write === write;
    if (dies && kill.stage === 'before') return void child.kill('SIGKILL');
    const outgoing = request(target + url, { method, headers: incoming.headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answered = await readAll(answer);
    if (dies) return void child.kill('SIGKILL');
    response.writeHead(answer.statusCode ?? 502, answer.headers).end(answered);
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
