/** One alert to one receiver. */
import * as z from 'zod';
import type { Alert } from '../../alert/alert.ts';
import { secretsOfLinks } from '../../alert/page-link.ts';
import { ArtifactError, NotFoundError, ReceiverError, SettingError } from '../../base/errors.ts';
import { hideSecrets, quoteForeign } from '../../base/foreign-text.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import { type ReceiverTarget, resolveReceiver, secretsOfReceiver } from '../../config/receiver-secret.ts';
import type { ReceiverName, ReceiverSetting } from '../../config/receiver-settings.ts';
import { SEVERITIES } from '../../config/severity.ts';
import { isEnd } from '../../incident/contract.ts';
import { isOver } from '../../receivers/receiver-text.ts';
import { type ReceiverAnswer, type ReceiverRequest, sendRequest } from '../../receivers/send-request.ts';
import { parseRetryAfter } from '../../source/retry-delay.ts';
import { decodeJson } from '../../store/json.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { SecretCache } from './secret-cache.ts';
import { writeRequests } from './write-requests.ts';

export interface DeliveryRun {
  readonly secrets: SecretCache;
  /** With the incidents' objects. */
  readonly store: ObjectStore;
  readonly telemetry: Telemetry;
  /** Epoch ms. */
  readonly now: () => number;
  /** Ms after which an open incident is told of again. */
  readonly repeatInterval: number;
  /** Ms for one request; for tests. */
  readonly timeoutMs?: number;
}

/** Ms. Services answer within a second; what takes longer is tried again later. */
const TIMEOUT = 10_000;
/** Characters of a receiver's answer that are logged. */
const LONGEST_REASON = 500;
/** Those that keep an incident open until they hear of its end. */
const KEEPING: readonly ReceiverName[] = ['pagerduty', 'opsgenie', 'alertmanager'];

const incidentSchema = z.looseObject({
  state: z.string(),
  severity: z.enum(SEVERITIES).optional(),
  changes: z.array(z.looseObject({ alert: z.looseObject({ notificationId: z.string() }) })).optional(),
});

/**
 * An alert that the receiver refuses for good is logged and counted, and not sent again.
 * @throws ReceiverError where it may take the same later; SettingError where the secret has another form; whatever the
 * secret's reading throws. None of them shows a secret
 */
export async function deliverAlert(setting: ReceiverSetting, sent: Alert, run: DeliveryRun): Promise<void> {
  const { telemetry } = run;
  const fields = { receiver: setting.name, detector: sent.detector, notificationId: sent.notificationId };
  const alert = await bringUpToDate(setting, sent, run);
  if (alert === undefined) {
    telemetry.info('alert passed over: its incident has ended, or is back, since', fields);
    return;
  }
  const { accepted, target, answer } = await tell(setting, alert, run);
  if (accepted) {
    telemetry.count('AlertsDelivered', 1, { detector: alert.detector });
    telemetry.info('alert delivered', fields);
    return;
  }
  telemetry.count('AlertsRefused', 1, { detector: alert.detector });
  telemetry.error('alert refused', {
    ...fields,
    status: answer.status,
    reason: quoteAnswer(answer.text, target, alert),
  });
}

/**
 * A late message must not open an incident at the receiver again that was closed meanwhile: nobody would close it any more.
 * Nor may it lower the severity that was sent since. A late end must not close an incident that is back. A record that
 * cannot be read delays no message.
 * @returns undefined where its incident has ended, or of an end where it is back
 */
async function bringUpToDate(
  { name }: ReceiverSetting,
  alert: Alert,
  { store, telemetry }: DeliveryRun,
): Promise<Alert | undefined> {
  if (!KEEPING.includes(name)) return alert;
  const key = alert.objects.incident;
  try {
    const { state, severity, changes = [] } = decodeJson(key, (await store.get(key)).body, incidentSchema);
    if (isOver(alert)) {
      // The object may not know of this message yet. Ids of one incident's messages count up.
      const newest = changes.at(-1)?.alert.notificationId;
      return !isEnd(state) && newest !== undefined && newest > alert.notificationId ? undefined : alert;
    }
    if (isEnd(state)) return undefined;
    const isLouder =
      severity !== undefined && SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(alert.severity);
    return isLouder ? { ...alert, severity } : alert;
  } catch (error) {
    if (error instanceof ArtifactError)
      telemetry.warn('alert sent as it came: its incident cannot be read', { key, reason: error.message });
    else if (!(error instanceof NotFoundError)) throw error;
    return alert;
  }
}

type Told =
  | { readonly accepted: true; readonly target: ReceiverTarget; readonly answer?: undefined }
  | { readonly accepted: false; readonly target: ReceiverTarget; readonly answer: ReceiverAnswer };

/**
 * Tries once more if the alert was refused, or the secret had another form, and the secret has changed since it was read:
 * services answer an old key or address with 400, 404, 410 or 422 as well as with 401.
 */
async function tell(setting: ReceiverSetting, alert: Alert, run: DeliveryRun): Promise<Told> {
  const { secretArn } = setting;
  if (secretArn === undefined) return await tellWith(resolveReceiver(setting, undefined), alert, run);
  const text = await run.secrets.get(secretArn);
  let refusal: Told | SettingError;
  try {
    refusal = await tellWith(resolveReceiver(setting, text), alert, run);
    if (refusal.accepted) return refusal;
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    refusal = error;
  }
  const renewed = await run.secrets.renew(secretArn, text);
  if (renewed !== text) return await tellWith(resolveReceiver(setting, renewed), alert, run);
  if (refusal instanceof SettingError) throw refusal;
  return refusal;
}

async function tellWith(target: ReceiverTarget, alert: Alert, run: DeliveryRun): Promise<Told> {
  const moment = { now: run.now(), repeatInterval: run.repeatInterval };
  for (const request of await writeRequests(target, alert, moment)) {
    const answer = await ask({ target, request, alert }, run);
    const { status } = answer;
    if (status >= 200 && status < 300) continue;
    if (status === 408 || status === 429 || status >= 500)
      throw new ReceiverError(
        status === 429 ? 'rate-limited' : 'server-error',
        `${target.name} answered with HTTP ${status}: ${quoteAnswer(answer.text, target, alert)}`,
        parseRetryAfter(answer.retryAfter, moment.now),
      );
    return { accepted: false, target, answer };
  }
  return { accepted: true, target };
}

async function ask(
  asked: { readonly target: ReceiverTarget; readonly request: ReceiverRequest; readonly alert: Alert },
  { timeoutMs = TIMEOUT }: DeliveryRun,
): Promise<ReceiverAnswer> {
  const { target, request, alert } = asked;
  try {
    return await sendRequest(request, timeoutMs);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new ReceiverError('timeout', `${target.name} gave no answer within ${timeoutMs} ms`);
    // fetch tells of its cause, and no more; the error itself is left out, as it may show the address.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = cause instanceof Error && 'code' in cause ? `${cause.code} ` : '';
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ReceiverError(
      'connection-failed',
      `${target.name} could not be asked: ${quoteAnswer(code + message, target, alert)}`,
    );
  }
}

/** Cleaned before it is cut, so that a secret is seen whole. Some tell again what they were told. */
function quoteAnswer(text: string, target: ReceiverTarget, alert: Alert): string {
  const secrets = [...secretsOfReceiver(target), ...secretsOfLinks(alert)];
  return quoteForeign(hideSecrets(text, secrets), LONGEST_REASON) || 'no reason given';
}
