/** Message attributes as SQS and SNS take them: what is allowed, how large they are, and their digest. */
import { createHash } from 'node:crypto';
import type { MessageAttribute, MessageAttributes } from './queue.ts';

const NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const RESERVED = /^(aws|amazon)\./i;
const MAX_NAME = 256;
const TYPE = /^(String|Number|Binary)(\.[^\0]{1,249})?$/;
/** What both services take as a number, in text: 38 digits, -10^128 to 10^126. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** XML 1.0's characters, which is what a message may consist of. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the service's own definition names them
const CONTENT = /^[\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Why the attribute is refused, worded for a user; undefined if it is fine. */
export function findAttributeFault(name: string, attribute: MessageAttribute): string | undefined {
  if (!NAME.test(name) || RESERVED.test(name) || name.length > MAX_NAME)
    return `The message attribute name '${name}' is invalid: 1 to ${MAX_NAME} of A-Z, a-z, 0-9, _, - and ., not starting with AWS. or Amazon., without empty parts between periods.`;
  const { dataType, stringValue, binaryValue } = attribute;
  if (!TYPE.test(dataType))
    return `The message attribute '${name}' has type '${dataType}'; it must be String, Number or Binary, or one of these with a label such as String.label.`;
  const isBinary = dataType.startsWith('Binary');
  if ((isBinary ? stringValue : binaryValue) !== undefined || (stringValue ?? binaryValue) === undefined)
    return `The message attribute '${name}' of type '${dataType}' must contain a ${isBinary ? 'BinaryValue' : 'StringValue'} and nothing else.`;
  if (stringValue === '' || binaryValue === '')
    return `The message attribute '${name}' must contain a non-empty value of type '${dataType}'.`;
  if (stringValue !== undefined && !isContent(stringValue))
    return `The message attribute '${name}' contains characters outside of the allowed set.`;
  if (dataType.startsWith('Number') && !NUMBER.test(stringValue ?? ''))
    return `The message attribute '${name}' of type '${dataType}' is not a number: '${stringValue}'.`;
  return undefined;
}

export function isContent(text: string): boolean {
  return CONTENT.test(text);
}

/** Bytes that count towards a message's limit: names, types and values. */
export function measureAttributes(attributes: MessageAttributes): number {
  let size = 0;
  for (const [name, { dataType, stringValue, binaryValue }] of Object.entries(attributes))
    size +=
      Buffer.byteLength(name) +
      Buffer.byteLength(dataType) +
      (stringValue === undefined
        ? Buffer.byteLength(binaryValue ?? '', 'base64')
        : Buffer.byteLength(stringValue));
  return size;
}

/**
 * Hex, or undefined where there are no attributes. Sorted by name: length and bytes of name and of type, one byte that
 * tells text (1) from binary (2), length and bytes of the value; lengths are 32-bit big-endian.
 * docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function digestAttributes(attributes: MessageAttributes): string | undefined {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return undefined;
  const hash = createHash('md5');
  const addSized = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const [name, { dataType, stringValue, binaryValue }] of entries) {
    addSized(Buffer.from(name));
    addSized(Buffer.from(dataType));
    hash.update(Uint8Array.of(stringValue === undefined ? 2 : 1));
    addSized(stringValue === undefined ? Buffer.from(binaryValue ?? '', 'base64') : Buffer.from(stringValue));
  }
  return hash.digest('hex');
}

export function digestText(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
