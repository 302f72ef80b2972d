/** docs/cli.md has every command as its help prints it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMON_HELP } from '../../../lib/cli/help.ts';
import { COMMANDS } from '../../../lib/cli/run.ts';
import { placeCliDocs } from '../../../scripts/cli-docs.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8');

test('docs/cli.md has commands, options and exit codes as they are', () => {
  assert.equal(PAGE, placeCliDocs(PAGE), 'run node scripts/make-cli-docs.ts');
});

for (const command of COMMANDS) {
  const { name } = command;
  test(`${name}: its section in docs/cli.md is what its help prints`, async () => {
    const section = PAGE.split(`\n## ${name}\n`)[1]
      ?.split('```')[1]
      ?.replace(/^text\n/, '');
    assert.ok(section !== undefined);
    const { stdout } = await runTestCli(['help', name], createMemoryObjectStore());
    const lines = new Set(stdout.split('\n').map(squeeze));
    assert.deepEqual(
      section.split('\n').filter((line) => !lines.has(squeeze(line))),
      [],
    );
  });

  test(`${name}: help tells of the options that there are, and of no others`, () => {
    const told = command.optionsHelp.flatMap(([option]) =>
      [...option.matchAll(/--([a-z][a-z-]*)/g)].map(([, each]) => each!),
    );
    assert.deepEqual(told.sort(), Object.keys(command.options).sort());
  });
}

test('every option that docs/cli.md names is one', () => {
  const options = [...COMMANDS.flatMap(({ optionsHelp }) => optionsHelp), ...COMMON_HELP];
  const known = `${options.map(([option]) => option).join(' ')} --version`;
  for (const [option] of PAGE.matchAll(/--[a-z][a-z-]+/g))
    assert.match(known, new RegExp(`${option}(?![a-z-])`), `no command has ${option}`);
});

/** Columns are as wide as the options beside them. */
function squeeze(line: string): string {
  return line.trim().replace(/ {2,}/g, ' ');
}
