/** Multipart uploads: create, parts, complete, abort. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { algorithmOfHeader, checksumHeader, createChecksum } from '../auth/checksum.ts';
import type { AwsResponse } from '../contract.ts';
import { readWriteConditions } from './conditions.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { checksumHeaders, type ObjectPart, readMetadata, type StoredChecksum } from './metadata.ts';
import { formatModified } from './modified.ts';
import { makeId } from './object-id.ts';
import { MAX_PARTS, readPartNumber } from './part-number.ts';
import { findCopySource, readAlgorithm, readSource } from './put-object.ts';
import { parseRange } from './range.ts';
import { bodyAlgorithm, checkLength, type ReceivedContent, receiveContent } from './receive-content.ts';
import { readTagHeader } from './tagging.ts';
import type { PartRecord, UploadRecord } from './upload-table.ts';
import { versionHeaders } from './versions.ts';
import { commitObject } from './write-object.ts';
import { childrenOf, element, malformedXml, parseXml, textOf, type XmlNode, xmlResponse } from './xml.ts';

/** Every part but the last, bytes. */
const MIN_PART_SIZE = 5 * 1024 ** 2;

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

export async function completeMultipartUpload(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const { bucket, key, headers, requestId } = request;
  const upload = requireUpload(context, request);
  const conditions = readWriteConditions(headers);
  const ticket = context.deletions.open(bucket, key);
  try {
    const parts = chooseParts(context, upload, parseXml(await text(request.body), 'CompleteMultipartUpload'));
    const whole = upload.checksum?.type === 'FULL_OBJECT' ? upload.checksum.algorithm : undefined;
    const {
      content,
      size,
      checksum: wholeChecksum,
    } = await receiveContent(context, joinParts(context, parts), whole);
    const checksum = wholeChecksum ?? compositeChecksum(upload, parts);
    try {
      checkResult(headers, size, checksum);
    } catch (error) {
      context.content.discard(content);
      throw error;
    }
    const leftOver = context.uploads.listParts(upload.id, 0, MAX_PARTS);
    const object = commitObject(context, {
      bucket,
      key,
      content,
      size,
      etag: `"${joinedMd5(parts)}-${parts.length}"`,
      metadata: checksum === undefined ? upload.metadata : { ...upload.metadata, checksum },
      tags: upload.tags,
      parts: parts.map((part) => toObjectPart(part, checksum)),
      conditions,
      deletedMeanwhile: ticket.deleted,
      event: 'ObjectCreated:CompleteMultipartUpload',
      requestId,
      alongside() {
        requireUpload(context, request);
        context.uploads.delete(upload.id);
      },
    });
    for (const part of leftOver) context.content.discard(part.content);
    const children = [
      element('Location', `${request.origin}${request.path}`),
      element('Bucket', bucket),
      element('Key', key),
      element('ETag', object.etag),
      ...(checksum
        ? [element(`Checksum${checksum.algorithm}`, checksum.value), element('ChecksumType', checksum.type)]
        : []),
    ];
    const version = versionHeaders(requireBucket(context, bucket), object);
    return xmlResponse('CompleteMultipartUploadResult', children, version);
  } finally {
    ticket.close();
  }
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

/** The parts that the request lists, each checked against what was uploaded. */
function chooseParts(context: S3Context, upload: UploadRecord, document: XmlNode): PartRecord[] {
  const wanted = childrenOf(document, 'Part');
  if (wanted.length === 0) throw malformedXml('the upload has no Part');
  const known = new Map(
    context.uploads.listParts(upload.id, 0, MAX_PARTS).map((part) => [part.number, part]),
  );
  const numbers = wanted.map((node) => readPartNumber(textOf(node, 'PartNumber')?.trim() ?? null));
  checkOrder(numbers);
  return wanted.map((node, position) => {
    const number = numbers[position] ?? 0;
    const part = known.get(number);
    const etag = (textOf(node, 'ETag') ?? '').trim().replaceAll('"', '');
    if (part === undefined || etag !== part.etag.replaceAll('"', ''))
      throw new S3Error(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
        {
          UploadId: upload.id,
          PartNumber: String(number),
          ETag: etag,
        },
      );
    checkPartChecksum(upload, part, node);
    if (part.size < MIN_PART_SIZE && position < wanted.length - 1)
      throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
        ProposedSize: String(part.size),
        MinSizeAllowed: String(MIN_PART_SIZE),
        PartNumber: String(number),
        ETag: etag,
      });
    return part;
  });
}

function checkOrder(numbers: readonly number[]): void {
  const wrong = numbers.findIndex(
    (number, position) => position > 0 && number <= (numbers[position - 1] ?? 0),
  );
  if (wrong >= 0)
    throw new S3Error(
      'InvalidPartOrder',
      `The list of parts was not in ascending order: ${numbers[wrong]} follows ${numbers[wrong - 1]}`,
    );
}

function checkPartChecksum(upload: UploadRecord, part: PartRecord, node: XmlNode): void {
  const algorithm = upload.checksum?.algorithm ?? part.checksum?.algorithm;
  const given = algorithm && textOf(node, `Checksum${algorithm}`)?.trim();
  if (given === undefined && upload.checksum?.type === 'COMPOSITE')
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    );
  if (given !== undefined && given !== part.checksum?.value)
    throw new S3Error(
      'InvalidPart',
      `The checksum of part ${part.number} is ${part.checksum?.value}, not ${given}`,
    );
}

async function* joinParts(context: S3Context, parts: readonly PartRecord[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    // A part that is uploaded again meanwhile takes its file with it.
    const opened = context.content.open(part.content, '', undefined);
    yield* createReadStream('', { fd: opened.fd }) as AsyncIterable<Buffer>;
  }
}

/** A part's checksum is worth keeping where it is of the kind that the whole has. */
function toObjectPart({ number, size, checksum }: PartRecord, whole: StoredChecksum | undefined): ObjectPart {
  return whole !== undefined && checksum?.algorithm === whole.algorithm
    ? { number, size, checksum: checksum.value }
    : { number, size };
}

function joinedMd5(parts: readonly PartRecord[]): string {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part.etag.replaceAll('"', ''), 'hex');
  return hash.digest('hex');
}

function compositeChecksum(upload: UploadRecord, parts: readonly PartRecord[]): StoredChecksum | undefined {
  if (upload.checksum === undefined) return undefined;
  const { algorithm } = upload.checksum;
  const checksum = createChecksum(algorithm);
  for (const part of parts) checksum.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  return { algorithm, type: 'COMPOSITE', value: `${checksum.digest().toString('base64')}-${parts.length}` };
}

/** What the client says of the whole object. */
function checkResult(
  headers: S3Request['headers'],
  size: number,
  checksum: StoredChecksum | undefined,
): void {
  const wantedSize = headers['x-amz-mp-object-size'];
  if (wantedSize !== undefined && Number(wantedSize) !== size)
    throw new S3Error(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header does not match what was computed: ${wantedSize} against ${size}`,
    );
  for (const [name, value] of Object.entries(headers)) {
    if (algorithmOfHeader(name) === undefined) continue;
    if (checksum === undefined || checksumHeader(checksum.algorithm) !== name || checksum.value !== value)
      throw new S3Error(
        'BadDigest',
        `The ${name} you specified did not match the calculated checksum: ${value} against ${checksum?.value}`,
      );
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
