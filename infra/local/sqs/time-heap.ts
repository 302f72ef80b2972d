/** A binary heap of things that fall due: earliest first, and in order of arrival where two fall due at once. */
export interface Ticket {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly order: number;
  readonly id: string;
}

export interface TimeHeap {
  readonly items: Ticket[];
  arrivals: number;
}

export function createTimeHeap(): TimeHeap {
  return { items: [], arrivals: 0 };
}

export function pushTicket(heap: TimeHeap, at: number, id: string): Ticket {
  const ticket = { at, order: heap.arrivals++, id };
  const { items } = heap;
  let child = items.length;
  items.push(ticket);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!isBefore(ticket, items[parent]!)) break;
    items[child] = items[parent]!;
    child = parent;
  }
  items[child] = ticket;
  return ticket;
}

export function peekTicket(heap: TimeHeap): Ticket | undefined {
  return heap.items[0];
}

export function popTicket(heap: TimeHeap): Ticket | undefined {
  const { items } = heap;
  const first = items[0];
  const last = items.pop();
  if (last === undefined || items.length === 0) return first;
  let parent = 0;
  for (let child = 1; child < items.length; child = 2 * parent + 1) {
    if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child++;
    if (!isBefore(items[child]!, last)) break;
    items[parent] = items[child]!;
    parent = child;
  }
  items[parent] = last;
  return first;
}

function isBefore(a: Ticket, b: Ticket): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
