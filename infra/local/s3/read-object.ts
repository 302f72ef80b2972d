/** GetObject and HeadObject. */
import { createReadStream } from 'node:fs';
import type { AwsResponse } from '../contract.ts';
import type { BucketRecord } from './bucket-table.ts';
import { checkRead } from './conditions.ts';
import { type ContentFile, closeContent } from './content-folder.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { checksumHeaders, writeMetadata } from './metadata.ts';
import type { ObjectRecord } from './object-table.ts';
import { readPartNumber } from './part-number.ts';
import { type ByteRange, parseRange } from './range.ts';
import { requireVersion, versionHeaders } from './versions.ts';

/** Query parameter → the header that it overrides. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};

/** What of an object an answer holds. */
interface Section extends ByteRange {
  readonly headers: Readonly<Record<string, string>>;
}

export function getObject(context: S3Context, request: S3Request): AwsResponse {
  const found = requireObject(context, request);
  const { object } = found;
  const headers = objectHeaders(found, request);
  if (checkRead(request.headers, object, '') === 'not-modified') return notModified(headers);
  const section = findSection(object, request);
  const file = openObject(context, object);
  if (object.size === 0) {
    closeContent(file);
    return { status: 200, headers: { ...headers, ...section?.headers } };
  }
  const { start, end } = section ?? { start: 0, end: object.size - 1 };
  const body = createReadStream('', { fd: file.fd, start, end });
  if (section === undefined) return { status: 200, headers, body };
  return { status: 206, headers: { ...headers, ...section.headers }, body };
}

export function headObject(context: S3Context, request: S3Request): AwsResponse {
  const found = requireObject(context, request);
  const headers = objectHeaders(found, request);
  if (checkRead(request.headers, found.object, '') === 'not-modified') return notModified(headers);
  const section = findSection(found.object, request);
  if (section === undefined) return { status: 200, headers };
  return { status: found.object.size === 0 ? 200 : 206, headers: { ...headers, ...section.headers } };
}

/** The object that a request names. @throws S3Error NoSuchBucket, NoSuchKey, NoSuchVersion, MethodNotAllowed */
export function requireObject(
  context: S3Context,
  request: S3Request,
): { readonly bucket: BucketRecord; readonly object: ObjectRecord } {
  const bucket = requireBucket(context, request.bucket);
  const versionId = request.query.get('versionId');
  return { bucket, object: requireVersion(context, bucket, request.key, versionId) };
}

/** The caller closes it. @throws S3Error InternalError where somebody changed or removed the file by hand */
export function openObject(context: S3Context, object: ObjectRecord): ContentFile {
  const { bucket, key, content, file, size } = object;
  let opened: ContentFile;
  try {
    opened = context.content.open(content, bucket, file);
  } catch (error) {
    throw new S3Error('InternalError', `The content of ${bucket}/${key} cannot be opened: ${String(error)}`);
  }
  if (opened.size === size) return opened;
  closeContent(opened);
  throw new S3Error(
    'InternalError',
    `The file of ${bucket}/${key} was changed by hand: ${opened.size} bytes, not ${size}`,
  );
}

/** Undefined for all of it. @throws S3Error InvalidRange, InvalidPartNumber, InvalidRequest */
function findSection(
  { size, parts, metadata }: ObjectRecord,
  { headers, query }: S3Request,
): Section | undefined {
  const wanted = query.get('partNumber');
  if (wanted === null) {
    const range = parseRange(headers.range, size);
    return range && { ...range, headers: rangeHeaders(range, size) };
  }
  if (headers.range !== undefined)
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  const number = readPartNumber(wanted);
  // What came whole is its own only part.
  const all = parts ?? [{ number: 1, size }];
  const position = parts === undefined ? number - 1 : all.findIndex((part) => part.number === number);
  const part = all[position];
  if (part === undefined)
    throw new S3Error('InvalidPartNumber', 'The requested partnumber is not satisfiable', {
      PartNumberRequested: wanted,
      ActualPartCount: String(all.length),
    });
  const start = all.slice(0, position).reduce((sum, before) => sum + before.size, 0);
  const range = { start, end: start + part.size - 1 };
  const headersOfPart: Record<string, string> = size === 0 ? {} : rangeHeaders(range, size);
  if (parts !== undefined) headersOfPart['x-amz-mp-parts-count'] = String(parts.length);
  if (parts !== undefined && metadata.checksum && part.checksum && isChecksumAsked(headers))
    Object.assign(headersOfPart, checksumHeaders({ ...metadata.checksum, value: part.checksum }));
  return { ...range, headers: headersOfPart };
}

function objectHeaders(
  { bucket, object }: ReturnType<typeof requireObject>,
  { headers, query }: S3Request,
): Record<string, string> {
  // The checksum is the whole object's, and clients would hold a part against it.
  const withChecksum =
    isChecksumAsked(headers) &&
    headers.range === undefined &&
    (object.parts === undefined || !query.has('partNumber'));
  const result: Record<string, string> = {
    ...writeMetadata(object.metadata, withChecksum),
    'accept-ranges': 'bytes',
    'content-length': String(object.size),
    etag: object.etag,
    'last-modified': new Date(object.modified).toUTCString(),
    ...versionHeaders(bucket, object),
  };
  const tags = Object.keys(object.tags).length;
  if (tags > 0) result['x-amz-tagging-count'] = String(tags);
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = query.get(parameter);
    if (value !== null) result[header] = value;
  }
  return result;
}

function isChecksumAsked(headers: S3Request['headers']): boolean {
  return headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED';
}

function rangeHeaders({ start, end }: ByteRange, size: number): Record<string, string> {
  return { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': String(end - start + 1) };
}

/** Nothing that describes a body: clients would hold the empty one against a checksum. */
function notModified(headers: Record<string, string>): AwsResponse {
  const kept = ['cache-control', 'etag', 'expires', 'last-modified', 'x-amz-version-id'];
  return {
    status: 304,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name))),
  };
}
