/** Whoever is woken by an alarm finds what it means and what to do. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';

interface Alarm {
  readonly Type: string;
  readonly Properties: { readonly AlarmName: string; readonly AlarmDescription: string };
}

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

const { Resources } = parse(read('infra/aws/alarms.yml'), {
  logLevel: 'silent',
  maxAliasCount: -1,
}) as {
  Resources: Readonly<Record<string, Alarm>>;
};
const alarms = Object.values(Resources).map(({ Properties }) => ({
  name: Properties.AlarmName.replace(/^.*}-/, ''),
  description: Properties.AlarmDescription,
}));
const sections = new Map(
  read('docs/runbook.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
);

test('each alarm has its section, and no section is about nothing', () => {
  assert.ok(alarms.length >= 16);
  assert.deepEqual([...sections.keys()].sort(), alarms.map(({ name }) => name).sort());
  assert.equal(new Set(alarms.map(({ name }) => name)).size, alarms.length);
});

for (const { name, description } of alarms)
  test(`${name} links to its section, which says what it means, where to look and what to do`, () => {
    assert.ok(description.endsWith(` Runbook: \${param:runbookUrl}#${name}`), description);
    for (const part of ['What it means', 'Look', 'Do'])
      assert.match(sections.get(name) ?? '', new RegExp(`^\\*\\*${part}\\.\\*\\* \\S`, 'm'));
  });

test('sections link to sections that there are', () => {
  for (const [, target] of read('docs/runbook.md').matchAll(/\]\(#([\w-]+)\)/g))
    assert.ok(sections.has(target!), target);
});

test('every alarm is declared among the alarms', () => {
  for (const file of ['bucket', 'conditions', 'pages', 'queues', 'roles', 'schedules', 'topics'])
    assert.doesNotMatch(read(`infra/aws/${file}.yml`), /CloudWatch::Alarm/, file);
});
