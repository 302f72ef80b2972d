/** Imports go one way. The layers are those of docs/architecture.md. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { LAYERS, placeLayers } from '../../scripts/layers.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Only these may reach the network. */
const NETWORK = /^(lib\/store\/|lib\/source\/|lib\/receivers\/send-request|lib\/alert\/[a-z-]*publisher)/;

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

test('imports go one way, and types too', () => {
  const wrong = readImports()
    .filter(({ target }) => target.startsWith('.'))
    .map(({ file, target }) => ({ file, to: relative(ROOT, join(ROOT, dirname(file), target)) }))
    .filter(({ to }) => to !== 'package.json')
    .filter(({ file, to }) => placeOf(to) < placeOf(file))
    .map(({ file, to }) => `${file} imports ${to}`);
  assert.deepEqual(wrong, []);
});

test('no file imports itself by way of others, types included', () => {
  const targets = new Map<string, string[]>();
  for (const { file, target } of readImports())
    if (target.startsWith('.'))
      targets.set(file, [...(targets.get(file) ?? []), join(dirname(file), target)]);
  const circles = sources()
    .map((file) => findWay(targets, file))
    .filter((way) => way !== undefined);
  assert.deepEqual(circles, []);
});

test('no file lies outside the layers', () => {
  assert.deepEqual(
    sources().filter((file) => placeOf(file) < 0),
    [],
  );
});

test('docs/architecture.md has the table of layers as it is', () => {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  assert.equal(text, placeLayers(text), 'run node scripts/make-layers.ts');
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

test('zod is imported as a namespace: of `{ z }`, a bundle would carry all of it, forty languages included', () => {
  const wrong = sources().filter((file) =>
    /^import (?!type )[^*;]*\bfrom 'zod';/m.test(readFileSync(join(ROOT, file), 'utf8')),
  );
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

/** From the top; -1: in none. Of a folder inside another, the inner one. */
function placeOf(path: string): number {
  const folders = LAYERS.map(({ folder }) => folder).filter(
    (folder) => path === folder || path.startsWith(`${folder}/`),
  );
  const inner = folders.reduce((best, folder) => (folder.length > best.length ? folder : best), '');
  return LAYERS.findIndex(({ folder }) => folder === inner);
}

/** From a file to itself: the files on the shortest way. */
function findWay(targets: ReadonlyMap<string, readonly string[]>, start: string): string | undefined {
  const before = new Map<string, string>();
  const queue = [start];
  for (const file of queue)
    for (const target of targets.get(file) ?? []) {
      if (target === start) {
        const way = [file];
        while (way[0] !== start) way.unshift(before.get(way[0]!)!);
        return [...way, start].join(' → ');
      }
      if (before.has(target)) continue;
      before.set(target, file);
      queue.push(target);
    }
  return undefined;
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
