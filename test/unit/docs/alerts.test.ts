/** docs/alerts.md and schema/alert.schema.json tell of alerts as they are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { matchesPolicy } from '../../../infra/local/sns/filter-match.ts';
import { parseFilterPolicy } from '../../../infra/local/sns/filter-policy.ts';
import type { Alert } from '../../../lib/alert/alert.ts';
import { alertJsonSchema } from '../../../lib/alert/alert-json-schema.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import { NOTIFIED_STATES } from '../../../lib/incident/contract.ts';
import { placeAlertDocs } from '../../../scripts/alert-docs.ts';
import { makeAlertExamples } from '../../../scripts/alert-examples.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SCHEMA = readFileSync(join(ROOT, 'schema/alert.schema.json'), 'utf8');
const PAGE = readFileSync(join(ROOT, 'docs/alerts.md'), 'utf8');
const EXAMPLES = await makeAlertExamples();

test('the committed schema of an alert is the one that the code has', () => {
  assert.equal(SCHEMA, `${JSON.stringify(alertJsonSchema(), null, 2)}\n`, 'run node scripts/make-schema.ts');
});

test('every field of the schema is described', () => {
  const bare = [...PAGE.matchAll(/^\| `[\w.[\]]+` \| .* \| *\|$/gm)].map(([row]) => row);
  assert.deepEqual(bare, []);
});

test('docs/alerts.md has the fields and examples that the code makes', async () => {
  assert.equal(PAGE, await placeAlertDocs(PAGE), 'run node scripts/make-alert-docs.ts');
});

test('there is an example of every state and of silence', () => {
  assert.deepEqual([...EXAMPLES.keys()].sort(), [...NOTIFIED_STATES, 'silence'].sort());
});

for (const [name, alert] of EXAMPLES)
  test(`${name}: an independent validator and our own parser take the example`, () => {
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(
      JSON.parse(SCHEMA),
    );
    validate(alert);
    assert.deepEqual(validate.errors, null);
    assert.deepEqual(parseAlert(JSON.stringify(alert)), alert);
    validate({ ...alert, something: 'of a later version' });
    assert.deepEqual(validate.errors, null);
    assert.equal(validate({ ...alert, severity: 'loud' }), false);
  });

const ALL = [...EXAMPLES.keys()];
/** Which examples pass each policy of the page, in its order. */
const PASSING: readonly (readonly string[])[] = [
  ['escalated', 'resolved', 'silence'],
  ALL,
  ALL,
  ALL.filter((name) => name !== 'digest' && name !== 'updated'),
  ['digest'],
];

test('the filter policies of docs/alerts.md pass what they say', () => {
  const policies = [...PAGE.matchAll(/```json filter\n([\s\S]*?)```/g)].map(([, text]) => text!);
  assert.equal(policies.length, PASSING.length);
  for (const [i, text] of policies.entries()) {
    const policy = parseFilterPolicy(text);
    const passing = [...EXAMPLES].filter(([, alert]) => matchesPolicy(policy, messageOf(alert)));
    assert.deepEqual(
      passing.map(([name]) => name),
      ALL.filter((name) => PASSING[i]!.includes(name)),
      text,
    );
  }
  const others = parseFilterPolicy('{"labels": ["team=search"]}');
  assert.equal(matchesPolicy(others, messageOf(EXAMPLES.get('opened')!)), false);
});

function messageOf(alert: Alert): Parameters<typeof matchesPolicy>[1] {
  const { body, attributes } = renderAlert(alert);
  return {
    body,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]: [string, string | readonly string[]]) => [
        name,
        typeof value === 'string'
          ? { dataType: 'String', stringValue: value }
          : { dataType: 'String.Array', stringValue: JSON.stringify(value) },
      ]),
    ),
  };
}
