/** What a receiver's secret holds, checked. What its text is, no message shows. */
import { SettingError } from '../base/errors.ts';
import { parsePrometheusSecret } from './prometheus-secret.ts';
import type { ReceiverSetting } from './receiver-settings.ts';
import type { PrometheusAuthSetting } from './source-settings.ts';

export type HttpAuth = PrometheusAuthSetting & { readonly kind: 'none' | 'bearer' | 'basic' };

/** A receiver that can be asked. */
export type ReceiverTarget =
  | { readonly name: 'slack' | 'teams'; readonly url: string }
  | { readonly name: 'pagerduty'; readonly url: string; readonly routingKey: string }
  | { readonly name: 'opsgenie'; readonly url: string; readonly apiKey: string }
  | { readonly name: 'alertmanager'; readonly url: string; readonly auth: HttpAuth };

/** What a header or a JSON text carries as it is. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * The secret itself, or a JSON object with it: `{"url": …}` for Slack and Teams, `{"routing_key": …}` for PagerDuty,
 * `{"api_key": …}` for Opsgenie. Alertmanager's: USER:PASSWORD, a bearer token, or the forms of Prometheus's secret.
 * @param text undefined: the receiver has no secret
 * @throws SettingError where it has another form
 */
export function resolveReceiver(setting: ReceiverSetting, text: string | undefined): ReceiverTarget {
  switch (setting.name) {
    case 'slack':
    case 'teams':
      return { name: setting.name, url: readAddress(setting, readMember(setting, text, 'url')) };
    case 'pagerduty':
      return { name: 'pagerduty', url: setting.url, routingKey: readMember(setting, text, 'routing_key') };
    case 'opsgenie':
      return { name: 'opsgenie', url: setting.url, apiKey: readMember(setting, text, 'api_key') };
    case 'alertmanager':
      return { name: 'alertmanager', url: setting.url, auth: readAuth(setting, text) };
  }
}

/** Everything of it that no log may show: a receiver may echo whatever it was sent, and an error the address. */
export function secretsOfReceiver(target: ReceiverTarget): readonly string[] {
  switch (target.name) {
    case 'slack':
    case 'teams': {
      const { href, pathname, search, searchParams } = new URL(target.url);
      const parts = [...pathname.split('/'), ...searchParams.values()];
      return [target.url, href, pathname + search, pathname, search, ...parts];
    }
    case 'pagerduty':
      return [target.routingKey];
    case 'opsgenie':
      return [target.apiKey];
    case 'alertmanager':
      return secretsOfAuth(target.auth);
  }
}

function secretsOfAuth(auth: HttpAuth): readonly string[] {
  if (auth.kind === 'bearer') return [auth.token];
  if (auth.kind === 'none') return [];
  const pair = `${auth.username}:${auth.password}`;
  return [auth.password, pair, Buffer.from(pair, 'utf8').toString('base64')];
}

function readMember(setting: ReceiverSetting, text: string | undefined, member: string): string {
  const object = parseObject(text ?? '');
  const value = object === undefined ? text?.trim() : object[member];
  if (typeof value === 'string' && PRINTABLE.test(value)) return value;
  throw refuse(setting, `neither the ${member} itself nor {"${member}": "…"}`);
}

function readAddress(setting: ReceiverSetting, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A request with a user name in its address is refused by fetch, in words that show it.
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return text;
  throw refuse(setting, 'no http:// or https:// URL without a user name');
}

function readAuth(setting: ReceiverSetting, text: string | undefined): HttpAuth {
  const { secretArn } = setting;
  if (secretArn === undefined) return { kind: 'none' };
  const object = parseObject(text ?? '');
  const pair = text?.trim() ?? '';
  // No token has a colon: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  const colon = object === undefined ? pair.indexOf(':') : -1;
  if (colon > 0) return { kind: 'basic', username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  const scheme = object !== undefined && 'username' in object ? 'basic' : 'bearer';
  const auth = parsePrometheusSecret(text ?? '', { kind: 'secret', scheme, secretArn });
  if (auth.kind === 'basic' ? !auth.username.includes(':') : PRINTABLE.test(auth.token)) return auth;
  throw refuse(setting, 'neither USER:PASSWORD nor a token that a header can carry');
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function refuse({ name, secretArn }: ReceiverSetting, what: string): SettingError {
  return new SettingError('bad-secret', `the secret ${secretArn} of ${name} is ${what}`);
}
