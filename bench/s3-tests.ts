/**
 * `npm run bench -- s3-tests --data CHECKOUT`: how near the emulator comes to S3, by the checks of s3-checks/ and by the tests of
 * ceph/s3-tests (a checkout of it), beside moto. It needs python3 with boto3 and pytest; `moto_server` where it is installed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { startEmulator } from '../infra/local/emulator.ts';
import { runCheck, S3_CHECKS } from './s3-checks/run-checks.ts';
import { type PytestResult, runPytest, type TestedServer } from './s3-tests/run-pytest.ts';
import type { Study } from './study.ts';

interface Standing {
  readonly server: string;
  /** Names of checks of s3-checks/ that do not hold. */
  readonly unheld: readonly string[];
  readonly ceph: PytestResult;
}

const REGION = 'us-east-1';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const MOTO = 'moto_server';
/** Ms. */
const POLL = 100;
const MOST_POLLS = 300;

/** @throws Error where pytest, boto3 or the checkout is not there */
export const reportS3Tests: Study = async (checkout, say, { peers }) => {
  const standings = [await judgeEmulator(checkout, say)];
  const moto = peers ? await judgeMoto(checkout, say) : undefined;
  if (moto !== undefined) standings.push(moto);
  const lines = standings.map(({ server, unheld, ceph }) => {
    const checks = `${S3_CHECKS.length - unheld.length} of ${S3_CHECKS.length}`;
    return `${server.padEnd(10)}  ${checks.padStart(10)}  ${`${ceph.passed} of ${ceph.ran}`.padStart(12)}`;
  });
  const missing = peers && moto === undefined ? [`not run: moto (no ${MOTO} on this machine)`] : [];
  const failed = [...standings[0]!.unheld, ...standings[0]!.ceph.failed];
  return {
    text: [
      'server          checks  ceph/s3-tests',
      ...lines,
      ...missing,
      'not passed by the emulator:',
      ...failed.map((name) => `  ${name}`),
    ].join('\n'),
    figures: standings,
  };
};

async function judgeEmulator(checkout: string, say: (line: string) => void): Promise<Standing> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-s3-tests-'));
  const emulator = await startEmulator({ port: 0, dataDir, region: REGION, now: Date.now, log: () => {} });
  try {
    return await judge('emulator', checkout, Number(new URL(emulator.url).port), say);
  } finally {
    await emulator.close();
    await rm(dataDir, { recursive: true });
  }
}

/** Undefined where moto is not installed. */
async function judgeMoto(checkout: string, say: (line: string) => void): Promise<Standing | undefined> {
  const port = await findPort();
  const server = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const isMissing = await new Promise<boolean>((resolve) =>
    server.on('error', () => resolve(true)).on('spawn', () => resolve(false)),
  );
  if (isMissing) return undefined;
  try {
    await untilServed(port);
    return await judge('moto', checkout, port, say);
  } finally {
    server.kill();
    if (server.exitCode === null) await once(server, 'close');
  }
}

async function judge(
  name: string,
  checkout: string,
  port: number,
  say: (line: string) => void,
): Promise<Standing> {
  say(`${name}: the checks …`);
  const server: TestedServer = { port, credentials: CREDENTIALS };
  const unheld = await findUnheld(`http://127.0.0.1:${port}`);
  say(`${name}: ceph/s3-tests …`);
  return { server: name, unheld, ceph: await runPytest(checkout, server) };
}

async function findUnheld(url: string): Promise<readonly string[]> {
  const client = new S3Client({
    endpoint: url,
    region: REGION,
    credentials: CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  const unheld: string[] = [];
  for (const check of S3_CHECKS) {
    try {
      await runCheck(check, { client, url, region: REGION, credentials: CREDENTIALS });
    } catch {
      unheld.push(check.name);
    }
  }
  client.destroy();
  return unheld;
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

async function untilServed(port: number): Promise<void> {
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const isServed = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isServed) return;
    await wait(POLL);
  }
  throw new Error(`${MOTO} does not answer on port ${port}`);
}
