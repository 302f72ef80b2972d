/** Keys in paths, listings and events. */
import { S3Error } from './errors.ts';

/** Bytes. */
const MAX_KEY = 1024;

/** @throws S3Error KeyTooLongError, InvalidURI */
export function decodeKey(encoded: string): string {
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    throw new S3Error('InvalidURI', `Couldn't parse the specified URI: ${encoded.slice(0, 200)}`);
  }
  return checkKey(key);
}

export function checkKey(key: string): string {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY)
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      Size: String(size),
      MaxSizeAllowed: String(MAX_KEY),
    });
  return key;
}

/** As in events and in listings with encoding-type=url: slashes stay, a space is a plus. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/')
    .replaceAll('%20', '+');
}
