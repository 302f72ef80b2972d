/** CompleteMultipartUpload: the parts become one object. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { algorithmOfHeader, checksumHeader, createChecksum } from '../auth/checksum.ts';
import type { AwsResponse } from '../contract.ts';
import type { Completion } from './completion-table.ts';
import { readWriteConditions } from './conditions.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import type { ObjectPart, StoredChecksum } from './metadata.ts';
import { requireUpload } from './multipart.ts';
import type { ObjectRecord } from './object-table.ts';
import { MAX_PARTS, readPartNumber } from './part-number.ts';
import { receiveContent } from './receive-content.ts';
import type { PartRecord, UploadRecord } from './upload-table.ts';
import { versionHeaders } from './versions.ts';
import { commitObject } from './write-object.ts';
import { childrenOf, element, malformedXml, parseXml, textOf, type XmlNode, xmlResponse } from './xml.ts';

/** Every part but the last, bytes. */
const MIN_PART_SIZE = 5 * 1024 ** 2;

export async function completeMultipartUpload(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const { bucket, key, headers, requestId } = request;
  const body = await text(request.body);
  const repeated = findCompletion(context, request, body);
  if (repeated !== undefined) return repeated;
  const upload = requireUpload(context, request);
  const conditions = readWriteConditions(headers);
  const ticket = context.deletions.open(bucket, key);
  try {
    const parts = chooseParts(context, upload, parseXml(body, 'CompleteMultipartUpload'));
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
      // S3 dates an object of parts by the start of its upload.
      modified: upload.initiated,
      conditions,
      deletedMeanwhile: ticket.deleted,
      event: 'ObjectCreated:CompleteMultipartUpload',
      requestId,
      alongside(record) {
        requireUpload(context, request);
        context.uploads.delete(upload.id);
        const answer = describeCompletion(context, request, record);
        const identity = { upload: upload.id, bucket, key, digest: digestBody(body) };
        context.completions.put({ ...identity, answer, completed: context.now() });
      },
    });
    for (const part of leftOver) context.content.discard(part.content);
    const { children, headers: versionHeader } = describeCompletion(context, request, object);
    return xmlResponse('CompleteMultipartUploadResult', children, versionHeader);
  } finally {
    ticket.close();
  }
}

/** The answer to the same request before, whose client may not have had it. */
function findCompletion(context: S3Context, request: S3Request, body: string): AwsResponse | undefined {
  const { bucket, key, query } = request;
  const found = context.completions.find(query.get('uploadId') ?? '');
  if (found === undefined || found.bucket !== bucket || found.key !== key) return undefined;
  if (found.digest !== digestBody(body)) return undefined;
  return xmlResponse('CompleteMultipartUploadResult', found.answer.children, found.answer.headers);
}

function describeCompletion(
  context: S3Context,
  { bucket, key, origin, path }: S3Request,
  object: ObjectRecord,
): Completion['answer'] {
  const { checksum } = object.metadata;
  const children = [
    element('Location', `${origin}${path}`),
    element('Bucket', bucket),
    element('Key', key),
    element('ETag', object.etag),
    ...(checksum
      ? [element(`Checksum${checksum.algorithm}`, checksum.value), element('ChecksumType', checksum.type)]
      : []),
  ];
  return { children, headers: versionHeaders(requireBucket(context, bucket), object) };
}

function digestBody(body: string): string {
  return createHash('sha256').update(body).digest('hex');
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
