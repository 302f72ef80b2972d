/** What a receiver is sent of an alert. */
import type { Alert } from '../../alert/alert.ts';
import type { ReceiverTarget } from '../../config/receiver-secret.ts';
import { toAlertmanagerAlerts } from '../../receivers/alertmanager.ts';
import { toOpsgenieRequests } from '../../receivers/opsgenie.ts';
import { toPagerDutyEvent } from '../../receivers/pagerduty.ts';
import type { ReceiverRequest } from '../../receivers/send-request.ts';
import { toSlackMessage } from '../../receivers/slack.ts';
import { toTeamsMessage } from '../../receivers/teams.ts';
import { authorize } from '../../source/authorize.ts';

/** Ms after `repeatInterval` until Alertmanager takes an open incident for over: a repeat may come late. */
const PATIENCE = 3_600_000;

/**
 * To be sent one after the other; none where the receiver takes no such message (a digest is of no incident).
 * @param moment.now epoch ms
 * @param moment.repeatInterval ms after which an open incident is told of again
 */
export async function writeRequests(
  target: ReceiverTarget,
  alert: Alert,
  moment: { readonly now: number; readonly repeatInterval: number },
): Promise<readonly ReceiverRequest[]> {
  switch (target.name) {
    case 'slack':
      return [post(target.url, toSlackMessage(alert))];
    case 'teams':
      return [post(target.url, toTeamsMessage(alert))];
    case 'pagerduty': {
      const event = toPagerDutyEvent(alert, target.routingKey);
      return event === undefined ? [] : [post(target.url, event)];
    }
    case 'opsgenie':
      return toOpsgenieRequests(alert).map(({ method, path, body }) => ({
        method,
        url: target.url + path,
        headers: { authorization: `GenieKey ${target.apiKey}` },
        body,
      }));
    case 'alertmanager': {
      const openFor = moment.repeatInterval + PATIENCE;
      const alerts = toAlertmanagerAlerts(alert, { now: moment.now, openFor });
      if (alerts.length === 0) return [];
      const { url, auth } = target;
      const unsigned = { method: 'POST', url: new URL(url), headers: {}, body: '' } as const;
      return [post(`${url}/api/v2/alerts`, alerts, await authorize(unsigned, auth, moment.now))];
    }
  }
}

function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): ReceiverRequest {
  return { method: 'POST', url, headers, body };
}
