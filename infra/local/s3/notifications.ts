/**
 * Bucket notifications to queues: which events they take, and what they say.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import { ACCOUNT_ID, type BucketNotification } from '../contract.ts';
import type { StoredNotification } from './bucket-table.ts';
import { notImplemented, S3Error } from './errors.ts';
import { encodeKey } from './key-encoding.ts';
import type { Version } from './version-table.ts';
import { checkChildren, childrenOf, element, malformedXml, parent, textOf, type XmlNode } from './xml.ts';

/** What the emulator can tell of. */
export type S3EventName =
  | 'ObjectCreated:Put'
  | 'ObjectCreated:Copy'
  | 'ObjectCreated:CompleteMultipartUpload'
  | 'ObjectRemoved:Delete'
  | 'ObjectRemoved:DeleteMarkerCreated'
  | 'ObjectTagging:Put'
  | 'ObjectTagging:Delete';

export interface EventContent {
  readonly version: Version;
  readonly withVersionId: boolean;
  readonly event: S3EventName;
  readonly configurationId: string;
  readonly requestId: string;
  /** Grows with every event of a bucket. */
  readonly sequence: number;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** Families whose members a configuration may name; those that never happen here are accepted and stay silent. */
const EVENT_NAME =
  /^s3:(ObjectCreated|ObjectRemoved|ObjectTagging|ObjectRestore|ObjectAcl|Replication|LifecycleExpiration|LifecycleTransition|IntelligentTiering|ReducedRedundancyLostObject|TestEvent)(:(\*|[A-Za-z]+))?$/;

export function matchNotifications(
  notifications: readonly StoredNotification[],
  event: S3EventName,
  key: string,
): StoredNotification[] {
  return notifications.filter(
    ({ events, prefix, suffix }) =>
      events.some((name) => coversEvent(name, `s3:${event}`)) &&
      key.startsWith(prefix) &&
      key.endsWith(suffix),
  );
}

/** The body of the message, as S3 sends it. */
export function renderEvent(content: EventContent): string {
  const { version, withVersionId, event, configurationId, requestId, sequence, region, time } = content;
  const removed = event.startsWith('ObjectRemoved') || 'marker' in version;
  const record = {
    eventVersion: event.startsWith('ObjectTagging') ? '2.3' : '2.1',
    eventSource: 'aws:s3',
    awsRegion: region,
    eventTime: new Date(time).toISOString(),
    eventName: event,
    userIdentity: { principalId: `AWS:${ACCOUNT_ID}` },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: version.bucket,
        ownerIdentity: { principalId: ACCOUNT_ID },
        arn: `arn:aws:s3:::${version.bucket}`,
      },
      object: {
        key: encodeKey(version.key),
        ...(removed ? {} : { size: version.size, eTag: version.etag.replaceAll('"', '') }),
        ...(withVersionId ? { versionId: version.version } : {}),
        // As long for each event, so that comparing the text compares the numbers.
        sequencer: sequence.toString(16).toUpperCase().padStart(16, '0'),
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}

/** What S3 sends once to each queue of a new configuration. */
export function renderTestEvent(bucket: string, requestId: string, time: number): string {
  return JSON.stringify({
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: new Date(time).toISOString(),
    Bucket: bucket,
    RequestId: requestId,
    HostId: requestId,
  });
}

/** @throws S3Error MalformedXML, InvalidArgument, NotImplemented (destinations other than queues) */
export function parseNotificationConfiguration(node: XmlNode): StoredNotification[] {
  for (const name of ['TopicConfiguration', 'CloudFunctionConfiguration', 'EventBridgeConfiguration']) {
    if (childrenOf(node, name).length > 0)
      throw notImplemented(`notifications by ${name}, only QueueConfiguration`);
  }
  checkChildren(node, ['QueueConfiguration']);
  const notifications = childrenOf(node, 'QueueConfiguration').map((configuration, position) => {
    checkChildren(configuration, ['Id', 'Queue', 'Event', 'Filter']);
    const queueArn = textOf(configuration, 'Queue');
    if (!queueArn) throw malformedXml('a QueueConfiguration has no Queue');
    const events = childrenOf(configuration, 'Event').filter((event) => typeof event === 'string');
    return {
      id: textOf(configuration, 'Id') || makeId(position),
      queueArn,
      events,
      ...parseFilter(configuration),
    };
  });
  return checkNotifications(notifications);
}

export function renderNotificationConfiguration(notifications: readonly StoredNotification[]): string[] {
  return notifications.map(({ id, queueArn, events, prefix, suffix }) => {
    const rules = Object.entries({ Prefix: prefix, Suffix: suffix }).filter(([, value]) => value !== '');
    const filter = rules.map(([name, value]) =>
      parent('FilterRule', element('Name', name), element('Value', value)),
    );
    return parent(
      'QueueConfiguration',
      element('Id', id),
      element('Queue', queueArn),
      ...events.map((event) => element('Event', event)),
      rules.length > 0 ? parent('Filter', parent('S3Key', ...filter)) : '',
    );
  });
}

/** Gives each an id. @throws S3Error InvalidArgument */
export function nameNotifications(notifications: readonly BucketNotification[]): StoredNotification[] {
  return checkNotifications(
    notifications.map((notification, position) => ({ ...notification, id: makeId(position) })),
  );
}

function checkNotifications(notifications: StoredNotification[]): StoredNotification[] {
  for (const { events } of notifications) {
    if (events.length === 0) throw malformedXml('a QueueConfiguration has no Event');
    const unknown = events.find((event) => !EVENT_NAME.test(event));
    if (unknown !== undefined)
      throw new S3Error(
        'InvalidArgument',
        `The event is not supported for notifications: ${JSON.stringify(unknown)}`,
      );
  }
  for (const [position, a] of notifications.entries()) {
    const rival = notifications.slice(position + 1).find((b) => overlap(a, b));
    if (rival !== undefined)
      throw new S3Error(
        'InvalidArgument',
        `Configurations overlap. Configurations on the same bucket cannot share a common event type: ${a.id} and ${rival.id}`,
      );
  }
  return notifications;
}

function parseFilter(configuration: XmlNode): { prefix: string; suffix: string } {
  const found = { prefix: '', suffix: '' };
  for (const key of childrenOf(configuration, 'Filter').flatMap((filter) => childrenOf(filter, 'S3Key'))) {
    for (const rule of childrenOf(key, 'FilterRule')) {
      const name = textOf(rule, 'Name')?.toLowerCase();
      if (name !== 'prefix' && name !== 'suffix')
        throw new S3Error(
          'InvalidArgument',
          `filter rule name must be either prefix or suffix, not ${JSON.stringify(name)}`,
        );
      found[name] = textOf(rule, 'Value') ?? '';
    }
  }
  return found;
}

/** S3 takes no two configurations that one event of one key could both match. */
function overlap(a: BucketNotification, b: BucketNotification): boolean {
  const events = a.events.some((x) => b.events.some((y) => coversEvent(x, y) || coversEvent(y, x)));
  const prefixes = a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix);
  const suffixes = a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix);
  return events && prefixes && suffixes;
}

function coversEvent(pattern: string, event: string): boolean {
  return pattern === event || (pattern.endsWith('*') && event.startsWith(pattern.slice(0, -1)));
}

function makeId(position: number): string {
  return `tidewatch-${position + 1}`;
}
