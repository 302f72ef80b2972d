/** What each receiver is sent of each state of an incident, and of one whose names nobody thought of. */
import type { Alert } from '../../lib/alert/alert.ts';
import { toAlertmanagerAlerts } from '../../lib/receivers/alertmanager.ts';
import { toOpsgenieRequests } from '../../lib/receivers/opsgenie.ts';
import { toPagerDutyEvent } from '../../lib/receivers/pagerduty.ts';
import { toSlackMessage } from '../../lib/receivers/slack.ts';
import { toTeamsMessage } from '../../lib/receivers/teams.ts';
import { makeAlertExamples } from '../../scripts/alert-examples.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');

export type ReceiverName = 'slack' | 'pagerDuty' | 'opsgenie' | 'teams' | 'alertmanager';

const WRITERS: Readonly<Record<ReceiverName, (alert: Alert) => readonly unknown[]>> = {
  slack: (alert) => [toSlackMessage(alert)],
  pagerDuty: (alert) => [toPagerDutyEvent(alert, 'R0UT1NG')].filter((event) => event !== undefined),
  opsgenie: toOpsgenieRequests,
  teams: (alert) => [toTeamsMessage(alert)],
  alertmanager: (alert) => [toAlertmanagerAlerts(alert, { now: NOW, openFor: 3_600_000 })],
};

export const RECEIVER_NAMES = Object.keys(WRITERS) as readonly ReceiverName[];

/** One request, as JSON has it. */
export interface ReceiverPayload {
  /** Of the incident, or `odd`. */
  readonly state: string;
  readonly payload: unknown;
}

/** `opened` is the first. */
export async function writeReceiverPayloads(
  receiver: ReceiverName,
): Promise<readonly [ReceiverPayload, ...ReceiverPayload[]]> {
  const examples = await makeAlertExamples();
  const odd: Alert = {
    ...examples.get('opened')!,
    entity: '',
    targetService: null,
    labels: { '': 'x', '1st': 'y', 'a.b/c': '', ö: 'z' },
    annotations: { '': 'https://example.com/?a=1|2', note: '' },
    summary: '<!channel> & `x` * _ |'.repeat(500),
  };
  const [first, ...others] = [...examples, ['odd', odd] as const].flatMap(([state, alert]) =>
    WRITERS[receiver](alert).map(
      (payload): ReceiverPayload => ({ state, payload: JSON.parse(JSON.stringify(payload)) }),
    ),
  );
  return [first!, ...others];
}
