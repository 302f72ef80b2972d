/** PyTorch in one process for all series: a line of JSON to it, a line back. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface TorchProcess {
  readonly version: string;
  /** @throws Error where the process has ended; its message then is on stderr */
  ask(job: object): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** Debian's own Python finds python3-torch; another one may stand first on the path. */
const PYTHONS = ['/usr/bin/python3', 'python3'];
const SCRIPT = join(import.meta.dirname, 'torch_autoencoder.py');

/** @throws Error where no Python has PyTorch */
export async function startTorch(): Promise<TorchProcess> {
  const python = PYTHONS.find((each) => spawnSync(each, ['-c', 'import torch']).status === 0);
  if (python === undefined)
    throw new Error('no Python here has PyTorch; Debian: apt-get install python3-torch');
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, [SCRIPT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // The end of its answers tells of its end.
  child.stdin.on('error', () => {});
  const next = async (): Promise<Readonly<Record<string, unknown>>> => {
    const { done, value } = await answers.next();
    if (done === true) throw new Error(`${python} ${SCRIPT} has ended; its message is above`);
    return JSON.parse(value);
  };
  const { torch } = await next();
  return {
    version: String(torch),
    ask: (job) => {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      return next();
    },
    close: () => void child.stdin.end(),
  };
}
