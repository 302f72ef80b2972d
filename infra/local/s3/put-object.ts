/** PutObject and CopyObject. */
import { createReadStream } from 'node:fs';
import { parseChecksumAlgorithm } from '../auth/checksum.ts';
import type { AwsResponse } from '../contract.ts';
import type { BucketRecord } from './bucket-table.ts';
import { checkRead, preconditionFailed, readWriteConditions } from './conditions.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { decodeKey } from './key-encoding.ts';
import { checkHeaders, checksumHeaders, type ObjectMetadata, readMetadata } from './metadata.ts';
import { formatModified } from './modified.ts';
import type { ObjectRecord } from './object-table.ts';
import { objectArn } from './permissions.ts';
import { openObject } from './read-object.ts';
import { bodyAlgorithm, checkLength, type ReceivedContent, receiveContent } from './receive-content.ts';
import { readTagHeader } from './tagging.ts';
import { requireVersion, versionHeaders } from './versions.ts';
import { commitObject } from './write-object.ts';
import { element, xmlResponse } from './xml.ts';

export async function putObject(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const bucket = requireBucket(context, request.bucket);
  checkLength(request);
  const metadata = readMetadata(request.headers);
  const tags = readTagHeader(request.headers['x-amz-tagging']);
  const receive = () => receiveContent(context, request.body, bodyAlgorithm(request));
  const { object } = await storeObject(context, request, {
    metadata,
    tags,
    event: 'ObjectCreated:Put',
    receive,
  });
  const encryption = object.metadata.headers['x-amz-server-side-encryption'];
  return {
    status: 200,
    headers: {
      etag: object.etag,
      ...checksumHeaders(object.metadata.checksum),
      ...versionHeaders(bucket, object),
      ...(encryption === undefined ? {} : { 'x-amz-server-side-encryption': encryption }),
    },
  };
}

export async function copyObject(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const { headers } = request;
  const bucket = requireBucket(context, request.bucket);
  const { source, headers: sourceHeaders } = findCopySource(context, request);
  const replaceMetadata = readDirective(headers, 'x-amz-metadata-directive');
  const replaceTags = readDirective(headers, 'x-amz-tagging-directive');
  checkHeaders(headers);
  if (!replaceTags && Object.keys(source.tags).length > 0) {
    request.permissions?.require('s3:GetObjectTagging', objectArn(source.bucket, source.key));
    request.permissions?.require('s3:PutObjectTagging', objectArn(request.bucket, request.key));
  }
  const onto = context.index.findObject(request.bucket, request.key);
  // An older version may come back over the current one as it was.
  if (source.content === onto?.content && !replaceMetadata)
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']) ?? source.metadata.checksum?.algorithm;
  const { object } = await storeObject(context, request, {
    metadata: replaceMetadata ? readMetadata(headers) : source.metadata,
    tags: replaceTags ? readTagHeader(headers['x-amz-tagging']) : source.tags,
    event: 'ObjectCreated:Copy',
    receive: () => receiveContent(context, readSource(context, source), algorithm),
  });
  const checksum = object.metadata.checksum;
  const children = [
    element('LastModified', formatModified(object.modified)),
    element('ETag', object.etag),
    ...(checksum
      ? [element(`Checksum${checksum.algorithm}`, checksum.value), element('ChecksumType', checksum.type)]
      : []),
  ];
  return xmlResponse('CopyObjectResult', children, { ...sourceHeaders, ...versionHeaders(bucket, object) });
}

/** The object that x-amz-copy-source names, its conditions checked, and what the answer says of it. @throws S3Error */
export function findCopySource(
  context: S3Context,
  { headers, permissions }: S3Request,
): { readonly source: ObjectRecord; readonly headers: Readonly<Record<string, string>> } {
  const [path = '', query = ''] = (headers['x-amz-copy-source'] ?? '').split('?');
  const decoded = decodeKey(path).replace(/^\//, '');
  const slash = decoded.indexOf('/');
  if (slash <= 0 || slash === decoded.length - 1)
    throw new S3Error(
      'InvalidArgument',
      `Copy Source must mention the source bucket and key: sourcebucket/sourcekey, not ${JSON.stringify(path)}`,
    );
  const bucket = requireBucket(context, decoded.slice(0, slash));
  const key = decoded.slice(slash + 1);
  const versionId = new URLSearchParams(query).get('versionId');
  permissions?.require(
    versionId === null ? 's3:GetObject' : 's3:GetObjectVersion',
    objectArn(bucket.name, key),
  );
  const source = requireSource(context, bucket, key, versionId);
  if (checkRead(headers, source, 'x-amz-copy-source-') === 'not-modified')
    throw preconditionFailed('x-amz-copy-source-If-None-Match or -If-Modified-Since');
  const version = versionHeaders(bucket, source)['x-amz-version-id'];
  return { source, headers: version === undefined ? {} : { 'x-amz-copy-source-version-id': version } };
}

function requireSource(
  context: S3Context,
  bucket: BucketRecord,
  key: string,
  versionId: string | null,
): ObjectRecord {
  try {
    return requireVersion(context, bucket, key, versionId);
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== 'MethodNotAllowed') throw error;
    throw new S3Error(
      'InvalidRequest',
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  }
}

/** A range of it, both ends inclusive, or all. The file stays open, whatever is written over it meanwhile. */
export function readSource(
  context: S3Context,
  source: ObjectRecord,
  range?: { readonly start: number; readonly end: number },
): AsyncIterable<Buffer> {
  return createReadStream('', { ...openObject(context, source), ...range });
}

export function readAlgorithm(name: string | undefined): ReturnType<typeof parseChecksumAlgorithm> {
  if (name === undefined) return undefined;
  const algorithm = parseChecksumAlgorithm(name);
  if (algorithm !== undefined) return algorithm;
  throw new S3Error('InvalidRequest', `Checksum algorithm provided is unsupported: ${JSON.stringify(name)}`);
}

async function storeObject(
  context: S3Context,
  { bucket, key, headers, requestId }: S3Request,
  write: {
    readonly metadata: ObjectMetadata;
    readonly tags: Readonly<Record<string, string>>;
    readonly event: 'ObjectCreated:Put' | 'ObjectCreated:Copy';
    readonly receive: () => Promise<ReceivedContent>;
  },
): Promise<{ object: ObjectRecord }> {
  const conditions = readWriteConditions(headers);
  const ticket = context.deletions.open(bucket, key);
  try {
    const { content, size, md5, checksum } = await write.receive();
    const { checksum: _, ...metadata } = write.metadata;
    const object = commitObject(context, {
      bucket,
      key,
      content,
      size,
      etag: `"${md5.toString('hex')}"`,
      metadata: checksum === undefined ? metadata : { ...metadata, checksum },
      tags: write.tags,
      conditions,
      deletedMeanwhile: ticket.deleted,
      event: write.event,
      requestId,
    });
    return { object };
  } finally {
    ticket.close();
  }
}

/** True for REPLACE. */
function readDirective(headers: Readonly<Record<string, string>>, name: string): boolean {
  const value = headers[name]?.toUpperCase() ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value === 'REPLACE';
  throw new S3Error(
    'InvalidArgument',
    `${name} must be COPY or REPLACE, not ${JSON.stringify(headers[name])}`,
  );
}
