/** All queues, and the entries that change them: the same function applies an entry live and on replay. */
import { ACCOUNT_ID } from '../contract.ts';
import {
  addMessage,
  clearQueue,
  createQueue,
  hideMessage,
  type Queue,
  removeMessage,
  type StoredMessage,
} from './queue.ts';

export interface MoveTask {
  readonly handle: string;
  /** ARNs. No destination: each message goes back to the queue that it came from. */
  readonly source: string;
  readonly destination: string | undefined;
  readonly perSecond: number | undefined;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly toMove: number;
  readonly moved: number;
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly failure: string | undefined;
}

export interface QueueStore {
  readonly region: string;
  readonly queues: Map<string, Queue>;
  readonly tasks: Map<string, MoveTask>;
}

/** Queues by name; times are epoch milliseconds. */
export type QueueEntry =
  | {
      readonly t: 'queue';
      readonly queue: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly tags: Readonly<Record<string, string>>;
      readonly createdAt: number;
      readonly modifiedAt: number;
    }
  | { readonly t: 'drop'; readonly queue: string }
  | { readonly t: 'purge'; readonly queue: string }
  | { readonly t: 'send'; readonly queue: string; readonly message: StoredMessage }
  | {
      readonly t: 'receive';
      readonly queue: string;
      readonly ids: readonly string[];
      readonly at: number;
      readonly until: number;
    }
  | { readonly t: 'hide'; readonly queue: string; readonly id: string; readonly until: number }
  | { readonly t: 'remove'; readonly queue: string; readonly ids: readonly string[] }
  | {
      readonly t: 'move';
      readonly queue: string;
      readonly id: string;
      readonly to: string;
      readonly as: Pick<StoredMessage, 'id' | 'sentAt' | 'visibleAt' | 'source'>;
    }
  | { readonly t: 'task'; readonly task: MoveTask };

export function createQueueStore(region: string): QueueStore {
  return { region, queues: new Map(), tasks: new Map() };
}

export function queueArn(region: string, name: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
}

export function queueByArn(store: QueueStore, arn: string): Queue | undefined {
  const queue = store.queues.get(arn.slice(arn.lastIndexOf(':') + 1));
  return queue?.arn === arn ? queue : undefined;
}

export function applyEntry(store: QueueStore, entry: QueueEntry): void {
  if (entry.t === 'task') {
    store.tasks.set(entry.task.handle, entry.task);
    return;
  }
  if (entry.t === 'queue') {
    const queue =
      store.queues.get(entry.queue) ??
      createQueue(entry.queue, queueArn(store.region, entry.queue), entry.createdAt);
    queue.attributes = entry.attributes;
    queue.tags = entry.tags;
    queue.modifiedAt = entry.modifiedAt;
    store.queues.set(entry.queue, queue);
    return;
  }
  const queue = queueOf(store, entry.queue);
  switch (entry.t) {
    case 'drop':
      store.queues.delete(entry.queue);
      break;
    case 'purge':
      clearQueue(queue);
      break;
    case 'send':
      addMessage(queue, { ...entry.message });
      break;
    case 'receive':
      for (const id of entry.ids) {
        const message = queue.messages.get(id);
        if (message === undefined) continue;
        message.receives++;
        message.firstReceivedAt ??= entry.at;
        hideMessage(queue, message, entry.until);
      }
      break;
    case 'hide': {
      const message = queue.messages.get(entry.id);
      if (message) hideMessage(queue, message, entry.until);
      break;
    }
    case 'remove':
      for (const id of entry.ids) removeMessage(queue, id);
      break;
    case 'move': {
      const message = removeMessage(queue, entry.id);
      if (message === undefined) break;
      const moved = {
        ...message,
        receives: 0,
        firstReceivedAt: undefined,
        ...entry.as,
        source: entry.as.source,
      };
      addMessage(queueOf(store, entry.to), moved);
    }
  }
}

/** The entries that lead to the present state. */
export function* snapshotEntries(store: QueueStore): Generator<QueueEntry> {
  for (const { name, attributes, tags, createdAt, modifiedAt, messages } of store.queues.values()) {
    yield { t: 'queue', queue: name, attributes, tags, createdAt, modifiedAt };
    for (const message of messages.values()) yield { t: 'send', queue: name, message };
  }
  for (const task of store.tasks.values()) yield { t: 'task', task };
}

function queueOf(store: QueueStore, name: string): Queue {
  const queue = store.queues.get(name);
  if (queue) return queue;
  throw new Error(`the journal names a queue that does not exist: ${name}`);
}
