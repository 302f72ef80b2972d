/** A queue's attributes: which there are, what they may hold, and what they are where nobody set them. */
import { invalidValue, sqsError } from './errors.ts';
import type { Range } from './input.ts';
import { countMessages, type Queue } from './queue.ts';
import { type QueueStore, queueByArn } from './store.ts';

/** Of a message with its attributes, and of a whole batch. */
export const MAX_MESSAGE_BYTES = 262_144;

const INTEGERS: Readonly<Record<string, Range & { readonly initial: number }>> = {
  DelaySeconds: { min: 0, max: 900, initial: 0 },
  MaximumMessageSize: { min: 1024, max: MAX_MESSAGE_BYTES, initial: MAX_MESSAGE_BYTES },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, initial: 345_600 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, initial: 0 },
  VisibilityTimeout: { min: 0, max: 43_200, initial: 30 },
};
const JSON_DOCUMENTS = ['Policy', 'RedriveAllowPolicy', 'RedrivePolicy'];
/** Kept and given back; encryption is not emulated. */
const STORED = ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'];
const FIFO = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
const COMPUTED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
];
const MAX_RECEIVES: Range = { min: 1, max: 1000 };

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** The queue's attributes after `changes`; an empty policy removes the one that is there. */
export function mergeAttributes(
  store: QueueStore,
  present: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const merged = { ...present };
  for (const [name, value] of Object.entries(changes)) {
    checkAttribute(store, name, value);
    if (value === '') delete merged[name];
    else merged[name] = name === 'RedrivePolicy' ? normalizeRedrive(value) : value;
  }
  return merged;
}

/** Which of `wanted` the queue does not hold, its defaults counted in. */
export function findDifference(queue: Queue, wanted: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(wanted).find(([name, value]) => {
    const present = queue.attributes[name] ?? String(INTEGERS[name]?.initial ?? '');
    return present !== (name === 'RedrivePolicy' && value !== '' ? normalizeRedrive(value) : value);
  })?.[0];
}

/** Seconds or bytes. */
export function integerAttribute(queue: Queue, name: string): number {
  return Number(queue.attributes[name] ?? INTEGERS[name]?.initial);
}

export function redrivePolicyOf(queue: Queue): RedrivePolicy | undefined {
  const text = queue.attributes.RedrivePolicy;
  return text === undefined ? undefined : parseRedrive(text);
}

/** What GetQueueAttributes answers to `names`, with `All` for everything. */
export function describeQueue(queue: Queue, names: readonly string[]): Record<string, string> {
  const counts = countMessages(queue);
  const all: Record<string, string> = {
    ...Object.fromEntries(Object.entries(INTEGERS).map(([name, { initial }]) => [name, String(initial)])),
    ...queue.attributes,
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
  };
  if (names.includes('All')) return all;
  const chosen: Record<string, string> = {};
  for (const name of names) {
    if (![...Object.keys(INTEGERS), ...JSON_DOCUMENTS, ...STORED, ...FIFO, ...COMPUTED].includes(name))
      throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    const value = all[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

function checkAttribute(store: QueueStore, name: string, value: string): void {
  const range = INTEGERS[name];
  if (range) {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return;
    throw sqsError(
      'InvalidAttributeValue',
      `Invalid value for the parameter ${name}: ${value}; it must be an integer from ${range.min} to ${range.max}.`,
    );
  }
  if (FIFO.includes(name))
    throw sqsError('NotImplemented', `${name}=${value}: FIFO queues are not emulated, only standard ones.`);
  if (STORED.includes(name) || value === '') return;
  if (!JSON_DOCUMENTS.includes(name))
    throw sqsError(
      'InvalidAttributeName',
      `Unknown Attribute ${name}${COMPUTED.includes(name) ? ', or one that cannot be set' : ''}.`,
    );
  if (!isJsonObject(value)) throw invalidValue(name, value, 'It must be a JSON object.');
  if (name !== 'RedrivePolicy') return;
  const { deadLetterTargetArn } = parseRedrive(value);
  if (queueByArn(store, deadLetterTargetArn) === undefined)
    throw invalidValue(name, value, `Dead letter target does not exist: ${deadLetterTargetArn}`);
}

function parseRedrive(text: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(text) as Record<string, unknown>;
  if (typeof deadLetterTargetArn !== 'string')
    throw invalidValue('RedrivePolicy', text, 'deadLetterTargetArn must be the ARN of a queue.');
  const count = Number(maxReceiveCount ?? Number.NaN);
  if (!Number.isInteger(count) || count < MAX_RECEIVES.min || count > MAX_RECEIVES.max)
    throw invalidValue(
      'RedrivePolicy',
      text,
      `maxReceiveCount must be an integer from ${MAX_RECEIVES.min} to ${MAX_RECEIVES.max}.`,
    );
  return { deadLetterTargetArn, maxReceiveCount: count };
}

function normalizeRedrive(text: string): string {
  return JSON.stringify(parseRedrive(text));
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
