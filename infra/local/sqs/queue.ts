/** One queue in memory. Every change of it is an entry of the journal (store.ts); nothing here touches the disk. */
import {
  createTimeHeap,
  peekTicket,
  popTicket,
  pushTicket,
  type Ticket,
  type TimeHeap,
} from './time-heap.ts';

export interface MessageAttribute {
  readonly dataType: string;
  readonly stringValue?: string;
  /** Base64. */
  readonly binaryValue?: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** Times are epoch milliseconds. */
export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly systemAttributes: MessageAttributes;
  readonly sentAt: number;
  /** Nobody receives it before. */
  visibleAt: number;
  receives: number;
  firstReceivedAt: number | undefined;
  /** ARN of the queue that it was moved out of, in a dead-letter queue. */
  readonly source: string | undefined;
}

export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  modifiedAt: number;
  /** As they were set; defaults are not stored. */
  attributes: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Oldest first, but for those that came from another queue. */
  readonly messages: Map<string, StoredMessage>;
  readonly visible: Map<string, StoredMessage>;
  /** In flight or delayed: the ticket that will end it. Tickets of the heap that are not here are void. */
  readonly hidden: Map<string, Ticket>;
  readonly due: TimeHeap;
  /** Long polls to wake when a message may have become visible. */
  readonly waiters: Set<() => void>;
}

export function createQueue(name: string, arn: string, createdAt: number): Queue {
  return {
    name,
    arn,
    createdAt,
    modifiedAt: createdAt,
    attributes: {},
    tags: {},
    messages: new Map(),
    visible: new Map(),
    hidden: new Map(),
    due: createTimeHeap(),
    waiters: new Set(),
  };
}

export function addMessage(queue: Queue, message: StoredMessage): void {
  queue.messages.set(message.id, message);
  hideMessage(queue, message, message.visibleAt);
}

/** Until `until` (epoch ms, exclusive); `refreshQueue` shows it again. */
export function hideMessage(queue: Queue, message: StoredMessage, until: number): void {
  message.visibleAt = until;
  queue.visible.delete(message.id);
  queue.hidden.set(message.id, pushTicket(queue.due, until, message.id));
}

export function removeMessage(queue: Queue, id: string): StoredMessage | undefined {
  const message = queue.messages.get(id);
  queue.messages.delete(id);
  queue.visible.delete(id);
  queue.hidden.delete(id);
  return message;
}

export function clearQueue(queue: Queue): void {
  queue.messages.clear();
  queue.visible.clear();
  queue.hidden.clear();
  queue.due.items.length = 0;
}

/** Shows the messages whose time has come. */
export function refreshQueue(queue: Queue, now: number): void {
  for (let next = peekTicket(queue.due); next; next = peekTicket(queue.due)) {
    const isCurrent = queue.hidden.get(next.id) === next;
    if (isCurrent && next.at > now) return;
    popTicket(queue.due);
    const message = queue.messages.get(next.id);
    if (!isCurrent || message === undefined) continue;
    queue.hidden.delete(next.id);
    queue.visible.set(next.id, message);
  }
}

/** When the next hidden message shows, epoch ms; undefined if none is hidden. */
export function nextVisibleAt(queue: Queue): number | undefined {
  return queue.hidden.size > 0 ? peekTicket(queue.due)?.at : undefined;
}

/** A message that was received at least once and is hidden is in flight; one that never was is delayed. */
export function countMessages(queue: Queue): { visible: number; inFlight: number; delayed: number } {
  let inFlight = 0;
  for (const id of queue.hidden.keys()) if ((queue.messages.get(id)?.receives ?? 0) > 0) inFlight++;
  return { visible: queue.visible.size, inFlight, delayed: queue.hidden.size - inFlight };
}
