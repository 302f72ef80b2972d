/**
 * Reading JSON from bytes, front to back. A matrix answer is tens of megabytes of small arrays; JSON.parse would make
 * each of them an object only for us to take two numbers out.
 */
import { SourceError } from '../base/errors.ts';

export interface JsonCursor {
  readonly bytes: Buffer;
  /** Next byte to read. */
  at: number;
  /** "query … at …", for errors. */
  readonly subject: string;
}

export const COMMA = 0x2c;
export const QUOTE = 0x22;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
export const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** Code of a text that ends before it should. */
export const TRUNCATED = 'truncated-json';
/** Characters shown of an answer that is not understood. */
const EXCERPT_LENGTH = 120;

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The next byte that is no white space, without moving past it; NaN at the end. */
export function peekByte(cursor: JsonCursor): number {
  const { bytes } = cursor;
  let at = cursor.at;
  while (at < bytes.length && isSpace(bytes[at]!)) at++;
  cursor.at = at;
  return at < bytes.length ? bytes[at]! : Number.NaN;
}

export function expectByte(cursor: JsonCursor, byte: number): void {
  if (cursor.bytes[cursor.at] !== byte && peekByte(cursor) !== byte)
    throw malformed(cursor, `expected ${String.fromCharCode(byte)}`);
  cursor.at++;
}

/** Calls `readValue` for each key of the object that starts here, with the cursor on its value. */
export function readObject(cursor: JsonCursor, readValue: (key: string) => void): void {
  expectByte(cursor, OPEN_BRACE);
  if (peekByte(cursor) === CLOSE_BRACE) {
    cursor.at++;
    return;
  }
  while (true) {
    const key = readString(cursor);
    expectByte(cursor, COLON);
    readValue(key);
    if (peekByte(cursor) !== COMMA) break;
    cursor.at++;
  }
  expectByte(cursor, CLOSE_BRACE);
}

/** Calls `readItem` for each item of the array that starts here. */
export function readArray(cursor: JsonCursor, readItem: () => void): void {
  expectByte(cursor, OPEN_BRACKET);
  if (peekByte(cursor) === CLOSE_BRACKET) {
    cursor.at++;
    return;
  }
  while (true) {
    readItem();
    if (peekByte(cursor) !== COMMA) break;
    cursor.at++;
  }
  expectByte(cursor, CLOSE_BRACKET);
}

export function readString(cursor: JsonCursor): string {
  expectByte(cursor, QUOTE);
  const { bytes } = cursor;
  const start = cursor.at;
  let at = start;
  let special = false;
  let byte = bytes[at];
  while (byte !== QUOTE) {
    if (byte === undefined) throw truncated(cursor);
    if (byte === BACKSLASH) at++;
    special ||= byte === BACKSLASH || byte >= 0x80 || byte < 0x20;
    byte = bytes[++at];
  }
  cursor.at = at + 1;
  if (!special) return bytes.toString('latin1', start, at);
  return parseSlice(cursor, start - 1, at + 1) as string;
}

/** Any value within an object or array, as JSON.parse would give it. */
export function readAny(cursor: JsonCursor): unknown {
  const first = peekByte(cursor);
  const start = cursor.at;
  if (first === QUOTE) return readString(cursor);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) skipNested(cursor);
  else skipScalar(cursor);
  return parseSlice(cursor, start, cursor.at);
}

/** The whole text was read: anything but white space after it is an error. */
export function expectEnd(cursor: JsonCursor): void {
  if (!Number.isNaN(peekByte(cursor))) throw malformed(cursor, 'expected the end');
}

/** What is wrong at the cursor: the text ends here, or something else stands here. */
export function malformed(cursor: JsonCursor, detail: string): SourceError {
  if (cursor.at >= cursor.bytes.length) return truncated(cursor);
  return new SourceError(
    'bad-json',
    `${cursor.subject} gave malformed JSON: ${detail} at byte ${cursor.at}, found ${excerpt(cursor.bytes.subarray(cursor.at))}`,
  );
}

/** The first characters of an answer, quoted. */
export function excerpt(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * EXCERPT_LENGTH)).trim();
  return JSON.stringify(text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text);
}

function truncated(cursor: JsonCursor): SourceError {
  return new SourceError(
    TRUNCATED,
    `${cursor.subject} gave JSON that breaks off after ${cursor.bytes.length} bytes`,
  );
}

/** Moves past an object or array by counting brackets outside of strings; JSON.parse judges what lies between. */
function skipNested(cursor: JsonCursor): void {
  const { bytes } = cursor;
  let depth = 0;
  do {
    const byte = bytes[cursor.at];
    if (byte === undefined) throw truncated(cursor);
    if (byte === QUOTE) {
      readString(cursor);
      continue;
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    cursor.at++;
  } while (depth > 0);
}

/** Moves past a number or a word. One at the end of the text may be half of one. */
function skipScalar(cursor: JsonCursor): void {
  const { bytes } = cursor;
  while (cursor.at < bytes.length && !endsScalar(bytes[cursor.at]!)) cursor.at++;
  if (cursor.at === bytes.length) throw truncated(cursor);
}

function parseSlice(cursor: JsonCursor, start: number, end: number): unknown {
  try {
    return JSON.parse(STRICT_UTF8.decode(cursor.bytes.subarray(start, end)));
  } catch {
    throw malformed({ ...cursor, at: start }, 'a value was expected');
  }
}

function endsScalar(byte: number): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || isSpace(byte);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
