/** cfn-lint, which knows the schemas of CloudFormation, finds no fault in the template. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageService } from '../../infra/local/template/package-service.ts';
import { EVERYTHING } from '../helpers/every-parameter.ts';
import { templateOf } from '../helpers/packaged-template.ts';

interface Finding {
  readonly Level: string;
  readonly Message: string;
  readonly Rule: { readonly Id: string };
}

/**
 * Warnings of what is meant: parameters are literals once it is packaged, so that conditions never change and branches are never
 * reached (W1028, W8003) and a name has no variable (W1020); a needless DependsOn is serverless' own (W3005).
 */
const MEANT = ['W1020', 'W1028', 'W3005', 'W8003'];
/** The secret of a receiver that is not there, in a policy that is then not made. */
const LEFT_OUT = /^'' does not match/;

test('no fault with the defaults, nor with every parameter set', async () => {
  for (const options of [{}, { stage: 'prod', params: EVERYTHING }])
    assert.deepEqual(lint(templateOf(await packageService(options))), []);
});

test('what is planted is found', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-lint-'));
  try {
    const text = await readFile(templateOf(await packageService()), 'utf8');
    const file = join(folder, 'template.json');
    for (const [sound, faulty] of [
      ['"VisibilityTimeout"', '"VisibilityTimeOut"'],
      ['"nodejs24.x"', '"nodejs99.x"'],
      ['"LessThanThreshold"', '"BelowThreshold"'],
      // In the language of state machines.
      ['"ItemProcessor"', '"ItemProcesor"'],
    ] as const) {
      assert.ok(text.includes(sound), sound);
      await writeFile(file, text.replace(sound, faulty));
      assert.notDeepEqual(lint(file), [], faulty);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

function lint(file: string): string[] {
  const { stdout, stderr, status } = spawnSync('cfn-lint', ['--format', 'json', '--template', file], {
    encoding: 'utf8',
  });
  assert.ok(status !== null && stdout !== '', stderr);
  return (JSON.parse(stdout) as Finding[])
    .filter(({ Rule, Message }) => !MEANT.includes(Rule.Id) && !LEFT_OUT.test(Message))
    .map(({ Rule, Message }) => `${Rule.Id} ${Message}`);
}
