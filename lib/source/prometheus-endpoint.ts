/** How a Prometheus, or what speaks its API (Thanos, Mimir, Amazon Managed Prometheus), is reached. */
import { SettingError } from '../base/errors.ts';
import type { TlsMaterial } from '../config/tls-setting.ts';
import { checkTls } from './check-tls.ts';

export interface PrometheusEndpoint {
  /** Base URL, path prefix included; `/api/v1/query_range` is added. `https://user:pass@host` is basic auth. */
  readonly url: string;
  readonly auth: PrometheusAuth;
  /** Sent with every request, such as `X-Scope-OrgID`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for one request with its whole answer. */
  readonly timeoutMs: number;
  /** Requests at a time. */
  readonly concurrency: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Absent: public authorities are trusted, and no certificate is shown. */
  readonly tls?: TlsMaterial;
}

export type PrometheusAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'sigv4';
      readonly region: string;
      readonly credentials: AwsCredentials | (() => Promise<AwsCredentials>);
    };

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** An endpoint that was checked, ready to ask. */
export interface PrometheusTarget {
  /** Of query_range, without user info. */
  readonly url: URL;
  /** The URL for people: no user info, no query string, since either can hold a secret. */
  readonly shownUrl: string;
  readonly auth: PrometheusAuth;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsMaterial;
}

/** Prometheus stops a query after 2 minutes by itself; one that takes half a minute is worth a narrower query. */
export const DEFAULT_TIMEOUT_MS = 30_000;
/** Prometheus runs 20 queries at a time by default, and people's dashboards need some of them. */
export const DEFAULT_CONCURRENCY = 4;
export const DEFAULT_RETRIES = 4;

const RESERVED_HEADERS = ['host', 'content-length', 'content-type', 'accept'];
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** The console of Amazon Managed Prometheus shows its URL up to and with `/api/v1/query`. */
const API_SUFFIX = /\/*(\/api\/v1(\/query(_range)?)?)?\/*$/;

/** @throws SettingError that names the setting and never the secret */
export function prepareTarget(endpoint: PrometheusEndpoint): PrometheusTarget {
  const url = parseUrl(endpoint.url);
  const auth = withUserInfo(url, endpoint.auth);
  url.username = '';
  url.password = '';
  url.hash = '';
  url.pathname = `${url.pathname.replace(API_SUFFIX, '')}/api/v1/query_range`;
  checkAuth(auth);
  checkLimits(endpoint);
  const { tls } = endpoint;
  if (tls !== undefined) checkTls(tls, url);
  return {
    url,
    shownUrl: url.origin + url.pathname,
    auth,
    headers: checkHeaders(endpoint.headers, auth),
    ...(tls !== undefined && { tls }),
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new SettingError(
    'bad-prometheus-url',
    `the Prometheus URL ${JSON.stringify(text.replace(/\/\/[^/@]*@/, '//'))} is no http:// or https:// URL`,
  );
}

function withUserInfo(url: URL, auth: PrometheusAuth): PrometheusAuth {
  if (url.username === '' && url.password === '') return auth;
  if (auth.kind !== 'none')
    throw new SettingError(
      'two-credentials',
      `the Prometheus URL of ${url.host} carries a user name, and the auth setting is ${auth.kind}: only one of them can hold`,
    );
  return {
    kind: 'basic',
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

function checkAuth(auth: PrometheusAuth): void {
  if (auth.kind === 'bearer' && !/^[\x21-\x7e]+$/.test(auth.token))
    throw new SettingError(
      'bad-bearer-token',
      `the bearer token for Prometheus is empty or holds a space, a line break or another character that a header cannot carry (length ${auth.token.length})`,
    );
  if (auth.kind === 'basic' && auth.username.includes(':'))
    throw new SettingError(
      'bad-user-name',
      'the user name for Prometheus holds a colon, which basic auth cannot carry',
    );
  if (auth.kind === 'sigv4' && !/^[a-z0-9-]+$/.test(auth.region))
    throw new SettingError(
      'bad-region',
      `${JSON.stringify(auth.region)} is no AWS region, which SigV4 needs`,
    );
}

function checkLimits(endpoint: PrometheusEndpoint): void {
  const limits = [
    ['timeoutMs', endpoint.timeoutMs, 1],
    ['concurrency', endpoint.concurrency, 1],
    ['retries', endpoint.retries, 0],
  ] as const;
  for (const [name, value, least] of limits)
    if (!Number.isInteger(value) || value < least)
      throw new SettingError(
        'bad-prometheus-limit',
        `${name} of Prometheus is ${value}, not a whole number ≥ ${least}`,
      );
}

function checkHeaders(
  headers: Readonly<Record<string, string>>,
  auth: PrometheusAuth,
): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    const clash = name === 'authorization' && auth.kind !== 'none';
    if (!HEADER_NAME.test(name) || RESERVED_HEADERS.includes(name) || clash || name in checked)
      throw new SettingError(
        'bad-header',
        `the extra header ${JSON.stringify(given)} for Prometheus cannot be set (auth is ${auth.kind}; ${RESERVED_HEADERS.join(', ')} are set already)`,
      );
    if (!HEADER_VALUE.test(value))
      throw new SettingError(
        'bad-header',
        `the value of the extra header ${given} holds a character that a header cannot carry`,
      );
    checked[name] = value;
  }
  return checked;
}
