/** What the functions and the CLI are told by their environment. Read once, at start. */

import { SettingError } from '../base/errors.ts';
import { BATCH_PURPOSES, type BatchSetting, readBatch } from './batch-setting.ts';
import type { GroupingPolicy } from './grouping.ts';
import { GROUPING_PURPOSES, readGrouping } from './grouping-settings.ts';
import { hideCredentials } from './hide-credentials.ts';
import { isConcurrency, MOST_CONCURRENT, parsePrometheusSources } from './prometheus-sources.ts';
import { RECEIVER_PURPOSES, type ReceiverSetting, readReceivers, SECRET_ARN } from './receiver-settings.ts';
import type { PrometheusAuthSetting, PrometheusSettings, SourceSettings } from './source-settings.ts';
import type { TlsSetting } from './tls-setting.ts';

export interface Settings {
  readonly bucket: string;
  /** Of the bucket. */
  readonly region: string;
  /** Of the topic that alerts are published to. */
  readonly topicArn: string;
  readonly scoreQueueUrl: string;
  readonly trainQueueUrl: string;
  readonly notifyQueueUrl: string;
  readonly deliverQueueUrl: string;
  /** The secret that holds the key of links to pages. */
  readonly pagesKeyArn: string;
  /** Where pages of incidents are served; undefined where they are not. */
  readonly pages: PagesSetting;
  /** How anomalies become incidents; defaults where nothing is set. */
  readonly grouping: GroupingPolicy;
  /** Services that alerts are delivered to; none where nothing is set. */
  readonly receivers: readonly ReceiverSetting[];
  /** Names this deployment in logs and metrics. */
  readonly service: string;
  /** Whether each detector has metrics of its own in CloudWatch. */
  readonly detectorMetrics: boolean;
  /** Jobs that train what is beyond the function; undefined where there are none. */
  readonly batch: BatchSetting;
  /** Where metrics come from, of detectors whose manifest names no source. */
  readonly source: SourceSettings;
  /** By the name that a manifest gives as `spec.source`. */
  readonly namedSources: ReadonlyMap<string, SourceSettings>;
}

export interface PagesSetting {
  readonly url: string;
  /** The secret that holds the key of links. */
  readonly keyArn: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const AUTH_KINDS = ['none', 'bearer', 'basic', 'sigv4'] as const;

/** What each variable is for, as a message says it. */
const PURPOSES = {
  TIDEWATCH_BUCKET: 'the bucket that holds windows, models and incidents',
  TIDEWATCH_TOPIC_ARN: 'the SNS topic that alerts are published to',
  TIDEWATCH_SCORE_QUEUE_URL: 'the SQS queue that asks for scoring',
  TIDEWATCH_TRAIN_QUEUE_URL: 'the SQS queue that asks for training',
  TIDEWATCH_NOTIFY_QUEUE_URL: 'the SQS queue that asks for the telling',
  TIDEWATCH_DELIVER_QUEUE_URL: 'the SQS queue of what is to be delivered',
  TIDEWATCH_PAGES_URL: 'the address at which pages of incidents are served',
  TIDEWATCH_PAGES_KEY_ARN: 'the secret that holds the key of links to pages',
  ...BATCH_PURPOSES,
  ...GROUPING_PURPOSES,
  ...RECEIVER_PURPOSES,
  TIDEWATCH_SERVICE: 'the name of this deployment in logs and metrics',
  TIDEWATCH_DETECTOR_METRICS: 'on, where each detector has metrics of its own in CloudWatch',
  TIDEWATCH_PROMETHEUS_URL: 'the Prometheus that windows are exported from',
  TIDEWATCH_PROMETHEUS_AUTH: `how to sign in to Prometheus: ${AUTH_KINDS.join(', ')}`,
  TIDEWATCH_PROMETHEUS_HEADERS: 'extra headers for Prometheus as a JSON object of strings',
  TIDEWATCH_PROMETHEUS_SECRET_ARN: 'the secret with the credentials for Prometheus',
  TIDEWATCH_PROMETHEUS_TOKEN: 'the bearer token for Prometheus',
  TIDEWATCH_PROMETHEUS_USER: 'the user name for Prometheus',
  TIDEWATCH_PROMETHEUS_PASSWORD: 'the password for Prometheus',
  TIDEWATCH_PROMETHEUS_CONCURRENCY: 'how many queries Prometheus is asked at a time',
  TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN:
    'the secret with certificates for Prometheus: {"ca": …, "cert": …, "key": …}',
  TIDEWATCH_PROMETHEUS_CA_FILE: 'a file with the certificates that Prometheus is trusted by',
  TIDEWATCH_PROMETHEUS_CERT_FILE: 'a file with the certificate that is shown to Prometheus',
  TIDEWATCH_PROMETHEUS_KEY_FILE: 'a file with the key of that certificate',
  TIDEWATCH_PROMETHEUS_SOURCES: 'further Prometheus servers by name, as JSON',
  AWS_REGION:
    'the region of the bucket, and the one that requests to Amazon Managed Prometheus are signed for',
} as const;
type Variable = keyof typeof PURPOSES;

/** Sees one environment and collects what is wrong with it. */
interface Reader {
  /** Undefined where it is unset or blank: a template that leaves a setting out gives ''. */
  readonly optional: (name: Variable) => string | undefined;
  /** '' where it is missing, which is then a problem. */
  readonly required: (name: Variable, when?: string) => string;
  readonly complain: (problem: string) => void;
}

const READERS: { readonly [Name in keyof Settings]: (reader: Reader) => Settings[Name] } = {
  bucket: readBucket,
  region: (reader) => reader.required('AWS_REGION'),
  topicArn: readTopicArn,
  scoreQueueUrl: (reader) => readUrl(reader, 'TIDEWATCH_SCORE_QUEUE_URL'),
  trainQueueUrl: (reader) => readUrl(reader, 'TIDEWATCH_TRAIN_QUEUE_URL'),
  notifyQueueUrl: (reader) => readUrl(reader, 'TIDEWATCH_NOTIFY_QUEUE_URL'),
  deliverQueueUrl: (reader) => readUrl(reader, 'TIDEWATCH_DELIVER_QUEUE_URL'),
  pagesKeyArn: readPagesKeyArn,
  pages: (reader) => ({ url: readUrl(reader, 'TIDEWATCH_PAGES_URL'), keyArn: readPagesKeyArn(reader) }),
  batch: readBatch,
  grouping: readGrouping,
  receivers: readReceivers,
  service: (reader) => reader.required('TIDEWATCH_SERVICE'),
  detectorMetrics: readDetectorMetrics,
  source: readPrometheus,
  namedSources: readNamedSources,
};

/** Present where one of these variables is. */
const PRESENT_BY: { readonly [Name in keyof Settings]: readonly Variable[] } = {
  bucket: ['TIDEWATCH_BUCKET'],
  region: ['AWS_REGION'],
  topicArn: ['TIDEWATCH_TOPIC_ARN'],
  scoreQueueUrl: ['TIDEWATCH_SCORE_QUEUE_URL'],
  trainQueueUrl: ['TIDEWATCH_TRAIN_QUEUE_URL'],
  notifyQueueUrl: ['TIDEWATCH_NOTIFY_QUEUE_URL'],
  deliverQueueUrl: ['TIDEWATCH_DELIVER_QUEUE_URL'],
  pagesKeyArn: ['TIDEWATCH_PAGES_KEY_ARN'],
  pages: ['TIDEWATCH_PAGES_URL'],
  batch: ['TIDEWATCH_BATCH_QUEUE'],
  grouping: ['TIDEWATCH_GROUP_BY'],
  receivers: ['TIDEWATCH_SLACK_SECRET_ARN'],
  service: ['TIDEWATCH_SERVICE'],
  detectorMetrics: ['TIDEWATCH_DETECTOR_METRICS'],
  source: ['TIDEWATCH_PROMETHEUS_URL'],
  namedSources: ['TIDEWATCH_PROMETHEUS_SOURCES'],
};

/**
 * @param names settings that have to be there
 * @param optional settings that are undefined where their variable is unset or blank, and checked where it is not
 * @throws SettingError that names every variable that is missing or bad, and what it is for
 */
export function readSettings<Name extends keyof Settings, Optional extends keyof Settings = never>(
  env: Environment,
  names: readonly Name[],
  optional: readonly Optional[] = [],
): Pick<Settings, Name> & { readonly [O in Optional]: Settings[O] | undefined } {
  const problems: string[] = [];
  const reader = createReader(env, problems);
  const read = (name: keyof Settings): [string, unknown] => [name, READERS[name](reader)];
  const settings = Object.fromEntries([
    ...names.map(read),
    ...optional.map((name) =>
      PRESENT_BY[name].some((variable) => reader.optional(variable) !== undefined)
        ? read(name)
        : [name, undefined],
    ),
  ]);
  if (problems.length > 0) throw new SettingError('bad-settings', problems.join('; '));
  return settings as ReturnType<typeof readSettings<Name, Optional>>;
}

function createReader(env: Environment, problems: string[]): Reader {
  const optional = (name: Variable): string | undefined => env[name]?.trim() || undefined;
  return {
    optional,
    required: (name, when) => {
      const value = optional(name);
      if (value === undefined)
        problems.push(`${name} is not set${when ? ` (${when})` : ''}: ${PURPOSES[name]}`);
      return value ?? '';
    },
    complain: (problem) => problems.push(problem),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, or the ARN of an access point. */
function readBucket(reader: Reader): string {
  const bucket = reader.required('TIDEWATCH_BUCKET');
  if (bucket !== '' && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) && !bucket.startsWith('arn:'))
    reader.complain(
      `TIDEWATCH_BUCKET is ${JSON.stringify(bucket)}; a bucket has 3 to 63 lower-case letters, digits, dots and dashes`,
    );
  return bucket;
}

function readTopicArn(reader: Reader): string {
  const arn = reader.required('TIDEWATCH_TOPIC_ARN');
  if (arn !== '' && !/^arn:[\w-]+:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(arn))
    reader.complain(
      `TIDEWATCH_TOPIC_ARN is ${JSON.stringify(arn)}, not the ARN of a standard topic such as arn:aws:sns:eu-west-1:123456789012:alerts`,
    );
  return arn;
}

function readUrl(reader: Reader, name: Variable): string {
  const url = reader.required(name);
  if (url !== '' && !(URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)))
    reader.complain(`${name} is ${JSON.stringify(hideCredentials(url))}, not an http:// or https:// URL`);
  return url;
}

function readDetectorMetrics(reader: Reader): boolean {
  const text = reader.optional('TIDEWATCH_DETECTOR_METRICS') ?? 'off';
  if (text !== 'on' && text !== 'off')
    reader.complain(`TIDEWATCH_DETECTOR_METRICS is ${JSON.stringify(text)}; on or off`);
  return text === 'on';
}

function readPagesKeyArn(reader: Reader): string {
  const arn = reader.required('TIDEWATCH_PAGES_KEY_ARN');
  // What it is, no message shows: somebody may have set the key itself.
  if (arn !== '' && !SECRET_ARN.test(arn))
    reader.complain(
      `TIDEWATCH_PAGES_KEY_ARN is no ARN of a secret in Secrets Manager: ${PURPOSES.TIDEWATCH_PAGES_KEY_ARN}`,
    );
  return arn;
}

function readPrometheus(reader: Reader): PrometheusSettings {
  const url = readUrl(reader, 'TIDEWATCH_PROMETHEUS_URL');
  const concurrency = readConcurrency(reader);
  const tls = readTls(reader);
  if (tls !== undefined && url !== '' && !url.startsWith('https:'))
    reader.complain('TIDEWATCH_PROMETHEUS_URL is not https://, and certificates for it are set');
  return {
    kind: 'prometheus',
    url,
    auth: readAuth(reader),
    headers: readHeaders(reader),
    ...(concurrency !== undefined && { concurrency }),
    ...(tls !== undefined && { tls }),
  };
}

function readConcurrency(reader: Reader): number | undefined {
  const text = reader.optional('TIDEWATCH_PROMETHEUS_CONCURRENCY');
  if (text === undefined || isConcurrency(Number(text))) return text === undefined ? undefined : Number(text);
  reader.complain(
    `TIDEWATCH_PROMETHEUS_CONCURRENCY is ${JSON.stringify(text)}, not a whole number from 1 to ${MOST_CONCURRENT}`,
  );
  return undefined;
}

function readTls(reader: Reader): TlsSetting | undefined {
  const secretArn = reader.optional('TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN');
  const caFile = reader.optional('TIDEWATCH_PROMETHEUS_CA_FILE');
  const certFile = reader.optional('TIDEWATCH_PROMETHEUS_CERT_FILE');
  const keyFile = reader.optional('TIDEWATCH_PROMETHEUS_KEY_FILE');
  if ((certFile === undefined) !== (keyFile === undefined))
    reader.complain('one of TIDEWATCH_PROMETHEUS_CERT_FILE and TIDEWATCH_PROMETHEUS_KEY_FILE is not set');
  const hasFiles = (caFile ?? certFile ?? keyFile) !== undefined;
  if (secretArn === undefined) return hasFiles ? { kind: 'files', caFile, certFile, keyFile } : undefined;
  if (hasFiles)
    reader.complain(
      'TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN and files with certificates are set: one of them can hold',
    );
  // What it is, no message shows: somebody may have set the key itself.
  if (!SECRET_ARN.test(secretArn))
    reader.complain(
      `TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN is no ARN of a secret in Secrets Manager: ${PURPOSES.TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN}`,
    );
  return { kind: 'secret', secretArn };
}

function readNamedSources(reader: Reader): ReadonlyMap<string, PrometheusSettings> {
  const json = reader.required('TIDEWATCH_PROMETHEUS_SOURCES');
  if (json === '') return new Map();
  try {
    return parsePrometheusSources(json, {
      source: 'TIDEWATCH_PROMETHEUS_SOURCES',
      region: reader.optional('AWS_REGION'),
    });
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    reader.complain(error.message);
    return new Map();
  }
}

function readAuth(reader: Reader): PrometheusAuthSetting {
  const given = reader.optional('TIDEWATCH_PROMETHEUS_AUTH') ?? 'none';
  const kind = AUTH_KINDS.find((known) => known === given);
  const secretArn = reader.optional('TIDEWATCH_PROMETHEUS_SECRET_ARN');
  const when = `TIDEWATCH_PROMETHEUS_AUTH is ${given}`;
  switch (kind) {
    case undefined:
      reader.complain(
        `TIDEWATCH_PROMETHEUS_AUTH is ${JSON.stringify(given)}; one of ${AUTH_KINDS.join(', ')}`,
      );
      return { kind: 'none' };
    case 'none':
      return { kind };
    case 'sigv4':
      return { kind, region: reader.required('AWS_REGION', when) };
    case 'bearer':
      if (secretArn !== undefined) return { kind: 'secret', scheme: kind, secretArn };
      return { kind, token: reader.required('TIDEWATCH_PROMETHEUS_TOKEN', when) };
    case 'basic':
      if (secretArn !== undefined) return { kind: 'secret', scheme: kind, secretArn };
      return {
        kind,
        username: reader.required('TIDEWATCH_PROMETHEUS_USER', when),
        password: reader.required('TIDEWATCH_PROMETHEUS_PASSWORD', when),
      };
  }
}

function readHeaders(reader: Reader): Readonly<Record<string, string>> {
  const text = reader.optional('TIDEWATCH_PROMETHEUS_HEADERS');
  if (text === undefined) return {};
  // The value may hold a secret, so no message shows it.
  try {
    const headers: unknown = JSON.parse(text);
    if (isRecordOfStrings(headers)) return headers;
  } catch {
    // Told below, as what it should be.
  }
  reader.complain(
    'TIDEWATCH_PROMETHEUS_HEADERS is not a JSON object of strings such as {"X-Scope-OrgID": "team-a"}',
  );
  return {};
}

function isRecordOfStrings(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string')
  );
}
