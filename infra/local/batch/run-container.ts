/** A container without Docker: the image's entry point as a process of this machine, with nothing but the job's environment. */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from './contract.ts';

export interface ContainerHost {
  /** What stands for the image's entry point. */
  readonly entryPoint: readonly string[];
  /** Where its AWS clients go. */
  readonly endpoint: string;
  readonly region: string;
  /** Jobs log into DEFINITION.log here. */
  readonly logDir: string;
}

export interface Exit {
  readonly exitCode: number | undefined;
  readonly statusReason: string;
}

const SIGNALLED = 128;
const SIGKILL = 9;

/** @param signal ends it */
export async function runContainer(job: Job, host: ContainerHost, signal: AbortSignal): Promise<Exit> {
  const { definition, jobId, jobQueue, attempts } = job;
  const { accessKeyId, secretAccessKey } = definition.credentials;
  const [program = '', ...args] = [...host.entryPoint, ...fillIn(job)];
  if (host.entryPoint.length === 0)
    return { exitCode: undefined, statusReason: 'Task failed to start: nothing stands for the image' };
  mkdirSync(host.logDir, { recursive: true });
  const log = createWriteStream(join(host.logDir, `${definition.name}.log`), { flags: 'a' });
  const timeout = AbortSignal.timeout(definition.timeoutSeconds * 1000);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, timeout]),
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env['PATH'],
      ...definition.environment,
      AWS_ENDPOINT_URL: host.endpoint,
      AWS_REGION: host.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_BATCH_JOB_ID: jobId,
      AWS_BATCH_JQ_NAME: jobQueue.split('/').at(-1),
      AWS_BATCH_JOB_ATTEMPT: String(attempts),
    },
  });
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
  const exit = await new Promise<Exit>((resolve) => {
    // An abort is told as an error first; the process ends all the same.
    child.once('error', (error) => {
      if (child.pid === undefined)
        resolve({ exitCode: undefined, statusReason: `Task failed to start: ${error.message}` });
    });
    child.once('close', (code, killedBy) => {
      if (timeout.aborted)
        resolve({ exitCode: SIGNALLED + SIGKILL, statusReason: 'Job attempt duration exceeded timeout' });
      else
        resolve({
          exitCode: code ?? (killedBy === 'SIGKILL' ? SIGNALLED + SIGKILL : SIGNALLED),
          statusReason: 'Essential container in task exited',
        });
    });
  });
  await new Promise<void>((resolve) => log.end(resolve));
  return exit;
}

function fillIn({ definition, parameters }: Job): string[] {
  return definition.command.map((word) =>
    word.startsWith('Ref::') ? (parameters[word.slice('Ref::'.length)] ?? word) : word,
  );
}
