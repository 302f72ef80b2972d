/** What a receiver does with a receipt handle: delete the message, or change how long it stays hidden. */
import { checkBatch, failedEntry } from './batch.ts';
import { type Operation, queueOfInput, type SqsContext } from './context.ts';
import { invalidValue, sqsError } from './errors.ts';
import { type Input, requireInteger, requireString } from './input.ts';
import type { Queue } from './queue.ts';
import { decodeReceipt } from './receipt-handle.ts';
import type { QueueEntry } from './store.ts';

const VISIBILITY = { min: 0, max: 43_200 };

export const deleteMessage: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  await context.commit(...draftDeletion(queue, requireString(input, 'ReceiptHandle')));
  return undefined;
};

export const deleteMessageBatch: Operation = (context, input) =>
  settleBatch(context, input, 'DeleteMessageBatchRequestEntry', (queue, entry) =>
    draftDeletion(queue, requireString(entry, 'ReceiptHandle')),
  );

export const changeMessageVisibility: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  await context.commit(...draftVisibility(context, queue, input));
  return undefined;
};

export const changeMessageVisibilityBatch: Operation = (context, input) =>
  settleBatch(context, input, 'ChangeMessageVisibilityBatchRequestEntry', (queue, entry) =>
    draftVisibility(context, queue, entry),
  );

/**
 * Deleting what is gone succeeds, and so does a handle that a later receive has replaced: the message stays then,
 * since somebody else is at work on it.
 */
export function draftDeletion(queue: Queue, receiptHandle: string): QueueEntry[] {
  const { messageId, receive } = decodeReceipt(receiptHandle, queue.name);
  if (queue.messages.get(messageId)?.receives !== receive) return [];
  return [{ t: 'remove', queue: queue.name, ids: [messageId] }];
}

/** @throws MessageNotInflight where the message is visible again */
export function draftVisibility({ now }: Pick<SqsContext, 'now'>, queue: Queue, input: Input): QueueEntry[] {
  const receiptHandle = requireString(input, 'ReceiptHandle');
  const seconds = requireInteger(input, 'VisibilityTimeout', VISIBILITY);
  const { messageId, receive } = decodeReceipt(receiptHandle, queue.name);
  const message = queue.messages.get(messageId);
  if (message?.receives !== receive)
    throw invalidValue(
      'ReceiptHandle',
      receiptHandle,
      'Message does not exist or is not available for visibility timeout change.',
    );
  if (message.visibleAt <= now())
    throw sqsError(
      'MessageNotInflight',
      `The message ${messageId} is not in flight: its visibility timeout is over.`,
    );
  return [{ t: 'hide', queue: queue.name, id: messageId, until: now() + seconds * 1000 }];
}

async function settleBatch(
  context: SqsContext,
  input: Input,
  what: string,
  draft: (queue: Queue, entry: Input) => QueueEntry[],
): Promise<Readonly<Record<string, unknown>>> {
  const queue = queueOfInput(context, input);
  const drafts: QueueEntry[] = [];
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const { id, entry } of checkBatch(input, what)) {
    try {
      drafts.push(...draft(queue, entry));
      Successful.push({ Id: id });
    } catch (error) {
      Failed.push(failedEntry(id, error));
    }
  }
  await context.commit(...drafts);
  return { Successful, Failed };
}
