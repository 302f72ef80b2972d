/** docs/models.md and docs/models/ tell of every kind of model, and of its parameters as they are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MODEL_KINDS } from '../../../lib/config/model-kind.ts';
import { PARAMETER_PAGES, placeParams } from '../../../scripts/model-docs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const SECTIONS = ['What it computes', 'Parameters', 'When it fails', 'What it costs'];

for (const file of ['README.md', 'docs/models.md'])
  test(`${file} has every kind of model in a table`, () => {
    const tables = read(file)
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .join('\n');
    assert.deepEqual(
      MODEL_KINDS.filter((kind) => !tables.includes(`\`${kind}\``)),
      [],
    );
  });

test('docs/models.md is a page to choose by, and leads to the page of every kind', () => {
  const page = read('docs/models.md');
  assert.deepEqual(
    MODEL_KINDS.filter((kind) => !page.includes(`(models/${kind}.md)`)),
    [],
  );
  const words = page.split(/\s+/).filter((word) => /\w/.test(word));
  assert.ok(words.length <= 1250, `${words.length} words`);
});

/** Fit, score and size as docs/benchmarks.md has them, by kind. */
const COSTS: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ...read('docs/benchmarks.md').matchAll(
      /^\| ([a-z-]+)(?: \(2 epochs\))? \| \d+ × 16 \| (.+) \| (.+) \| (.+) \|$/gm,
    ),
  ].map(([, kind, ...figures]) => [kind!, figures]),
);

test('what kinds cost is on their pages as it was measured', () => {
  const row = (kind: string): string =>
    read('docs/models.md')
      .split('\n')
      .find((line) => line.startsWith(`| [\`${kind}\``)) ?? '';
  assert.ok(COSTS.size >= 15);
  for (const [kind, [fit, score, size]] of COSTS) {
    assert.ok(row(kind).includes(`| ${fit} / ${score}`), `${kind} in docs/models.md: ${fit} / ${score}`);
    const page = read(`docs/models/${kind}.md`).replaceAll(' million', ' M');
    for (const figure of [fit!, score!, size!])
      assert.ok(page.includes(figure), `docs/models/${kind}.md: ${figure}`);
  }
});

for (const kind of MODEL_KINDS) {
  test(`docs/models/${kind}.md says what it computes, when it fails and what it costs`, () => {
    const sections = [
      ...read(`docs/models/${kind}.md`).matchAll(/^## (.+)\n+([\s\S]*?)(?=\n## |$(?![\s\S]))/gm),
    ];
    assert.deepEqual(
      sections.map(([, heading]) => heading),
      SECTIONS,
    );
    for (const [, heading, text] of sections) assert.match(text!, /\w/, heading);
  });

  test(`the parameters of ${kind} are those of the code, and each is told of`, async () => {
    const page = read(PARAMETER_PAGES.get(kind)!);
    assert.equal(page, await placeParams(kind, page), 'run node scripts/make-model-docs.ts');
    assert.deepEqual(page.match(/^\| `\w+` \|.*\| *\|$/gm), null, 'what does it do?');
  });
}
