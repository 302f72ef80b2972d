/** GetObject and HeadObject. */
import { createReadStream } from 'node:fs';
import type { AwsResponse } from '../contract.ts';
import { checkRead } from './conditions.ts';
import { type ContentFile, closeContent } from './content-folder.ts';
import { noSuchKey, requireBucket, type S3Context, type S3Request } from './context.ts';
import { notImplemented, S3Error } from './errors.ts';
import type { ObjectRecord } from './index-database.ts';
import { writeMetadata } from './metadata.ts';
import { parseRange } from './range.ts';

/** Query parameter → the header that it overrides. */
const OVERRIDES: Readonly<Record<string, string>> = {
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
  'response-content-language': 'content-language',
  'response-content-type': 'content-type',
  'response-expires': 'expires',
};

export function getObject(context: S3Context, request: S3Request): AwsResponse {
  const object = requireObject(context, request);
  const headers = objectHeaders(object, request);
  if (checkRead(request.headers, object, '') === 'not-modified') return notModified(headers);
  const range = parseRange(request.headers.range, object.size);
  const file = openObject(context, object);
  if (object.size === 0) {
    closeContent(file);
    return { status: 200, headers };
  }
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const body = createReadStream('', { fd: file.fd, start, end });
  if (range === undefined) return { status: 200, headers, body };
  return { status: 206, headers: { ...headers, ...rangeHeaders(start, end, object.size) }, body };
}

export function headObject(context: S3Context, request: S3Request): AwsResponse {
  const object = requireObject(context, request);
  const headers = objectHeaders(object, request);
  if (checkRead(request.headers, object, '') === 'not-modified') return notModified(headers);
  const range = parseRange(request.headers.range, object.size);
  if (range === undefined) return { status: 200, headers };
  return { status: 206, headers: { ...headers, ...rangeHeaders(range.start, range.end, object.size) } };
}

/** The object that a request names. @throws S3Error NoSuchBucket, NoSuchKey, NoSuchVersion */
export function requireObject(context: S3Context, request: S3Request): ObjectRecord {
  requireBucket(context, request.bucket);
  checkVersion(request.query.get('versionId'));
  if (request.query.has('partNumber')) throw notImplemented('reading one part by partNumber');
  const object = context.index.findObject(request.bucket, request.key);
  if (object === undefined) throw noSuchKey(request.key);
  return object;
}

/** Every object has the one version `null`. @throws S3Error NoSuchVersion */
export function checkVersion(versionId: string | null): void {
  if (versionId !== null && versionId !== 'null')
    throw new S3Error('NoSuchVersion', `The specified version does not exist: ${versionId}`, {
      VersionId: versionId,
    });
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

function objectHeaders(object: ObjectRecord, { headers, query }: S3Request): Record<string, string> {
  // The checksum is the whole object's, and clients would hold a part against it.
  const withChecksum =
    headers['x-amz-checksum-mode']?.toUpperCase() === 'ENABLED' && headers.range === undefined;
  const result: Record<string, string> = {
    ...writeMetadata(object.metadata, withChecksum),
    'accept-ranges': 'bytes',
    'content-length': String(object.size),
    etag: object.etag,
    'last-modified': new Date(object.modified).toUTCString(),
  };
  const tags = Object.keys(object.tags).length;
  if (tags > 0) result['x-amz-tagging-count'] = String(tags);
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = query.get(parameter);
    if (value !== null) result[header] = value;
  }
  return result;
}

function rangeHeaders(start: number, end: number, size: number): Record<string, string> {
  return { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': String(end - start + 1) };
}

/** Nothing that describes a body: clients would hold the empty one against a checksum. */
function notModified(headers: Record<string, string>): AwsResponse {
  const kept = ['cache-control', 'etag', 'expires', 'last-modified'];
  return {
    status: 304,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name))),
  };
}
