/**
 * CONTRIBUTING.md's walk-throughs, step by step in one copy of the repository. What the steps change is what the text names, the
 * type check says what is missing where the text says that it does, and what was added then passes the suites as the others do.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { copyRepository } from '../helpers/repository-copy.ts';
import { addCommand } from './walk-throughs/add-a-command.ts';
import { addModel } from './walk-throughs/add-a-model.ts';
import { addSource } from './walk-throughs/add-a-source.ts';
import { addAlertField } from './walk-throughs/add-an-alert-field.ts';
import type { WalkThrough } from './walk-throughs/contract.ts';

const ALL: readonly WalkThrough[] = [addModel, addCommand, addSource, addAlertField];

const copy = copyRepository();
after(() => copy[Symbol.dispose]());
let files = copy.readAll();

// In order: each goes on with what the one before it has left.
describe('the walk-throughs of CONTRIBUTING.md', () => {
  for (const walk of ALL)
    test(`${walk.heading}: its first steps change files that it names`, () =>
      assertNamed(walk, () => walk.declare(copy)));

  test('the type check says where something is missing, and nowhere else', () => {
    const { files: wrong, said } = copy.checkTypes();
    assert.deepEqual(wrong, ALL.flatMap(({ missingIn }) => missingIn).sort(), said);
  });

  for (const walk of ALL)
    test(`${walk.heading}: the other steps change files that it names`, () =>
      assertNamed(walk, () => walk.complete(copy)));

  test('everything that was added passes its suites', () => {
    const names = ['added', ...ALL.flatMap(({ alsoNamed }) => alsoNamed)].join('|');
    const report = copy.succeed([
      '--test',
      `--test-name-pattern=${names}`,
      ...ALL.flatMap(({ suites }) => suites),
    ]);
    for (const name of ['added-kind', 'source: added', 'addedField', 'added: '])
      assert.match(report, new RegExp(`✔.*${name}|▶.*${name}`), report);
  });
});

function assertNamed(walk: WalkThrough, takeSteps: () => void): void {
  takeSteps();
  const now = copy.readAll();
  const changed = [...now.keys()].filter((file) => now.get(file) !== files.get(file));
  files = now;
  const named = namedPaths(walk);
  assert.ok(changed.length > 0);
  assert.deepEqual(
    changed.filter((file) => !named.some((path) => file === path || file.startsWith(`${path}/`))),
    [],
    'changed, and not named in CONTRIBUTING.md',
  );
}

/** Paths in back quotes in the section's steps. */
function namedPaths({ heading, placeholders }: WalkThrough): readonly string[] {
  const section = copy.read('CONTRIBUTING.md').split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const steps = section.slice(section.indexOf('\n1. ')).split(/\n\n(?!\d+\. )/)[0]!;
  const replaced = Object.entries(placeholders).reduce(
    (text, [name, by]) => text.replaceAll(name, by),
    steps,
  );
  return [...replaced.matchAll(/`([\w./-]+)`/g)].map(([, path]) => path!.replace(/\/$/, ''));
}
