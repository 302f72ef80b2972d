/** SQS: standard queues over both of its protocols, and the calls that the emulator's other services make. */
import { join } from 'node:path';
import { AwsError, type QueueMessage, type Queues } from '../contract.ts';
import { type Operation, queueOfArn, queueUrl, type SqsContext } from './context.ts';
import { sqsError } from './errors.ts';
import { openJournal } from './journal.ts';
import { digestText } from './message-attributes.ts';
import {
  cancelMessageMoveTask,
  listMessageMoveTasks,
  resumeTasks,
  startMessageMoveTask,
} from './move-task.ts';
import { requirePermission } from './permissions.ts';
import { readCall, renderError, renderResult } from './protocol.ts';
import { countMessages, refreshQueue } from './queue.ts';
import {
  createQueueOperation,
  deleteQueue,
  getQueueAttributes,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listQueues,
  listQueueTags,
  purgeQueue,
  putQueue,
  setQueueAttributes,
  tagQueue,
  untagQueue,
} from './queue-operations.ts';
import { type ReceivedMessage, receiveMessage, receiveMessages, systemAttributesOf } from './receive.ts';
import { draftMessage, sendMessage, sendMessageBatch } from './send.ts';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
  draftDeletion,
  draftVisibility,
} from './settle.ts';
import { applyEntry, createQueueStore, type QueueEntry, queueArn, snapshotEntries } from './store.ts';

export interface QueuesOptions {
  /** The journal is kept here. */
  readonly dataDir: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the emulator is reached, for URLs that no request names. */
  readonly origin: () => string;
  readonly log: (line: string) => void;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  CancelMessageMoveTask: cancelMessageMoveTask,
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  CreateQueue: createQueueOperation,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  DeleteQueue: deleteQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  ListMessageMoveTasks: listMessageMoveTasks,
  ListQueueTags: listQueueTags,
  ListQueues: listQueues,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  SetQueueAttributes: setQueueAttributes,
  StartMessageMoveTask: startMessageMoveTask,
  TagQueue: tagQueue,
  UntagQueue: untagQueue,
};

/** In process, `create` also sets the attributes of a queue that is there, as a stack update would. */
export async function createQueues(options: QueuesOptions): Promise<Queues> {
  const { region, now, origin, log } = options;
  const store = createQueueStore(region);
  const journal = await openJournal<QueueEntry>({
    path: join(options.dataDir, 'sqs.journal'),
    service: 'sqs',
    apply: (entry) => applyEntry(store, entry),
    snapshot: () => snapshotEntries(store),
  });
  const closing = new AbortController();
  const context: SqsContext = {
    store,
    now,
    log,
    closing: closing.signal,
    commit(...entries) {
      for (const entry of entries) applyEntry(store, entry);
      const written = journal.append(entries);
      for (const entry of entries) wakeWaiters(context, entry);
      return written;
    },
  };
  resumeTasks(context);

  return {
    async handle(request) {
      try {
        const { action, input } = await readCall(request);
        const operation = Object.hasOwn(OPERATIONS, action) ? OPERATIONS[action] : undefined;
        if (operation === undefined)
          throw sqsError('NotImplemented', `The operation ${action} of SQS is not emulated.`);
        requirePermission(request.permissions, region, action, input);
        const call = { origin: request.origin, signal: request.signal };
        return renderResult(request, action, await operation(context, input, call));
      } catch (error) {
        if (error instanceof AwsError) return renderError(request, error);
        log(`sqs: ${error instanceof Error ? error.stack : error}`);
        return renderError(request, new AwsError('InternalFailure', 500, `The request failed: ${error}`));
      }
    },
    async create(name, attributes) {
      await putQueue(context, name, attributes);
      return { url: queueUrl(origin(), name), arn: queueArn(region, name) };
    },
    async send(arn, body, attributes = {}) {
      const queue = queueOfArn(context, arn);
      const draft = { body, attributes, systemAttributes: {}, delaySeconds: undefined, isWrapped: true };
      const message = draftMessage(context, queue, draft);
      await context.commit({ t: 'send', queue: queue.name, message });
      return { messageId: message.id };
    },
    async receive(arn, { max, waitMs, signal }) {
      const queue = queueOfArn(context, arn);
      const options = { max, visibilitySeconds: undefined, waitMs, signal };
      const messages = await receiveMessages(context, queue, options);
      return messages.map(toQueueMessage);
    },
    async remove(arn, receiptHandle) {
      await context.commit(...draftDeletion(queueOfArn(context, arn), receiptHandle));
    },
    async changeVisibility(arn, receiptHandle, seconds) {
      const input = { ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
      await context.commit(...draftVisibility(context, queueOfArn(context, arn), input));
    },
    depth(arn) {
      const queue = queueOfArn(context, arn);
      refreshQueue(queue, now());
      return countMessages(queue);
    },
    async close() {
      closing.abort();
      await journal.close();
    },
  };
}

/** Entries after which a message may be visible that was not. */
function wakeWaiters({ store }: SqsContext, entry: QueueEntry): void {
  if (entry.t === 'task' || entry.t === 'purge' || entry.t === 'remove' || entry.t === 'receive') return;
  const queue = store.queues.get(entry.t === 'move' ? entry.to : entry.queue);
  for (const wake of [...(queue?.waiters ?? [])]) wake();
}

function toQueueMessage(message: ReceivedMessage): QueueMessage {
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    md5OfBody: digestText(message.body),
    attributes: systemAttributesOf(message),
    messageAttributes: message.attributes,
  };
}
