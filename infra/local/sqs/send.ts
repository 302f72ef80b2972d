/** SendMessage and its batch: what may be sent, and how it is answered. */
import { randomUUID } from 'node:crypto';
import { checkBatch, failedEntry } from './batch.ts';
import { type Operation, queueOfInput, type SqsContext } from './context.ts';
import { invalidValue, sqsError } from './errors.ts';
import { type Input, optionalInteger, optionalString, recordMap, requireString } from './input.ts';
import {
  digestAttributes,
  digestText,
  findAttributeFault,
  isContent,
  measureAttributes,
} from './message-attributes.ts';
import type { MessageAttributes, Queue, StoredMessage } from './queue.ts';
import { integerAttribute, MAX_MESSAGE_BYTES } from './queue-attributes.ts';

const DELAY = { min: 0, max: 900 };
const MAX_ATTRIBUTES = 10;

export interface Draft {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly systemAttributes: MessageAttributes;
  readonly delaySeconds: number | undefined;
  /** Sent by a service, which may have put an envelope around a message of full size. */
  readonly isWrapped: boolean;
}

export const sendMessage: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  const message = draftMessage(context, queue, readDraft(input));
  await context.commit({ t: 'send', queue: queue.name, message });
  return receiptOf(message);
};

export const sendMessageBatch: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  const entries = checkBatch(input, 'SendMessageBatchRequestEntry');
  const messages: StoredMessage[] = [];
  const Successful: object[] = [];
  const Failed: object[] = [];
  let size = 0;
  for (const { id, entry } of entries) {
    try {
      const draft = readDraft(entry);
      size += Buffer.byteLength(draft.body) + measureAttributes(draft.attributes);
      const message = draftMessage(context, queue, draft);
      messages.push(message);
      Successful.push({ Id: id, ...receiptOf(message) });
    } catch (error) {
      Failed.push(failedEntry(id, error));
    }
  }
  if (size > MAX_MESSAGE_BYTES)
    throw sqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${size} bytes.`,
    );
  await context.commit(...messages.map((message) => ({ t: 'send', queue: queue.name, message }) as const));
  return { Successful, Failed };
};

/** A message that is within every limit, not yet in the queue. */
export function draftMessage(context: SqsContext, queue: Queue, draft: Draft): StoredMessage {
  const { body, attributes, systemAttributes } = draft;
  if (body === '') throw sqsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (!isContent(body))
    throw sqsError(
      'InvalidMessageContents',
      `The message contains characters outside of XML 1.0: ${quoteBad(body)}`,
    );
  const count = Object.keys(attributes).length;
  if (count > MAX_ATTRIBUTES)
    throw invalidValue('MessageAttributes', count, `A message has at most ${MAX_ATTRIBUTES} attributes.`);
  for (const [name, attribute] of [...Object.entries(attributes), ...Object.entries(systemAttributes)]) {
    const fault = findAttributeFault(name, attribute);
    if (fault !== undefined) throw sqsError('InvalidParameterValue', fault);
  }
  const size = Buffer.byteLength(body) + measureAttributes(attributes);
  const limit = sizeLimit(queue, draft);
  if (size > limit)
    throw sqsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit + 1} bytes, not ${size}.`,
    );
  const sentAt = context.now();
  return {
    id: randomUUID(),
    body,
    attributes,
    systemAttributes,
    sentAt,
    visibleAt: sentAt + (draft.delaySeconds ?? integerAttribute(queue, 'DelaySeconds')) * 1000,
    receives: 0,
    firstReceivedAt: undefined,
    source: undefined,
  };
}

function readDraft(input: Input): Draft {
  for (const name of ['MessageGroupId', 'MessageDeduplicationId'])
    if (input[name] !== undefined)
      throw invalidValue(name, input[name], 'FIFO queues and fair queues are not emulated.');
  const systemAttributes = readAttributes(input, 'MessageSystemAttributes');
  for (const name of Object.keys(systemAttributes))
    if (name !== 'AWSTraceHeader')
      throw invalidValue('MessageSystemAttributes', name, 'Only AWSTraceHeader can be sent.');
  return {
    body: requireString(input, 'MessageBody'),
    attributes: readAttributes(input, 'MessageAttributes'),
    systemAttributes,
    delaySeconds: optionalInteger(input, 'DelaySeconds', DELAY),
    isWrapped: false,
  };
}

/** Bytes. A queue with a limit of its own holds services to it too. */
function sizeLimit(queue: Queue, { isWrapped }: Draft): number {
  const limit = integerAttribute(queue, 'MaximumMessageSize');
  return isWrapped && limit === MAX_MESSAGE_BYTES ? Number.POSITIVE_INFINITY : limit;
}

function readAttributes(input: Input, member: string): MessageAttributes {
  return Object.fromEntries(
    Object.entries(recordMap(input, member)).map(([name, value]) => {
      const stringValue = optionalString(value, 'StringValue');
      const binaryValue = optionalString(value, 'BinaryValue');
      return [
        name,
        {
          dataType: optionalString(value, 'DataType') ?? '',
          ...(stringValue === undefined ? {} : { stringValue }),
          ...(binaryValue === undefined ? {} : { binaryValue }),
        },
      ];
    }),
  );
}

function receiptOf({
  id,
  body,
  attributes,
  systemAttributes,
}: StoredMessage): Record<string, string | undefined> {
  return {
    MessageId: id,
    MD5OfMessageBody: digestText(body),
    MD5OfMessageAttributes: digestAttributes(attributes),
    MD5OfMessageSystemAttributes: digestAttributes(systemAttributes),
  };
}

function quoteBad(body: string): string {
  const bad = [...body].find((character) => !isContent(character)) ?? '';
  return `#x${bad.codePointAt(0)?.toString(16)}`;
}
