import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  describeTree,
  findCircles,
  findLongFunctions,
  readTree,
} from '../../../scripts/measure-structure.ts';

const FILES = {
  'functions/run.ts': "import { one } from '../lib/a/one.ts';\nimport { two } from '../lib/b/two.ts';\n",
  // The package is no file of the tree, and a file that is imported twice is one arrow.
  'lib/a/one.ts':
    "import { z } from 'zod';\nimport type { Two } from '../b/two.ts';\nexport { two } from '../b/two.ts';\n",
  'lib/b/two.ts': "import {\n  three,\n} from './three.ts';\n",
  'lib/b/three.ts': "import { one } from '../a/one.ts';\n",
};

test('a tree is counted: files, lines, arrows and circles, types included', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'structure-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const told = new Map(
    describeTree(readTree(root))
      .split('\n')
      .map((line) => line.split(/ {2,}/) as [string, string]),
  );
  assert.equal(told.get('files'), '4');
  assert.equal(told.get('lines'), '9');
  assert.equal(told.get('lines of the longest file'), '3 (lib/a/one.ts)');
  assert.equal(told.get('below 30 lines, one importer'), '1', 'three.ts: the others have two');
  assert.equal(told.get('most files in one folder'), '2 (lib/b)');
  assert.equal(told.get('arrows between files'), '5');
  assert.equal(told.get('arrows between folders'), '4');
  assert.equal(told.get('circles of files'), '1: 3 (lib/a/one.ts …)');
  assert.equal(told.get('circles of folders'), '1: 2 (lib/a …)');
});

test('two circles that share a node are one, and a chain is none', () => {
  const graph = { a: ['b'], b: ['a', 'c'], c: ['b', 'd'], d: ['e'], e: [] };
  assert.deepEqual(
    findCircles(new Map(Object.entries(graph))).map((members) => [...members].sort()),
    [['a', 'b', 'c']],
  );
});

test('functions of more than a hundred lines are found, closures within them apart', () => {
  const fill = (count: number, indent: string): string => `${indent}work();\n`.repeat(count);
  const text = [
    'export function openAll({\n  one,\n}: {\n  readonly one: number;\n}): void {\n',
    `  const run = async () => {\n${fill(99, '    ')}  };\n}\n`,
    `function close(): void {\n${fill(98, '  ')}}\n`,
    `const port = {\n  read(\n    key: string,\n  ): void {\n${fill(97, '    ')}  },\n};\n`,
    `interface Port {\n  read(\n    key: string,\n  ): void;\n${fill(101, '  ')}  last: {\n  };\n}\n`,
    `const table = {\n${fill(200, '  ')}};\n`,
  ].join('');
  assert.deepEqual(findLongFunctions(text), [
    { head: 'export function openAll({', line: 1, lines: 107 },
    { head: 'const run = async () => {', line: 6, lines: 101 },
    { head: 'read(', line: 209, lines: 101 },
  ]);
});
