/**
 * CONTRIBUTING.md's "Add a model", step by step in a copy of the repository: a kind that is `robust-z` under another name.
 * What the steps change is what the text names, and the kind then passes the suites as the others do.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const KIND = 'added-kind';
const [LIKE, LIKE_NAME] = ['robust-z', 'robustZ'];
const COPIED = ['bench', 'docs', 'examples', 'functions', 'infra', 'lib', 'schema', 'scripts', 'test'];
const COPIED_FILES = ['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'package.json', 'tsconfig.json'];

const copy = mkdtempSync(join(tmpdir(), 'add-a-model-'));
after(() => rmSync(copy, { recursive: true }));
for (const name of [...COPIED, ...COPIED_FILES])
  cpSync(join(ROOT, name), join(copy, name), { recursive: true });
symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));

test('the walk-through adds a model, and names every file that it takes', () => {
  const before = readAll();

  copyRenamed(`lib/models/kinds/${LIKE}`, `lib/models/kinds/${KIND}`);
  insertBehind(
    'lib/config/model-kind.ts',
    'const KINDS = {\n',
    `  '${KIND}': { judges: 'rows', learns: 'at-once', rehearses: 'anew', draws: false, trainsIn: 1 },\n`,
  );
  const unregistered = run([join(copy, 'node_modules/typescript/bin/tsc'), '--noEmit']);
  assert.deepEqual(
    [
      ...new Set(
        [...unregistered.stdout.matchAll(/^([\w./-]+)\(\d+,\d+\): error/gm)].map(([, file]) => file),
      ),
    ],
    ['lib/models/registry.ts'],
    unregistered.stdout,
  );
  insertBehind(
    'lib/models/registry.ts',
    'const LOADERS = {\n',
    `  '${KIND}': async () => eraseParams((await import('./kinds/${KIND}/model.ts')).addedKind),\n`,
  );
  succeed(['scripts/make-schema.ts']);
  succeed(['scripts/reference/model-artifact.ts', KIND]);
  copyRenamed(`test/unit/models/kinds/${LIKE}`, `test/unit/models/kinds/${KIND}`);
  copyRenamed(`docs/models/${LIKE}.md`, `docs/models/${KIND}.md`);
  succeed(['scripts/make-docs.ts']);
  insertBehind(
    'docs/models.md',
    '| cost: fit / score |\n| --- | --- | --- | --- | --- | --- |\n',
    addedRow(),
  );
  insertBehind('README.md', '| `ensemble` | ', `, |\n| \`${KIND}\` | `);

  const now = readAll();
  const changed = [...now.keys()].filter((file) => now.get(file) !== before.get(file));
  const named = namedPaths();
  assert.deepEqual(
    changed.filter((file) => !named.some((path) => file === path || file.startsWith(`${path}/`))),
    [],
    'changed, and not named in CONTRIBUTING.md',
  );

  succeed([
    '--test',
    `--test-name-pattern=${KIND}|every kind|parameters|schema|docs/`,
    'test/conformance/model.test.ts',
    'test/conformance/model-artifacts.test.ts',
    'test/unit/models/registry.test.ts',
    'test/unit/docs/documents.test.ts',
    'test/unit/docs/cli.test.ts',
    'test/unit/docs/manifest.test.ts',
    'test/unit/docs/models.test.ts',
    'test/unit/config/schema.test.ts',
  ]);
  succeed(['--test', `test/unit/models/kinds/${KIND}/score.test.ts`]);
});

/** Paths in back quotes in the section's steps, with the kind in place of KIND. */
function namedPaths(): string[] {
  const text = readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8');
  const section = /\n## Add a model\n([\s\S]*?)\n## /.exec(text)![1]!;
  const steps = section.slice(section.indexOf('\n1. '), section.indexOf('\n\nA kind that'));
  return [...steps.matchAll(/`([\w./-]+)`/g)].map(([, path]) =>
    path!.replace('KIND', KIND).replace(/\/$/, ''),
  );
}

function addedRow(): string {
  return `| [\`${KIND}\`](models/${KIND}.md) | rows | faults | | in one go | 1 / 1 |\n`;
}

/** A folder, or a file. */
function copyRenamed(from: string, to: string): void {
  cpSync(join(copy, from), join(copy, to), { recursive: true });
  for (const file of globSync(to.endsWith('.md') ? to : `${to}/*.ts`, { cwd: copy })) {
    const text = readFileSync(join(copy, file), 'utf8');
    writeFileSync(
      join(copy, file),
      text
        .replaceAll(`fixtures/${LIKE}`, 'FIXTURES')
        .replaceAll(LIKE, KIND)
        .replaceAll(LIKE_NAME, 'addedKind')
        .replaceAll('FIXTURES', `fixtures/${LIKE}`),
    );
  }
}

function insertBehind(file: string, mark: string, text: string): void {
  const whole = readFileSync(join(copy, file), 'utf8');
  assert.equal(whole.split(mark).length, 2, `${file} has ${JSON.stringify(mark)} once`);
  writeFileSync(
    join(copy, file),
    whole.replace(mark, () => mark + text),
  );
}

function readAll(): ReadonlyMap<string, string> {
  const files = globSync(`{${COPIED.join()}}/**/*.{ts,json,md,yml}`, { cwd: copy });
  return new Map([...files, ...COPIED_FILES].map((file) => [file, readFileSync(join(copy, file), 'latin1')]));
}

function run(args: readonly string[]): { readonly status: number | null; readonly stdout: string } {
  // A test runner inside a test would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env });
  return { status, stdout: stdout + stderr };
}

function succeed(args: readonly string[]): void {
  const { status, stdout } = run(args);
  assert.equal(status, 0, `${args.join(' ')}\n${stdout}`);
}
