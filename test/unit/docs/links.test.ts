/** Relative links of the documents lead to files and headings that are there. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');
const PAGES = globSync('{*.md,.github/**/*.md,{bench,docs,examples,infra,samples,test}/**/*.md}', {
  cwd: ROOT,
});

test('headings become the anchors that GitHub makes of them', () => {
  assert.deepEqual(
    listAnchors(
      '# A `code` name, and more: X\n## score FILE --model DIR\n## Twice\n## Twice\n```\n# no heading\n```\n',
    ),
    ['a-code-name-and-more-x', 'score-file---model-dir', 'twice', 'twice-1'],
  );
});

test('links outside code are found, with and without anchor', () => {
  const text =
    'See [a](b.md#c), `[no](x.md)`, [web](https://example.com), ![p](p.png)\n```\n[no](y.md)\n```\n[q]\n\n[q]: r.md\n';
  assert.deepEqual(listLinks(text), ['b.md#c', 'p.png', 'r.md']);
});

test('there are documents', () => {
  for (const page of ['README.md', 'docs/models.md', 'infra/local/README.md'])
    assert.ok(PAGES.includes(page), page);
});

for (const page of PAGES)
  test(`${page}: every relative link leads somewhere`, () => {
    assert.deepEqual(
      listLinks(readPage(page)).flatMap((link) => findProblem(page, link) ?? []),
      [],
    );
  });

/** What is wrong with `link` on `page`; undefined: nothing. */
function findProblem(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), decodeURI(path)));
  if (target.startsWith('..')) return `${link}: outside the repository`;
  if (!existsSync(join(ROOT, target))) return `${link}: no such file`;
  if (anchor === undefined || statSync(join(ROOT, target)).isDirectory() || !target.endsWith('.md'))
    return undefined;
  return listAnchors(readPage(target)).includes(anchor) ? undefined : `${link}: no such heading`;
}

function listLinks(text: string): readonly string[] {
  const prose = dropFences(text).replace(/`[^`\n]*`/g, '');
  const inline = [...prose.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)];
  const named = [...prose.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
  return [...inline, ...named].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link));
}

/** As GitHub makes them: lower case, spaces to dashes, everything else that is no letter, digit or `_` dropped. */
function listAnchors(text: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...dropFences(text).matchAll(/^#{1,6} (.+?)\s*$/gm)].map(([, heading]) => {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

function dropFences(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```/gm, '');
}

function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}
