/**
 * `serverless package` of the sources as they are, once for each state of them: callers at the same time wait for one
 * packaging and share its folder.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  access,
  glob,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PackageOptions {
  readonly stage?: string;
  readonly region?: string;
  /** As `--param=NAME=VALUE`. */
  readonly params?: Readonly<Record<string, string>>;
  /** Where packages are kept between runs. */
  readonly cacheDir?: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Everything that a package is made of; installed packages enter by the lock file. */
const SOURCES = [
  'serverless.yml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'infra/aws/**/*.{yml,ts,cjs}',
  'functions/**/*.ts',
  'lib/**/*.ts',
  'lib/**/*.wasm',
];
const POLL_MS = 50;
/** Packages that nobody used for this long are removed. */
const KEEP_MS = 24 * 3_600_000;

/** The folder with template and zips. It is shared: read only. @throws Error with what serverless printed */
export async function packageService(options: PackageOptions = {}): Promise<string> {
  const cacheDir = options.cacheDir ?? join(ROOT, '.tidewatch/package');
  const args = ['package', '--stage', options.stage ?? 'dev', '--region', options.region ?? 'us-east-1'];
  for (const [name, value] of Object.entries(options.params ?? {})) args.push(`--param=${name}=${value}`);

  const sources = await readSources();
  const folder = join(cacheDir, hashOf(args, sources));
  const lock = `${folder}.lock`;
  await mkdir(cacheDir, { recursive: true });
  while (!(await exists(folder))) {
    if (!(await takeLock(lock))) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    try {
      if (!(await exists(folder))) await packageInto(folder, args, sources);
    } finally {
      await rm(lock, { force: true });
    }
  }
  await utimes(folder, new Date(), new Date());
  await removeUnused(cacheDir);
  return folder;
}

async function readSources(): Promise<ReadonlyMap<string, Buffer>> {
  const paths: string[] = [];
  for await (const path of glob(SOURCES, { cwd: ROOT })) paths.push(path.replaceAll('\\', '/'));
  return new Map(
    await Promise.all(paths.sort().map(async (path) => [path, await readFile(join(ROOT, path))] as const)),
  );
}

function hashOf(args: readonly string[], sources: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256').update(JSON.stringify(args));
  for (const [path, content] of sources) hash.update(`\0${path}\0${content.length}\0`).update(content);
  return hash.digest('hex').slice(0, 16);
}

/** In a copy of the sources, because serverless works in fixed folders beside them. */
async function packageInto(
  folder: string,
  args: readonly string[],
  sources: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const work = `${folder}.${randomUUID()}`;
  try {
    for (const [path, content] of sources) {
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), content);
    }
    await symlink(join(ROOT, 'node_modules'), join(work, 'node_modules'), 'junction');
    await runServerless(args, work);
    await rename(join(work, '.serverless'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function runServerless(args: readonly string[], cwd: string): Promise<void> {
  const serverless = join(ROOT, 'node_modules/serverless/bin/serverless.js');
  const child = spawn(process.execPath, [serverless, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`serverless ${args.join(' ')} ended with ${code}:\n${Buffer.concat(output).toString()}`);
}

/** True where the lock is ours. One that a dead process left is removed, for the next attempt. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const age = Date.now() - (await stat(lock).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
  // A lock without a process id is one that is being written.
  const owner = Number((await readFile(lock, 'utf8').catch(() => '')) || (age < 5000 ? process.pid : 0));
  if (!isRunning(owner)) await rm(lock, { force: true });
  return false;
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function removeUnused(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    const path = join(cacheDir, name);
    const used = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Date.now() - used > KEEP_MS) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
