/** What Publish takes: checked, and put into the form that deliveries start from. */
import { randomUUID } from 'node:crypto';
import { findAttributeFault, isContent, measureAttributes } from '../sqs/message-attributes.ts';
import type { MessageAttribute, MessageAttributes } from '../sqs/queue.ts';
import { invalidParameter, snsError } from './errors.ts';
import { entryList, optionalText, requireText, type SnsInput } from './input.ts';
import type { PublishedMessage } from './store.ts';

/** Of a message with its attributes, and of a whole batch. */
export const MAX_MESSAGE_BYTES = 262_144;
const MAX_SUBJECT = 100;

/** Of one message, or of one entry of a batch. `at` is epoch milliseconds. */
export function readMessage(input: SnsInput, topicArn: string, at: number): PublishedMessage {
  const text = requireText(input, 'Message');
  const attributes = parseAttributes(input);
  for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute);
  const size = measureMessage(input);
  if (text === '') throw invalidParameter('Message', 'Empty message');
  if (!isContent(text)) throw invalidParameter('Message', 'it contains characters outside of XML 1.0');
  if (size > MAX_MESSAGE_BYTES)
    throw invalidParameter('Message', `Message too long: ${size} bytes; the limit is ${MAX_MESSAGE_BYTES}`);
  const byProtocol = readStructure(optionalText(input, 'MessageStructure'), text);
  return {
    messageId: randomUUID(),
    topicArn,
    subject: readSubject(input),
    body: byProtocol?.default ?? text,
    byProtocol: byProtocol ?? {},
    attributes,
    publishedAt: at,
  };
}

/** Bytes that count towards the limits, of a message that may be faulty. */
export function measureMessage(input: SnsInput): number {
  return Buffer.byteLength(optionalText(input, 'Message') ?? '') + measureAttributes(parseAttributes(input));
}

function readSubject(input: SnsInput): string | undefined {
  const subject = optionalText(input, 'Subject');
  if (subject === undefined || (/^[^\p{Cc}]{1,100}$/u.test(subject) && isContent(subject))) return subject;
  throw invalidParameter(
    'Subject',
    `it must be 1 to ${MAX_SUBJECT} characters without line breaks or control characters: ${JSON.stringify(subject)}`,
  );
}

/** One text for each protocol, and a default one. */
function readStructure(
  structure: string | undefined,
  text: string,
): (Readonly<Record<string, string>> & { readonly default: string }) | undefined {
  if (structure === undefined || structure === '') return undefined;
  if (structure !== 'json') throw invalidParameter('MessageStructure', `it must be json, not ${structure}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter('Message Structure', 'JSON message body failed to parse');
  }
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  const texts = Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  if (typeof texts.default !== 'string')
    throw invalidParameter('Message Structure', 'No default entry in JSON message body');
  return { ...texts, default: texts.default };
}

function parseAttributes(input: SnsInput): MessageAttributes {
  return Object.fromEntries(
    entryList(input, 'MessageAttributes').map((entry) => {
      const node = entry.get('Value');
      const value: SnsInput = node instanceof Map ? node : new Map();
      const stringValue = optionalText(value, 'StringValue');
      const binaryValue = optionalText(value, 'BinaryValue');
      const attribute = {
        dataType: optionalText(value, 'DataType') ?? '',
        ...(stringValue === undefined ? {} : { stringValue }),
        ...(binaryValue === undefined ? {} : { binaryValue }),
      };
      return [requireText(entry, 'Name'), attribute];
    }),
  );
}

function checkAttribute(name: string, attribute: MessageAttribute): void {
  const { dataType, stringValue = '' } = attribute;
  const fault =
    findAttributeFault(name, attribute) ??
    (dataType === 'String.Array' ? findArrayFault(name, stringValue) : undefined);
  if (fault !== undefined) throw snsError('ParameterValueInvalid', fault);
}

function findArrayFault(name: string, text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((one) => one === null || typeof one !== 'object'))
      return undefined;
  } catch {
    // Said below.
  }
  return `The message attribute '${name}' of type 'String.Array' must be a JSON array of strings, numbers, true, false or null: ${text}`;
}
