/** What every operation works with: the queues, the journal behind them, the clock. */
import { ACCOUNT_ID, type AwsError } from '../contract.ts';
import { sqsError } from './errors.ts';
import { type Input, requireString } from './input.ts';
import type { Queue } from './queue.ts';
import { type QueueEntry, type QueueStore, queueByArn } from './store.ts';

export interface SqsContext {
  readonly store: QueueStore;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Applies the entries at once, wakes who waits for them, and resolves when they are on disk. */
  readonly commit: (...entries: readonly QueueEntry[]) => Promise<void>;
  readonly log: (line: string) => void;
  /** Aborted when the emulator closes: long polls end, move tasks pause. */
  readonly closing: AbortSignal;
}

export interface CallContext {
  /** As the client addressed the emulator; queue URLs start with it. */
  readonly origin: string;
  /** Aborted when the client went away unanswered. */
  readonly signal: AbortSignal | undefined;
}

/** The members of the answer; undefined where the operation has none. */
export type Operation = (
  context: SqsContext,
  input: Input,
  call: CallContext,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

export function queueUrl(origin: string, name: string): string {
  return `${origin}/${ACCOUNT_ID}/${name}`;
}

/** The host of a queue URL is not looked at: the same emulator has several names. */
export function queueOfInput({ store }: SqsContext, input: Input): Queue {
  const url = requireString(input, 'QueueUrl');
  const [, account, name] = /([^/]+)\/([^/]+)\/?$/.exec(url) ?? [];
  const queue = account === ACCOUNT_ID ? store.queues.get(name ?? '') : undefined;
  if (queue) return queue;
  throw queueMissing(url);
}

export function queueOfArn({ store }: SqsContext, arn: string): Queue {
  const queue = queueByArn(store, arn);
  if (queue) return queue;
  throw queueMissing(arn);
}

export function queueMissing(name: string): AwsError {
  return sqsError('QueueDoesNotExist', `The specified queue does not exist: ${name}`);
}
