/**
 * `npm test [-- FILE…]`: every suite but those in test/long, on the machine as it is. Suites that drive a program from outside npm run
 * where that program is installed; elsewhere they are named, and under CI their absence is a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CUTS } from './test-reporter.ts';

/** A suite in test/peers/NAME*.test.ts needs these programs. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  prometheus: ['prometheus', 'promtool', 'prometheus-node-exporter', 'openssl'],
  'victoria-metrics': ['victoria-metrics', 'vmauth'],
  alertmanager: ['prometheus-alertmanager'],
  'aws-cli': ['aws'],
  chromium: ['chromium'],
  systemd: ['systemd-analyze'],
  'cfn-lint': ['cfn-lint'],
  moto: ['python3', 'moto_server'],
};
/** Of these, those of Python's own registry, which neither npm nor Debian has: where they are not, CI goes on without. */
const FROM_PYTHON: readonly string[] = ['cfn-lint', 'moto'];

/**
 * Ms after which a file is held to hang, not to be slow: the slowest takes a minute and a half by itself, and half an hour is
 * enough for it on a machine with twenty times the work that it has cores for.
 */
const HANGS_AFTER = 30 * 60_000;

/** Compiled once for the four hundred processes that load the same files, and again where a file has changed. */
const COMPILED = fileURLToPath(new URL('../node_modules/.cache/tidewatch/compiled', import.meta.url));

const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : [...globSync('test/{unit,conformance,e2e}/**/*.test.ts').sort(), ...peerSuites()];
const runner = spawn(
  process.execPath,
  [
    '--test',
    // One more than there are cores: some suites wait for a program most of the time.
    `--test-concurrency=${availableParallelism() + 1}`,
    `--test-timeout=${HANGS_AFTER}`,
    `--test-reporter=${fileURLToPath(new URL('test-reporter.ts', import.meta.url))}`,
    '--test-reporter-destination=stdout',
    ...files,
  ],
  { stdio: 'inherit', env: { NODE_COMPILE_CACHE: COMPILED, ...process.env } },
);
let cutBy: NodeJS.Signals | undefined;
for (const signal of CUTS)
  process.on(signal, () => {
    cutBy ??= signal;
    runner.kill(signal);
  });
runner.on('close', (code, signal) => {
  const endedBy = cutBy ?? signal;
  // As a shell has it of what a signal ended.
  process.exit(endedBy === null ? (code ?? 1) : 128 + constants.signals[endedBy]);
});

function peerSuites(): string[] {
  const suites: string[] = [];
  for (const [name, programs] of Object.entries(PEERS)) {
    const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
    if (missing.length === 0) suites.push(...globSync(`test/peers/${name}*.test.ts`).sort());
    else if (process.env['CI'] && !FROM_PYTHON.includes(name))
      throw new Error(`CI lacks ${missing.join(', ')}, which test/peers/${name} needs`);
    else console.log(`not run: test/peers/${name}*.test.ts (no ${missing.join(', ')} on this machine)`);
  }
  return suites;
}
