/** Every call that a function makes to the world, with what the plan has in store for it. */

import type { Alert } from '../../lib/alert/alert.ts';
import { PublishRejectedError } from '../../lib/alert/publisher.ts';
import { RetryLaterError, SourceError } from '../../lib/base/errors.ts';
import type { QueryRange } from '../../lib/source/query-source.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { type CallFault, type Fault, OPERATIONS, type Operation } from './fault.ts';

/** The function ended there: nothing that its code still asks for reaches anything. */
class KilledError extends Error {
  override readonly name = 'KilledError';
}

/** One invocation of a function. */
export interface Invocation {
  /** Epoch ms at which the platform ends it. */
  readonly end: number;
  isDead: boolean;
}

/** Time of the world, epoch ms, that calls take of. */
export interface Clock {
  now: number;
}

/** Ms that a call takes by itself. */
const CALL_MS = 5;
/** Ms after which the client gives up: lib/alert/sns-publisher.ts. The others wait for longer than a function lives. */
const CLIENT_TIMEOUTS: { readonly [operation in Operation]?: number } = { 'sns.publish': 13_000 };

/** Counts calls over a whole run, and says what is to happen in the next one. */
export class CallFaults {
  readonly #faults: readonly CallFault[];
  readonly #counts = new Map<Operation, number>();

  constructor(faults: readonly Fault[]) {
    this.#faults = faults.filter((fault) => fault.is === 'call');
  }

  next(operation: Operation): CallFault | undefined {
    const at = this.#counts.get(operation) ?? 0;
    this.#counts.set(operation, at + 1);
    return this.#faults.find(
      (fault) => fault.operation === operation && fault.nth <= at && at <= fault.nth + fault.more,
    );
  }

  counts(): Readonly<Record<Operation, number>> {
    const entries = OPERATIONS.map((operation) => [operation, this.#counts.get(operation) ?? 0] as const);
    return Object.fromEntries(entries) as Record<Operation, number>;
  }
}

/** The calls of one invocation. */
export class FaultyCalls {
  readonly #invocation: Invocation;
  readonly #clock: Clock;
  readonly #faults: CallFaults;

  constructor(invocation: Invocation, clock: Clock, faults: CallFaults) {
    this.#invocation = invocation;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** @param errorOf what the client throws; by default what the network does, as the AWS SDK gives it after its own retries */
  async make<T>(
    operation: Operation,
    effect: () => Promise<T>,
    errorOf: (kind: CallFault['kind']) => Error = networkError,
  ): Promise<T> {
    this.#assertAlive();
    this.#clock.now += CALL_MS;
    const fault = this.#faults.next(operation);
    const isSlow = fault?.kind === 'slow';
    const timeout = CLIENT_TIMEOUTS[operation] ?? Infinity;
    if (isSlow) this.#clock.now += Math.min(fault.ms, timeout);
    // Whether a call that took too long came to something is open: here by its length.
    if (isSlow && this.#clock.now >= this.#invocation.end && fault.ms % 2 === 0) this.#die();
    if (fault?.kind === 'killed-before') this.#die();
    if (fault?.kind === 'refused' || fault?.kind === 'reset') throw errorOf(fault.kind);
    const result = await effect();
    if (fault?.kind === 'killed-after' || this.#clock.now >= this.#invocation.end) this.#die();
    if (fault?.kind === 'lost-answer' || (isSlow && fault.ms >= timeout)) throw errorOf('lost-answer');
    this.#assertAlive();
    return result;
  }

  #die(): never {
    this.#invocation.isDead = true;
    throw new KilledError('the function was ended');
  }

  #assertAlive(): void {
    if (this.#invocation.isDead) throw new KilledError('the function was ended');
  }
}

export function faultyStore(store: ObjectStore, calls: FaultyCalls): ObjectStore {
  return {
    get: (key, options) => calls.make('s3.get', () => store.get(key, options)),
    head: (key) => calls.make('s3.head', () => store.head(key)),
    put: (key, body, options) => calls.make('s3.put', () => store.put(key, body, options)),
    copy: (from, to, options) => calls.make('s3.copy', () => store.copy(from, to, options)),
    delete: (key) => store.delete(key),
    async *list(prefix, options) {
      yield* await calls.make('s3.list', () => readAll(store.list(prefix, options)));
    },
    async *listFolders(prefix) {
      yield* await calls.make('s3.list', () => readAll(store.listFolders(prefix)));
    },
  };
}

export function faultyPublish(
  publish: (alert: Alert) => Promise<string>,
  calls: FaultyCalls,
): (alert: Alert) => Promise<{ readonly messageId: string }> {
  const errorOf = (kind: CallFault['kind']): Error =>
    kind === 'refused' ? new PublishRejectedError('publish-rejected', 'Throttled') : networkError(kind);
  return async (alert) => ({ messageId: await calls.make('sns.publish', () => publish(alert), errorOf) });
}

export function faultyQueries(
  queryRange: QueryRange,
  calls: FaultyCalls,
  remaining: () => number,
): QueryRange {
  const errorOf = (kind: CallFault['kind']): Error => {
    if (kind === 'refused')
      return new SourceError('server-error', 'the query got HTTP 503 (attempt 5, the last)');
    if (kind === 'reset')
      return new SourceError('connection-failed', 'the query could not be asked: ECONNRESET');
    return new SourceError('not-json', 'the answer ends in its middle');
  };
  return async (query) => {
    const series = await calls.make('prometheus.query', () => queryRange(query), errorOf);
    if (remaining() <= 0) throw new RetryLaterError('deadline', 'no time is left for the query');
    return series;
  };
}

function networkError(kind: CallFault['kind']): Error {
  const name = kind === 'refused' ? 'ServiceUnavailable' : 'TimeoutError';
  return Object.assign(new Error(`${name}: ${kind}`), { name });
}

async function readAll<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
