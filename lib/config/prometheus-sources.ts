/**
 * The Prometheus servers of a deployment by name, which manifests choose from by `spec.source`. Only who deploys says
 * where they are: whoever writes a manifest could otherwise send credentials wherever they like.
 */
import { SettingError } from '../base/errors.ts';
import { SECRET_ARN } from './receiver-settings.ts';
import { SOURCE_NAME } from './source-name.ts';
import type { PrometheusAuthSetting, PrometheusSettings } from './source-settings.ts';
import type { TlsSetting } from './tls-setting.ts';

/** Prometheus answers 20 queries at a time by default; more than this would be a load test. */
export const MOST_CONCURRENT = 64;
const AUTH_KINDS = ['none', 'bearer', 'basic', 'sigv4'] as const;

/** As it is written; members that hold no text are checked by themselves. */
interface SourceEntry {
  readonly url: string;
  readonly auth: (typeof AUTH_KINDS)[number];
  /** With the token, or user name and password. */
  readonly secretArn?: string;
  /** In their place: a file with the token; a user name, and a file with the password. */
  readonly tokenFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  /** For SigV4. */
  readonly region?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Queries at a time. */
  readonly concurrency?: number;
  readonly tlsSecretArn?: string;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type Check = readonly [isSound: (value: unknown) => boolean, what: string];
const isText = (value: unknown): value is string => typeof value === 'string' && /\S/.test(value);
const file: Check = [isText, 'the path of a file'];
const arn: Check = [
  (value) => isText(value) && SECRET_ARN.test(value),
  'the ARN of a secret in Secrets Manager',
];

/** What each member has to be. No message shows what it is: it may be the secret itself. */
const MEMBERS: { readonly [Name in keyof Required<SourceEntry>]: Check } = {
  url: [
    (value) => isText(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'an http:// or https:// URL',
  ],
  auth: [(value) => AUTH_KINDS.some((kind) => kind === value), AUTH_KINDS.join(' or ')],
  secretArn: arn,
  tokenFile: file,
  username: [isText, 'a name'],
  passwordFile: file,
  region: [(value) => isText(value) && /^[a-z0-9-]+$/.test(value), 'an AWS region'],
  headers: [
    (value) => isMap(value) && Object.values(value).every((each) => typeof each === 'string'),
    'a map of strings',
  ],
  concurrency: [isConcurrency, `a whole number from 1 to ${MOST_CONCURRENT}`],
  tlsSecretArn: arn,
  caFile: file,
  certFile: file,
  keyFile: file,
};

/**
 * @param json a map from names to sources
 * @param from.region for SigV4 where a source has none of its own
 * @throws SettingError that lists everything that is wrong
 */
export function parsePrometheusSources(
  json: string,
  from: { readonly source: string; readonly region: string | undefined },
): ReadonlyMap<string, PrometheusSettings> {
  const value = parseJson(json, from.source);
  if (!isMap(value) || Object.keys(value).length === 0)
    throw refuse(from.source, [
      'it is no map from names to sources such as {"prod-eu": {"url": "https://…"}}',
    ]);
  const entries = Object.entries(value);
  const problems = entries.flatMap(([name, entry]) =>
    findProblems(name, entry, from.region).map((problem) => `${JSON.stringify(name)} ${problem}`),
  );
  if (problems.length > 0) throw refuse(from.source, problems);
  return new Map(entries.map(([name, entry]) => [name, toSettings(withDefaults(entry), from.region)]));
}

export function isConcurrency(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_CONCURRENT;
}

/** Every secret that they are opened with, once each. */
export function secretsOfSources(sources: Iterable<PrometheusSettings>): string[] {
  const arns = [...sources].flatMap(({ auth, tls }) => [
    ...(auth.kind === 'secret' ? [auth.secretArn] : []),
    ...(tls?.kind === 'secret' ? [tls.secretArn] : []),
  ]);
  return [...new Set(arns)];
}

function parseJson(json: string, source: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // What the parser says quotes the text, which may hold a secret.
    throw refuse(source, ['it is no JSON']);
  }
}

function refuse(source: string, problems: readonly string[]): SettingError {
  return new SettingError('bad-sources', `${source}: ${problems.join('; ')}`);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function findProblems(name: string, given: unknown, region: string | undefined): string[] {
  const problems: string[] = [];
  if (!SOURCE_NAME.test(name))
    problems.push('is no name of letters, digits, dots, dashes and underscores, at most 64');
  if (!isMap(given)) return [...problems, 'must be a map with url'];
  if (given['url'] === undefined) problems.push('has no url');
  for (const [member, value] of Object.entries(given)) {
    const check = Object.hasOwn(MEMBERS, member) ? MEMBERS[member as keyof SourceEntry] : undefined;
    if (check === undefined)
      problems.push(
        `has the unknown field ${JSON.stringify(member)}; known are ${Object.keys(MEMBERS).join(', ')}`,
      );
    else if (!check[0](value)) problems.push(`has a field ${member} that must be ${check[1]}`);
  }
  return problems.length > 0 ? problems : findContradictions(withDefaults(given), region);
}

/** Of an entry whose members were checked. */
function withDefaults(given: unknown): SourceEntry {
  return { auth: 'none', headers: {}, ...(given as Pick<SourceEntry, 'url'>) };
}

/** What members say together. */
function findContradictions(entry: SourceEntry, region: string | undefined): string[] {
  const { auth, secretArn, tokenFile, username, passwordFile, tlsSecretArn, caFile, certFile, keyFile } =
    entry;
  const problems: string[] = [];
  const ways = [secretArn, tokenFile, username ?? passwordFile].filter((way) => way !== undefined).length;
  if (auth === 'bearer' && (ways !== 1 || username !== undefined || passwordFile !== undefined))
    problems.push('has auth bearer, which needs secretArn or tokenFile and nothing besides');
  if (auth === 'basic' && (ways !== 1 || (secretArn === undefined && !(username && passwordFile))))
    problems.push('has auth basic, which needs secretArn, or username and passwordFile, and nothing besides');
  if ((auth === 'none' || auth === 'sigv4') && ways > 0) problems.push(`has auth ${auth} and credentials`);
  if (auth === 'sigv4' && (entry.region ?? region) === undefined)
    problems.push('has auth sigv4, which needs a region');
  if (auth !== 'sigv4' && entry.region !== undefined) problems.push(`has auth ${auth} and a region`);
  if ((certFile === undefined) !== (keyFile === undefined)) problems.push('has one of certFile and keyFile');
  if (tlsSecretArn !== undefined && (caFile ?? certFile) !== undefined)
    problems.push('has both tlsSecretArn and files with certificates');
  if ((tlsSecretArn ?? caFile ?? certFile) !== undefined && !entry.url.startsWith('https:'))
    problems.push('has certificates, and an address that is not https://');
  return problems;
}

function toSettings(entry: SourceEntry, region: string | undefined): PrometheusSettings {
  const tls = toTls(entry);
  return {
    kind: 'prometheus',
    url: entry.url,
    auth: toAuth(entry, region),
    headers: entry.headers,
    ...(entry.concurrency !== undefined && { concurrency: entry.concurrency }),
    ...(tls !== undefined && { tls }),
  };
}

function toAuth(entry: SourceEntry, region: string | undefined): PrometheusAuthSetting {
  const { auth, secretArn, tokenFile = '', username = '', passwordFile = '' } = entry;
  if (auth === 'none') return { kind: 'none' };
  if (auth === 'sigv4') return { kind: 'sigv4', region: entry.region ?? region ?? '' };
  if (secretArn !== undefined) return { kind: 'secret', scheme: auth, secretArn };
  if (auth === 'bearer') return { kind: 'file', scheme: auth, path: tokenFile };
  return { kind: 'file', scheme: auth, username, path: passwordFile };
}

function toTls({ tlsSecretArn, caFile, certFile, keyFile }: SourceEntry): TlsSetting | undefined {
  if (tlsSecretArn !== undefined) return { kind: 'secret', secretArn: tlsSecretArn };
  if (caFile === undefined && certFile === undefined) return undefined;
  return { kind: 'files', caFile, certFile, keyFile };
}
