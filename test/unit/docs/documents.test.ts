/** What the documents name is there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

for (const file of ['CONTRIBUTING.md', 'SECURITY.md', 'docs/glossary.md'])
  test(`${file} names files that exist`, () => {
    const named = [...read(file).matchAll(/`([\w.@/-]+\/[\w./-]*)`/g)].map(([, path]) => path!);
    // NAME and KIND stand for what is added; dist/ is built, quarantine/ lies in a bucket.
    const paths = named.filter((path) => !/NAME|KIND|^dist\/|^quarantine\/$/.test(path));
    assert.ok(paths.length > 0);
    assert.deepEqual(
      paths.filter((path) => !existsSync(join(ROOT, path))),
      [],
    );
  });

const FOLDERS = 'bench|bin|docs|examples|functions|infra|lib|samples|schema|scripts|test';
const PAGES = globSync('{*.md,{docs,infra}/**/*.md}', { cwd: ROOT });

test('the documents name files of this repository that exist', () => {
  const missing = PAGES.filter((page) => !read(page).includes('**Superseded by')).flatMap((page) => {
    const paths = read(page).matchAll(
      new RegExp(`(?<![\\w./-])(?:${FOLDERS})/[\\w./-]*[\\w/](?![\\w*<{-])`, 'g'),
    );
    return [...paths]
      .map(([path]) => path)
      .filter((path) => !/NAME|KIND/.test(path) && !existsSync(join(ROOT, path)))
      .map((path) => `${page}: ${path}`);
  });
  assert.deepEqual(missing, []);
});

test('no document passes a JSON payload that one version of aws-cli sends as it is and another reads as base64', () => {
  const pages = PAGES.filter((page) => /--payload (?!fileb:)/.test(read(page)));
  assert.deepEqual(pages, []);
});

test('no document shows a value by the name of its type', () => {
  assert.deepEqual(
    PAGES.filter((page) => /\[object \w+\]/.test(read(page))),
    [],
  );
});

test('the pictures of the README are there, and small', () => {
  const pictures = [...read('README.md').matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path!);
  assert.deepEqual(pictures, ['docs/pictures/alert.png', 'docs/pictures/report.png']);
  for (const path of pictures) assert.ok(statSync(join(ROOT, path)).size < 150_000, path);
});

test('CONTRIBUTING.md names scripts that npm has', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = [...read('CONTRIBUTING.md').matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test('the documents name benches that there are', () => {
  const help = spawnSync(process.execPath, ['bench/main.ts', '--help'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).stdout;
  const known = [...help.matchAll(/^ {2}(?:NAME|STUDY) +one of ([^;\n]+)/gm)].flatMap(([, names]) =>
    names!.split(', '),
  );
  assert.ok(known.length > 20, help);
  const missing = PAGES.filter((page) => !read(page).includes('**Superseded by')).flatMap((page) =>
    [...read(page).matchAll(/npm run bench -- ([a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)*)/g)]
      .flatMap(([, names]) => names!.split(' '))
      .filter((name) => !known.includes(name))
      .map((name) => `${page}: ${name}`),
  );
  assert.deepEqual(missing, []);
});

test('the changelog tells of the version in package.json', () => {
  const { version } = JSON.parse(read('package.json'));
  assert.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm'));
});
