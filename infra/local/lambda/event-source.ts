/**
 * Polls a queue for a function, as an AWS::Lambda::EventSourceMapping does: messages in batches, deleted when the
 * function returns, back in the queue after their visibility timeout when it fails; with ReportBatchItemFailures only
 * those that it names come back. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import type { QueueMessage, Queues } from '../contract.ts';
import type { InvocationResult } from './function-config.ts';
import type { FunctionPool } from './function-pool.ts';

export interface EventSourceMapping {
  readonly queueArn: string;
  /** 1 to 10,000; SQS gives ten at a time. */
  readonly batchSize: number;
  /** Milliseconds to wait for a batch to fill. */
  readonly batchingWindowMs: number;
  readonly reportBatchItemFailures: boolean;
  /** Batches of this mapping at once. */
  readonly maximumConcurrency: number;
}

export interface EventSource {
  readonly queueArn: string;
  /** Batches that were received and are not settled yet. */
  readonly running: number;
  /** Takes no more messages; batches under way end by themselves. */
  close(): Promise<void>;
}

const RECEIVE_MAX = 10;
const POLL_MS = 20_000;
/** After an error of the queue itself. */
const RETRY_MS = 1000;

export function startEventSource(options: {
  readonly mapping: EventSourceMapping;
  readonly pool: FunctionPool;
  readonly queues: Queues;
  readonly region: string;
  readonly log: (line: string) => void;
}): EventSource {
  const { mapping, pool, queues } = options;
  const closing = new AbortController();
  const { signal } = closing;
  let running = 0;
  const pollers = Array.from({ length: mapping.maximumConcurrency }, poll);

  return {
    queueArn: mapping.queueArn,
    get running() {
      return running;
    },
    async close() {
      closing.abort();
      await Promise.all(pollers);
    },
  };

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      try {
        const first = await queues.receive(mapping.queueArn, { max: takes(0), waitMs: POLL_MS, signal });
        if (first.length === 0) continue;
        running++;
        try {
          await settle(await fill(first));
        } finally {
          running--;
        }
      } catch (error) {
        if (signal.aborted) return;
        options.log(
          `${pool.config.name}: ${mapping.queueArn}: ${error instanceof Error ? error.message : error}`,
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  function takes(have: number): number {
    return Math.min(RECEIVE_MAX, mapping.batchSize - have);
  }

  /** Adds what arrives within the batching window. */
  async function fill(first: readonly QueueMessage[]): Promise<QueueMessage[]> {
    const batch = [...first];
    const until = performance.now() + mapping.batchingWindowMs;
    for (;;) {
      const waitMs = Math.floor(until - performance.now());
      if (signal.aborted || takes(batch.length) === 0 || waitMs <= 0) return batch;
      batch.push(...(await queues.receive(mapping.queueArn, { max: takes(batch.length), waitMs, signal })));
    }
  }

  async function settle(batch: readonly QueueMessage[]): Promise<void> {
    if (signal.aborted) {
      // Nothing has seen them: whoever comes next should not have to wait for them.
      await Promise.all(batch.map((m) => queues.changeVisibility(mapping.queueArn, m.receiptHandle, 0)));
      return;
    }
    const event = { Records: batch.map((message) => toRecord(message, mapping.queueArn, options.region)) };
    const result = await pool.invoke(JSON.stringify(event));
    const failed = failedMessages(result, batch, mapping.reportBatchItemFailures);
    if (failed.size > 0)
      options.log(
        `${pool.config.name}: ${failed.size} of ${batch.length} message(s) failed: ${result.payload}`,
      );
    const done = batch.filter((message) => !failed.has(message.messageId));
    await Promise.all(done.map((message) => queues.remove(mapping.queueArn, message.receiptHandle)));
  }
}

/** Ids of the messages that stay in the queue. An answer that cannot be understood fails the whole batch. */
export function failedMessages(
  result: Pick<InvocationResult, 'functionError' | 'payload'>,
  batch: readonly { readonly messageId: string }[],
  reportBatchItemFailures: boolean,
): ReadonlySet<string> {
  const all = new Set(batch.map((message) => message.messageId));
  if (result.functionError !== undefined) return all;
  if (!reportBatchItemFailures) return new Set();
  const answer: unknown = JSON.parse(result.payload);
  if (answer === null || typeof answer !== 'object') return answer === null ? new Set() : all;
  const failures: unknown = 'batchItemFailures' in answer ? answer.batchItemFailures : null;
  if (failures === null) return new Set();
  if (!Array.isArray(failures)) return all;
  const ids = failures.map((failure: unknown) =>
    failure !== null && typeof failure === 'object' && 'itemIdentifier' in failure
      ? failure.itemIdentifier
      : null,
  );
  const known = ids.filter((id): id is string => typeof id === 'string' && all.has(id));
  return known.length === ids.length ? new Set(known) : all;
}

function toRecord(message: QueueMessage, queueArn: string, region: string): object {
  const attributes = Object.entries(message.messageAttributes).map(([name, value]) => [
    name,
    { ...value, stringListValues: [], binaryListValues: [] },
  ]);
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}
