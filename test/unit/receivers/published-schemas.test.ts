/** What receivers send of each state is what the services' published descriptions allow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import type { Alert } from '../../../lib/alert/alert.ts';
import { toAlertmanagerAlerts } from '../../../lib/receivers/alertmanager.ts';
import { toOpsgenieRequests } from '../../../lib/receivers/opsgenie.ts';
import { toPagerDutyEvent } from '../../../lib/receivers/pagerduty.ts';
import { toSlackMessage } from '../../../lib/receivers/slack.ts';
import { toTeamsMessage } from '../../../lib/receivers/teams.ts';
import { makeAlertExamples } from '../../../scripts/alert-examples.ts';
import { RECEIVER_SCHEMAS } from '../../helpers/receiver-schemas.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const EXAMPLES = await makeAlertExamples();
const WRITERS: Readonly<Record<string, (alert: Alert) => readonly unknown[]>> = {
  slack: (alert) => [toSlackMessage(alert)],
  pagerDuty: (alert) => [toPagerDutyEvent(alert, 'R0UT1NG')].filter((event) => event !== undefined),
  opsgenie: toOpsgenieRequests,
  teams: (alert) => [toTeamsMessage(alert)],
  alertmanager: (alert) => [toAlertmanagerAlerts(alert, { now: NOW, openFor: 3_600_000 })],
};
/** Of names that nobody thought of. */
const ODD: Alert = {
  ...EXAMPLES.get('opened')!,
  entity: '',
  targetService: null,
  labels: { '': 'x', '1st': 'y', 'a.b/c': '', ö: 'z' },
  annotations: { '': 'https://example.com/?a=1|2', note: '' },
  summary: '<!channel> & `x` * _ |'.repeat(500),
};

for (const [name, write] of Object.entries(WRITERS)) {
  const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false }).compile(
    RECEIVER_SCHEMAS[name]!,
  );
  test(`${name}: each state, and names that nobody thought of`, () => {
    for (const [state, alert] of [...EXAMPLES, ['odd', ODD] as const])
      for (const payload of write(alert)) {
        validate(JSON.parse(JSON.stringify(payload)));
        assert.deepEqual(validate.errors, null, state);
      }
  });

  test(`${name}: the schema refuses what has another member, or lacks one`, () => {
    const [payload] = JSON.parse(JSON.stringify(write(EXAMPLES.get('opened')!))) as [object];
    const one = Array.isArray(payload) ? (payload[0] as object) : payload;
    const wrap = (value: object): object => (Array.isArray(payload) ? [value] : value);
    assert.equal(validate(wrap({ ...one, something: 1 })), false);
    const [first, ...rest] = Object.entries(one);
    assert.ok(first !== undefined);
    assert.equal(validate(wrap(Object.fromEntries(rest))), false);
  });
}
