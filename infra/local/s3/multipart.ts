/** Multipart uploads: create, parts, abort. */
import type { AwsResponse } from '../contract.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { checksumHeaders, readMetadata, type StoredChecksum } from './metadata.ts';
import { formatModified } from './modified.ts';
import { makeId } from './object-id.ts';
import { MAX_PARTS, readPartNumber } from './part-number.ts';
import { findCopySource, readAlgorithm, readSource } from './put-object.ts';
import { parseRange } from './range.ts';
import { bodyAlgorithm, checkLength, type ReceivedContent, receiveContent } from './receive-content.ts';
import { readTagHeader } from './tagging.ts';
import type { PartRecord, UploadRecord } from './upload-table.ts';
import { element, xmlResponse } from './xml.ts';

export function createMultipartUpload(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, key, headers } = request;
  requireBucket(context, bucket);
  const checksum = readChecksumKind(headers);
  const id = makeId();
  const metadata = readMetadata(headers);
  const tags = readTagHeader(headers['x-amz-tagging']);
  context.uploads.put({ id, bucket, key, initiated: context.now(), metadata, tags, checksum });
  const answer = checksum && {
    'x-amz-checksum-algorithm': checksum.algorithm,
    'x-amz-checksum-type': checksum.type,
  };
  const children = [element('Bucket', bucket), element('Key', key), element('UploadId', id)];
  return xmlResponse('InitiateMultipartUploadResult', children, answer);
}

export async function uploadPart(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const upload = requireUpload(context, request);
  const number = readPartNumber(request.query.get('partNumber'));
  checkLength(request);
  const algorithm = bodyAlgorithm(request);
  if (algorithm !== undefined && upload.checksum !== undefined && algorithm !== upload.checksum.algorithm)
    throw new S3Error(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksum.algorithm}, actual checksum Type: ${algorithm}`,
    );
  const received = await receiveContent(context, request.body, algorithm ?? upload.checksum?.algorithm);
  const part = commitPart(context, request, number, received);
  return { status: 200, headers: { etag: part.etag, ...partChecksumHeader(part.checksum) } };
}

export async function uploadPartCopy(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const upload = requireUpload(context, request);
  const number = readPartNumber(request.query.get('partNumber'));
  const { source, headers } = findCopySource(context, request);
  const wanted = request.headers['x-amz-copy-source-range'];
  const range = parseRange(wanted, source.size);
  if (wanted !== undefined && (range === undefined || wanted !== `bytes=${range.start}-${range.end}`))
    throw new S3Error(
      'InvalidArgument',
      `The x-amz-copy-source-range value must be of the form bytes=first-last within the ${source.size} bytes of the source: ${wanted}`,
    );
  const received = await receiveContent(
    context,
    readSource(context, source, range),
    upload.checksum?.algorithm,
  );
  const part = commitPart(context, request, number, received);
  const children = [
    element('LastModified', formatModified(part.modified)),
    element('ETag', part.etag),
    part.checksum ? element(`Checksum${part.checksum.algorithm}`, part.checksum.value) : '',
  ];
  return xmlResponse('CopyPartResult', children, headers);
}

export function abortMultipartUpload(context: S3Context, request: S3Request): AwsResponse {
  discardUpload(context, requireUpload(context, request).id);
  return { status: 204 };
}

export function discardUpload(context: S3Context, id: string): void {
  const parts = context.uploads.listParts(id, 0, MAX_PARTS);
  context.index.transaction(() => context.uploads.delete(id));
  for (const part of parts) context.content.discard(part.content);
}

/** @throws S3Error NoSuchUpload */
export function requireUpload(context: S3Context, { bucket, key, query }: S3Request): UploadRecord {
  requireBucket(context, bucket);
  const id = query.get('uploadId') ?? '';
  const upload = context.uploads.find(id);
  if (upload !== undefined && upload.bucket === bucket && upload.key === key) return upload;
  throw new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: id },
  );
}

function commitPart(
  context: S3Context,
  request: S3Request,
  number: number,
  received: ReceivedContent,
): PartRecord {
  const { content, size, md5, checksum } = received;
  try {
    const upload = requireUpload(context, request);
    const replaced = context.uploads.findPart(upload.id, number);
    const part: PartRecord = {
      upload: upload.id,
      number,
      content,
      size,
      etag: `"${md5.toString('hex')}"`,
      modified: context.now(),
      checksum,
    };
    context.uploads.putPart(part);
    if (replaced !== undefined) context.content.discard(replaced.content);
    return part;
  } catch (error) {
    context.content.discard(content);
    throw error;
  }
}

function readChecksumKind(headers: S3Request['headers']): UploadRecord['checksum'] {
  const algorithm = readAlgorithm(headers['x-amz-checksum-algorithm']);
  if (algorithm === undefined) return undefined;
  const type = headers['x-amz-checksum-type'] ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible = algorithm.startsWith('SHA')
    ? ['COMPOSITE']
    : algorithm === 'CRC64NVME'
      ? ['FULL_OBJECT']
      : ['COMPOSITE', 'FULL_OBJECT'];
  if ((type === 'FULL_OBJECT' || type === 'COMPOSITE') && possible.includes(type)) return { algorithm, type };
  throw new S3Error(
    'InvalidRequest',
    `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

function partChecksumHeader(checksum: StoredChecksum | undefined): Record<string, string> {
  const { 'x-amz-checksum-type': _, ...header } = checksumHeaders(checksum);
  return header;
}
