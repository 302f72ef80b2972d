// Runs one of the project's tasks on a fresh clone: installs what is missing, then hands over to the project's
// own Node (devDependency `node`), so that whatever version the machine has is good enough to get here.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TASKS = {
  start: 'scripts/start.ts',
  test: 'scripts/test.ts',
  emulator: 'infra/local/main.ts',
  bench: 'bench/main.ts',
  'bench:quality': 'bench/quality.ts',
  build: 'scripts/build-package.ts',
  tidewatch: 'lib/cli/main.ts',
};

/** How often it is looked whether npm's shell is still there. */
const PARENT_POLL_MS = 500;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [task, ...args] = process.argv.slice(2);
const script = Object.hasOwn(TASKS, task ?? '') ? TASKS[task] : undefined;
if (script === undefined) {
  console.error(`unknown task ${task}; one of ${Object.keys(TASKS).join(', ')}`);
  process.exit(2);
}
if (!isInstalled()) {
  console.error('Installing packages (first run only)…');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    shell: process.platform === 'win32',
  });
}
// The CLI works on files of the caller's folder; every other task works on the project.
const node = join(root, 'node_modules/node/bin/node');
const cwd = task === 'tidewatch' ? process.cwd() : root;
// What stays up ends with this, and what says how far it came gets to say it.
if (['start', 'emulator', 'test'].includes(task)) watch(node, [join(root, script), ...args], { cwd });
else run(node, [join(root, script), ...args], { cwd });

/** True where node_modules holds the versions of package-lock.json. */
function isInstalled() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed) || !existsSync(join(root, 'node_modules/node/bin/node'))) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  );
}

function run(command, commandArgs, options) {
  const { status, signal, error } = spawnSync(command, commandArgs, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (signal) process.kill(process.pid, signal);
  if (status !== 0) process.exit(status ?? 1);
}

/** As `run`; what ends this ends the task, which says how far it came, in place of leaving it to go on by itself. */
function watch(command, commandArgs, options) {
  const started = spawn(command, commandArgs, { stdio: 'inherit', ...options });
  // npm passes a signal on to its shell, which ends and tells nobody: that it is gone is all that is seen of it.
  const { ppid } = process;
  const isGone = () => process.ppid !== ppid;
  if (process.env.npm_lifecycle_event !== undefined)
    setInterval(() => isGone() && started.kill('SIGTERM'), PARENT_POLL_MS).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => started.kill(signal));
  started.on('error', (error) => {
    throw error;
  });
  started.on('close', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}
