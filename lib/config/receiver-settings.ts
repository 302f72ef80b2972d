/** Where alerts are delivered to, from the environment. None of them has to be set. */
import { hideCredentials } from './hide-credentials.ts';

/** Slack and Teams give an address that is itself the secret; the others have one for everybody, and a key. */
export type ReceiverSetting =
  | { readonly name: 'slack' | 'teams'; readonly secretArn: string }
  | { readonly name: 'pagerduty' | 'opsgenie'; readonly url: string; readonly secretArn: string }
  | { readonly name: 'alertmanager'; readonly url: string; readonly secretArn: string | undefined };
export type ReceiverName = ReceiverSetting['name'];

/** What each variable is for, as a message says it. */
export const RECEIVER_PURPOSES = {
  TIDEWATCH_SLACK_SECRET_ARN: "the secret with the address of Slack's incoming webhook",
  TIDEWATCH_TEAMS_SECRET_ARN: 'the secret with the address of the workflow of Microsoft Teams',
  TIDEWATCH_PAGERDUTY_SECRET_ARN: 'the secret with the routing key of PagerDuty',
  TIDEWATCH_PAGERDUTY_URL: 'the address that takes events for PagerDuty',
  TIDEWATCH_OPSGENIE_SECRET_ARN: 'the secret with the API key of Opsgenie',
  TIDEWATCH_OPSGENIE_URL: "where Opsgenie's API is",
  TIDEWATCH_ALERTMANAGER_URL: 'where Alertmanager is',
  TIDEWATCH_ALERTMANAGER_SECRET_ARN: 'the secret with the credentials for Alertmanager',
} as const;
type ReceiverVariable = keyof typeof RECEIVER_PURPOSES;

export const SECRET_ARN: RegExp = /^arn:[\w-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/;

interface Reader {
  /** Undefined where it is unset or blank. */
  readonly optional: (name: ReceiverVariable) => string | undefined;
  /** '' where it is missing, which is then a problem. */
  readonly required: (name: ReceiverVariable, when?: string) => string;
  readonly complain: (problem: string) => void;
}

/** In the order in which each is sent an alert: those that recognize one that comes again first. */
export function readReceivers(reader: Reader): readonly ReceiverSetting[] {
  const receivers: ReceiverSetting[] = [];
  const alertmanager = readSecretArn(reader, 'TIDEWATCH_ALERTMANAGER_SECRET_ARN');
  if (reader.optional('TIDEWATCH_ALERTMANAGER_URL') !== undefined)
    receivers.push({
      name: 'alertmanager',
      url: readAddress(reader, 'TIDEWATCH_ALERTMANAGER_URL'),
      secretArn: alertmanager,
    });
  else if (alertmanager !== undefined)
    reader.complain(
      `TIDEWATCH_ALERTMANAGER_URL is not set (TIDEWATCH_ALERTMANAGER_SECRET_ARN is): ${RECEIVER_PURPOSES.TIDEWATCH_ALERTMANAGER_URL}`,
    );
  for (const [name, secret, url] of [
    ['pagerduty', 'TIDEWATCH_PAGERDUTY_SECRET_ARN', 'TIDEWATCH_PAGERDUTY_URL'],
    ['opsgenie', 'TIDEWATCH_OPSGENIE_SECRET_ARN', 'TIDEWATCH_OPSGENIE_URL'],
  ] as const) {
    const secretArn = readSecretArn(reader, secret);
    if (secretArn !== undefined) receivers.push({ name, url: readAddress(reader, url), secretArn });
  }
  for (const [name, secret] of [
    ['slack', 'TIDEWATCH_SLACK_SECRET_ARN'],
    ['teams', 'TIDEWATCH_TEAMS_SECRET_ARN'],
  ] as const) {
    const secretArn = readSecretArn(reader, secret);
    if (secretArn !== undefined) receivers.push({ name, secretArn });
  }
  return receivers;
}

function readSecretArn(reader: Reader, name: ReceiverVariable): string | undefined {
  const arn = reader.optional(name);
  // What it is, no message shows: somebody may have set the secret itself.
  if (arn !== undefined && !SECRET_ARN.test(arn))
    reader.complain(`${name} is no ARN of a secret in Secrets Manager: ${RECEIVER_PURPOSES[name]}`);
  return arn;
}

/** Without a slash at its end. */
function readAddress(reader: Reader, name: ReceiverVariable): string {
  const text = reader.required(name);
  if (text === '') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    reader.complain(`${name} is ${JSON.stringify(hideCredentials(text))}, not an http:// or https:// URL`);
  else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    reader.complain(
      `${name} has a user name, a query or a fragment (host ${url.host}): credentials belong in a secret`,
    );
  return text.replace(/\/+$/, '');
}
