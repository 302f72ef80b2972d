/** What is stored beside an object's bytes, and the headers that it comes from and goes back to. */
import { type ChecksumAlgorithm, checksumHeader } from '../auth/checksum.ts';
import { notImplemented, S3Error } from './errors.ts';

export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; with `-PARTS` at its end where it is made of the parts' checksums. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** A part of a finished upload. */
export interface ObjectPart {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** Base64. */
  readonly checksum?: string;
}

export interface ObjectMetadata {
  /** Content-Type, Cache-Control and so on, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** x-amz-meta-*, by lower-case name without that prefix. */
  readonly user: Readonly<Record<string, string>>;
  readonly checksum?: StoredChecksum;
}

type Headers = Readonly<Record<string, string>>;

const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
] as const;
const USER_PREFIX = 'x-amz-meta-';
const DEFAULT_TYPE = 'binary/octet-stream';
/** Bytes of names and values. */
const MAX_USER_METADATA = 2048;

/** Headers that ask for what the emulator does not do. Left unanswered, they would be silently ignored. */
const UNKNOWN_HEADERS =
  /^x-amz-(website-redirect-location|object-lock-|server-side-encryption-|copy-source-server-side-encryption-|grant-|write-offset-bytes|mfa|bypass-governance|rename-source|object-if-match)/;
/** The one access that everything here has. */
const PRIVATE_ACLS: ReadonlySet<string> = new Set([
  'private',
  'bucket-owner-full-control',
  'bucket-owner-read',
]);

/** @throws S3Error NotImplemented for a header that the emulator would have to ignore; MetadataTooLarge */
export function readMetadata(headers: Headers): ObjectMetadata {
  checkHeaders(headers);
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = name === 'content-encoding' ? withoutChunked(headers[name]) : headers[name];
    if (value !== undefined && value !== '') kept[name] = value;
  }
  kept['content-type'] ??= DEFAULT_TYPE;
  if (headers['x-amz-server-side-encryption'] !== undefined)
    kept['x-amz-server-side-encryption'] = headers['x-amz-server-side-encryption'];
  const user: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(USER_PREFIX)) continue;
    user[name.slice(USER_PREFIX.length)] = value;
    size += name.length - USER_PREFIX.length + value.length;
  }
  if (size > MAX_USER_METADATA)
    throw new S3Error(
      'MetadataTooLarge',
      `Your metadata headers exceed the maximum allowed metadata size: ${size} > ${MAX_USER_METADATA} bytes`,
    );
  return { headers: kept, user };
}

/** @throws S3Error NotImplemented, InvalidStorageClass or AccessDenied for what a request asks beyond this emulator */
export function checkHeaders(headers: Headers): void {
  const unknown = Object.keys(headers).find((name) => UNKNOWN_HEADERS.test(name));
  if (unknown !== undefined) throw notImplemented(`the header ${unknown}`);
  const acl = headers['x-amz-acl'];
  if (acl !== undefined && !PRIVATE_ACLS.has(acl)) throw notImplemented(`the ACL ${JSON.stringify(acl)}`);
  const encryption = headers['x-amz-server-side-encryption'];
  if (encryption !== undefined && encryption !== 'AES256')
    throw notImplemented(`the encryption ${JSON.stringify(encryption)}`);
  const storageClass = headers['x-amz-storage-class'];
  if (storageClass !== undefined && storageClass !== 'STANDARD')
    throw notImplemented(`the storage class ${JSON.stringify(storageClass)}, only STANDARD`);
}

/** Headers of GetObject and HeadObject. `withChecksum` as x-amz-checksum-mode asks. */
export function writeMetadata(metadata: ObjectMetadata, withChecksum: boolean): Record<string, string> {
  const headers: Record<string, string> = { ...metadata.headers };
  for (const [name, value] of Object.entries(metadata.user)) headers[USER_PREFIX + name] = encodeWord(value);
  if (withChecksum) Object.assign(headers, checksumHeaders(metadata.checksum));
  return headers;
}

export function checksumHeaders(checksum: StoredChecksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** `aws-chunked` is the transfer's, not the object's. */
function withoutChunked(encoding: string | undefined): string | undefined {
  return encoding
    ?.replace(/(^|,)\s*aws-chunked\s*(?=,|$)/g, '')
    .replace(/^,/, '')
    .trim();
}

/** As S3 answers: a value beyond ASCII as an encoded word of RFC 2047. Values are held one byte a character. */
function encodeWord(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant
  if (/^[\u0000-\u007f]*$/.test(value)) return value;
  return `=?UTF-8?B?${Buffer.from(value, 'latin1').toString('base64')}?=`;
}
