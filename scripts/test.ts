/**
 * `npm test [-- FILE…]`: every suite, on the machine as it is. Suites that drive a program from outside npm run
 * where that program is installed; elsewhere they are named, and under CI their absence is a failure.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

/** A suite in test/peers/NAME*.test.ts needs these programs. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  prometheus: ['prometheus', 'promtool', 'prometheus-node-exporter'],
  alertmanager: ['prometheus-alertmanager'],
  'aws-cli': ['aws'],
  chromium: ['chromium'],
};

const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : [...globSync('test/{unit,conformance,e2e}/**/*.test.ts').sort(), ...peerSuites()];
const result = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=300000', '--test-reporter=spec', ...files],
  { stdio: 'inherit' },
);
process.exit(result.status ?? 1);

function peerSuites(): string[] {
  const suites: string[] = [];
  for (const [name, programs] of Object.entries(PEERS)) {
    const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
    if (missing.length === 0) suites.push(...globSync(`test/peers/${name}*.test.ts`).sort());
    else if (process.env['CI'])
      throw new Error(`CI lacks ${missing.join(', ')}, which test/peers/${name} needs`);
    else console.log(`not run: test/peers/${name}*.test.ts (no ${missing.join(', ')} on this machine)`);
  }
  return suites;
}
