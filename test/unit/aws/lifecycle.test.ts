import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { KEEP_RETIRED } from '../../../lib/jobs/train/remove-old-versions.ts';

interface Rule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
}

test('scores and quarantine outlive the windows that they are about, and a version of a model what names it', () => {
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
  // A version outlives what names it.
  for (const prefix of ['scores/', 'anomalies/', 'incidents/'])
    assert.ok(KEEP_RETIRED >= days(prefix) * 86_400_000, prefix);
});
