import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';

interface Rule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
}

test('scores and quarantine outlive the windows that they are about', () => {
  const text = readFileSync(new URL('../../../infra/aws/bucket.yml', import.meta.url), 'utf8');
  const { Resources } = parse(text, { logLevel: 'silent' }) as {
    Resources: { DataBucket: { Properties: { LifecycleConfiguration: { Rules: Rule[] } } } };
  };
  const { Rules } = Resources.DataBucket.Properties.LifecycleConfiguration;
  const days = (prefix: string): number =>
    Rules.find(({ Prefix, ExpirationInDays }) => Prefix === prefix && ExpirationInDays !== undefined)!
      .ExpirationInDays!;
  // A page leads from an incident to its anomalies.
  assert.equal(days('anomalies/'), days('incidents/'));
  // A window without scores is scored, and one in quarantine without its reason is tried again.
  assert.ok(days('scores/') > days('windows/'), `${days('scores/')} days`);
  assert.ok(days('quarantine/') > days('windows/'), `${days('quarantine/')} days`);
});
