/** ReceiveMessage: which messages go out, dead letters, long polling. */
import { type CallContext, type Operation, queueMissing, queueOfInput, type SqsContext } from './context.ts';
import { sqsError } from './errors.ts';
import { type Input, optionalInteger, stringList } from './input.ts';
import { digestAttributes, digestText } from './message-attributes.ts';
import {
  countMessages,
  type MessageAttributes,
  nextVisibleAt,
  type Queue,
  refreshQueue,
  type StoredMessage,
} from './queue.ts';
import { integerAttribute, redrivePolicyOf } from './queue-attributes.ts';
import { encodeReceipt } from './receipt-handle.ts';
import { type QueueEntry, queueByArn } from './store.ts';

export interface ReceiveOptions {
  readonly max: number;
  /** The queue's own, as it is when messages are found, where it is not given. */
  readonly visibilitySeconds: number | undefined;
  readonly waitMs: number;
  /** Aborted when the receiver is gone: a message that nobody reads must not go into flight. */
  readonly signal?: AbortSignal | undefined;
}

/** A message as it was received: later receives do not change it. */
export interface ReceivedMessage extends StoredMessage {
  readonly receiptHandle: string;
}

const MAX_MESSAGES = { min: 1, max: 10 };
const VISIBILITY = { min: 0, max: 43_200 };
const WAIT = { min: 0, max: 20 };
const MAX_IN_FLIGHT = 120_000;
/** A clock that is moved by hand is looked at this often while somebody waits for a hidden message. */
const LOOK_AGAIN_MS = 1000;
const SYSTEM_NAMES = [
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
];

export const receiveMessage: Operation = async (context, input, { signal }: CallContext) => {
  const queue = queueOfInput(context, input);
  const options = {
    max: optionalInteger(input, 'MaxNumberOfMessages', MAX_MESSAGES) ?? 1,
    visibilitySeconds: optionalInteger(input, 'VisibilityTimeout', VISIBILITY),
    waitMs:
      1000 *
      (optionalInteger(input, 'WaitTimeSeconds', WAIT) ??
        integerAttribute(queue, 'ReceiveMessageWaitTimeSeconds')),
    signal,
  };
  const describe = describerOf(input);
  const messages = await receiveMessages(context, queue, options);
  return messages.length > 0 ? { Messages: messages.map(describe) } : {};
};

/** Waits up to `waitMs` of real time for a first message; empty where none came. */
export async function receiveMessages(
  context: SqsContext,
  queue: Queue,
  options: ReceiveOptions,
): Promise<readonly ReceivedMessage[]> {
  const deadline = performance.now() + options.waitMs;
  while (!context.closing.aborted) {
    const { taken, entries } = takeMessages(context, queue, options);
    if (entries.length > 0) await context.commit(...entries);
    const remaining = deadline - performance.now();
    if (taken.length > 0 || remaining <= 0 || options.signal?.aborted) return taken;
    await waitForMessage(context, queue, remaining, options.signal);
    if (context.store.queues.get(queue.name) !== queue) throw queueMissing(queue.name);
  }
  return [];
}

/** SentTimestamp, ApproximateReceiveCount, … as SQS names them. */
export function systemAttributesOf(message: StoredMessage): Record<string, string> {
  const trace = message.systemAttributes.AWSTraceHeader?.stringValue;
  return {
    SenderId: 'AIDAEMULATOR',
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    ...(message.source === undefined ? {} : { DeadLetterQueueSourceArn: message.source }),
    ...(trace === undefined ? {} : { AWSTraceHeader: trace }),
  };
}

/** Entries that remove what is older than the queue keeps it. */
export function findExpired(queue: Queue, now: number): QueueEntry[] {
  const oldest = now - integerAttribute(queue, 'MessageRetentionPeriod') * 1000;
  const ids: string[] = [];
  for (const message of queue.messages.values()) {
    if (message.sentAt > oldest) break;
    ids.push(message.id);
  }
  return ids.length > 0 ? [{ t: 'remove', queue: queue.name, ids }] : [];
}

function takeMessages(
  { store, now }: SqsContext,
  queue: Queue,
  options: ReceiveOptions,
): { taken: ReceivedMessage[]; entries: QueueEntry[] } {
  const { max, visibilitySeconds = integerAttribute(queue, 'VisibilityTimeout') } = options;
  const at = now();
  refreshQueue(queue, at);
  const entries = findExpired(queue, at);
  const expired = new Set(entries.flatMap((entry) => (entry.t === 'remove' ? entry.ids : [])));
  const redrive = redrivePolicyOf(queue);
  const graveyard = redrive && queueByArn(store, redrive.deadLetterTargetArn);
  const taken: ReceivedMessage[] = [];
  for (const message of queue.visible.values()) {
    if (taken.length === max) break;
    if (expired.has(message.id)) continue;
    const { id, sentAt } = message;
    if (redrive && graveyard && message.receives >= redrive.maxReceiveCount) {
      const as = { id, sentAt, visibleAt: at, source: queue.arn };
      entries.push({ t: 'move', queue: queue.name, id, to: graveyard.name, as });
      continue;
    }
    const receives = message.receives + 1;
    const receiptHandle = encodeReceipt({ queue: queue.name, messageId: id, receive: receives });
    taken.push({ ...message, receives, firstReceivedAt: message.firstReceivedAt ?? at, receiptHandle });
  }
  if (
    queue.hidden.size + taken.length > MAX_IN_FLIGHT &&
    countMessages(queue).inFlight + taken.length > MAX_IN_FLIGHT
  )
    throw sqsError(
      'OverLimit',
      `Queue ${queue.name} has ${MAX_IN_FLIGHT} messages in flight; delete some first.`,
    );
  const ids = taken.map((message) => message.id);
  if (ids.length > 0)
    entries.push({ t: 'receive', queue: queue.name, ids, at, until: at + visibilitySeconds * 1000 });
  return { taken, entries };
}

/** Until a message may be visible, `ms` have passed, or nobody waits any more. */
function waitForMessage(
  { now, closing }: SqsContext,
  queue: Queue,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const due = nextVisibleAt(queue);
  const soon = due === undefined ? ms : Math.min(ms, LOOK_AGAIN_MS, Math.max(1, due - now()));
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      queue.waiters.delete(wake);
      closing.removeEventListener('abort', wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, soon);
    queue.waiters.add(wake);
    closing.addEventListener('abort', wake);
    signal?.addEventListener('abort', wake);
  });
}

function describerOf(input: Input): (message: ReceivedMessage) => Record<string, unknown> {
  const systemNames = [
    ...stringList(input, 'AttributeNames'),
    ...stringList(input, 'MessageSystemAttributeNames'),
  ];
  for (const name of systemNames)
    if (name !== 'All' && !SYSTEM_NAMES.includes(name))
      throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  const wantsSystem = (name: string): boolean => systemNames.includes('All') || systemNames.includes(name);
  const wanted = stringList(input, 'MessageAttributeNames');
  const wants = (name: string): boolean => wanted.some((pattern) => matchesName(name, pattern));
  return (message) => {
    const system = Object.entries(systemAttributesOf(message)).filter(([name]) => wantsSystem(name));
    const attributes = pickAttributes(message.attributes, wants);
    const hasAttributes = Object.keys(attributes).length > 0;
    return {
      MessageId: message.id,
      ReceiptHandle: message.receiptHandle,
      MD5OfBody: digestText(message.body),
      Body: message.body,
      Attributes: system.length > 0 ? Object.fromEntries(system) : undefined,
      MD5OfMessageAttributes: digestAttributes(attributes),
      MessageAttributes: hasAttributes ? renderAttributes(attributes) : undefined,
    };
  };
}

/** `All`, `.*`, `prefix.*` or a name. */
function matchesName(name: string, pattern: string): boolean {
  if (pattern === 'All' || pattern === '.*') return true;
  return pattern.endsWith('.*') ? name.startsWith(pattern.slice(0, -2)) : name === pattern;
}

function pickAttributes(attributes: MessageAttributes, wants: (name: string) => boolean): MessageAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => wants(name)));
}

function renderAttributes(attributes: MessageAttributes): Record<string, Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { StringValue: stringValue, BinaryValue: binaryValue, DataType: dataType },
    ]),
  );
}
