/** Imports go one way. The layers are those of docs/architecture.md. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

/** A folder may import from folders of its own rank or a lower one, and type-only from anywhere in lib. */
const RANKS: Readonly<Record<string, number>> = {
  functions: 4,
  'lib/cli': 4,
  'lib/jobs': 3,
  'lib/store': 2,
  'lib/source': 2,
  'lib/window': 2,
  'lib/features': 2,
  'lib/models': 2,
  'lib/nn': 2,
  'lib/expectation': 2,
  'lib/evidence': 2,
  'lib/decision': 2,
  'lib/alert': 2,
  'lib/evaluation': 2,
  'lib/report': 2,
  'lib/simulate': 2,
  'lib/config': 1,
  'lib/labels': 1,
  'lib/linalg': 1,
  'lib/statistics': 1,
  'lib/telemetry': 1,
  'lib/bundled-file.ts': 0,
  'lib/errors.ts': 0,
  'lib/foreign-text.ts': 0,
};

/** Only these may reach the network. */
const NETWORK = /^(lib\/store\/|lib\/source\/|lib\/alert\/[a-z-]*publisher)/;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

test('imports go one way', () => {
  const wrong = readImports()
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target, typeOnly }) => ({
      file,
      typeOnly,
      to: relative(ROOT, join(ROOT, dirname(file), target)),
    }))
    .filter(({ file, to, typeOnly }) => {
      const from = rankOf(file);
      const other = rankOf(to);
      return other === undefined || (from !== undefined && other > from && !typeOnly);
    })
    .map(({ file, to }) => `${file} imports ${to}`);
  assert.deepEqual(wrong, []);
});

test('only the ends touch the network', () => {
  const wrong = readImports()
    .filter(
      ({ file, target, typeOnly }) =>
        !typeOnly && /^@aws-sdk\/|^@smithy\/|^node:(https?|net|tls)$/.test(target) && isPure(file),
    )
    .map(({ file, target }) => `${file} imports ${target}`);
  for (const file of sources()) {
    if (isPure(file) && /\bfetch\(/.test(readFileSync(join(ROOT, file), 'utf8')))
      wrong.push(`${file} calls fetch`);
  }
  assert.deepEqual(wrong, []);
});

test('the emulator and the library know nothing of each other', () => {
  const wrong: string[] = [];
  for (const file of globSync('infra/local/**/*.ts', { cwd: ROOT })) {
    for (const { target } of importsOf(file))
      if (/(^|\/)(lib|functions)\//.test(target)) wrong.push(`${file} imports ${target}`);
  }
  for (const { file, target } of readImports())
    if (/(^|\/)infra\//.test(target)) wrong.push(`${file} imports ${target}`);
  assert.deepEqual(wrong, []);
});

test('time and randomness are parameters', () => {
  const wrong = sources()
    .filter((file) => file.startsWith('lib/') && !file.startsWith('lib/cli/'))
    .filter((file) => /Math\.random\(|Date\.now\(|new Date\(\)/.test(readFileSync(join(ROOT, file), 'utf8')));
  assert.deepEqual(wrong, []);
});

function isPure(file: string): boolean {
  return file.startsWith('lib/') && !file.startsWith('lib/cli/') && !NETWORK.test(file);
}

function rankOf(path: string): number | undefined {
  return Object.entries(RANKS).find(([folder]) => path === folder || path.startsWith(`${folder}/`))?.[1];
}

function sources(): string[] {
  return globSync('{lib,functions}/**/*.ts', { cwd: ROOT }).sort();
}

function readImports(): Import[] {
  return sources().flatMap(importsOf);
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^(import|export)( type)?\s[^;]*?from '([^']+)';/gm)].map((match) => ({
    file,
    target: match[3]!,
    typeOnly: match[2] !== undefined,
  }));
}
