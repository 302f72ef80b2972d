/** Manifests in the documents, whole or in part, are taken as they stand there. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseManifest } from '../../../lib/config/manifest.ts';
import { getModel } from '../../../lib/models/registry.ts';

const ROOT = join(import.meta.dirname, '../../..');
const EXAMPLES = globSync('{README.md,docs/**/*.md}', { cwd: ROOT })
  .sort()
  .flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text], i) => ({
      name: `${page}, example ${i + 1}`,
      text: complete(text!),
    })),
  )
  .filter(({ text }) => text !== undefined);

test('there are examples', () => assert.ok(EXAMPLES.length >= 9, `${EXAMPLES.length}`));

for (const { name, text } of EXAMPLES)
  test(`${name}: a manifest is made of it, and its model takes its parameters`, async () => {
    const { kind, params } = parseManifest(text!, { source: name }).model;
    (await getModel(kind)).parseParams(params);
  });

/** The manifest that an example is part of; undefined for YAML of another kind. */
function complete(text: string): string | undefined {
  if (/^kind: AnomalyDetector$/m.test(text)) return text;
  const indent = (lines: string): string => lines.replace(/^(?=.)/gm, '  ');
  const head = 'kind: AnomalyDetector\nmetadata: { name: example }\n';
  if (/^spec:/m.test(text)) return head + text;
  if (/^model:/m.test(text)) return `${head}spec:\n${indent(text)}`;
  return undefined;
}
