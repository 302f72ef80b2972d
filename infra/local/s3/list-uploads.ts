/** ListMultipartUploads and ListParts. */
import type { AwsResponse } from '../contract.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { notImplemented } from './errors.ts';
import { encodeKey } from './key-encoding.ts';
import { OWNER, readLimit } from './listing.ts';
import { formatModified } from './modified.ts';
import { requireUpload } from './multipart.ts';
import { element, parent, xmlResponse } from './xml.ts';

const INITIATOR = OWNER.replaceAll('Owner>', 'Initiator>');

export function listMultipartUploads(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, query } = request;
  requireBucket(context, bucket);
  if (query.get('delimiter')) throw notImplemented('ListMultipartUploads with a delimiter');
  const prefix = query.get('prefix') ?? '';
  const limit = readLimit(query.get('max-uploads'), 'max-uploads');
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string) => key;
  const all = context.uploads.list(bucket).filter(({ key }) => key.startsWith(prefix));
  const start = indexAfter(all, query.get('key-marker') ?? '', query.get('upload-id-marker') ?? '');
  const page = all.slice(start, start + limit);
  const last = start + limit < all.length ? page.at(-1) : undefined;
  return xmlResponse('ListMultipartUploadsResult', [
    element('Bucket', bucket),
    element('KeyMarker', encode(query.get('key-marker') ?? '')),
    element('UploadIdMarker', query.get('upload-id-marker') ?? ''),
    element('NextKeyMarker', last && encode(last.key)),
    element('NextUploadIdMarker', last?.id),
    element('Prefix', encode(prefix)),
    element('MaxUploads', limit),
    element('EncodingType', query.get('encoding-type') ?? undefined),
    element('IsTruncated', last !== undefined),
    ...page.map(({ key, id, initiated, checksum }) =>
      parent(
        'Upload',
        element('Key', encode(key)),
        element('UploadId', id),
        INITIATOR,
        OWNER,
        element('StorageClass', 'STANDARD'),
        element('Initiated', formatModified(initiated)),
        element('ChecksumAlgorithm', checksum?.algorithm),
        element('ChecksumType', checksum?.type),
      ),
    ),
  ]);
}

export function listParts(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, key, query } = request;
  const upload = requireUpload(context, request);
  const limit = readLimit(query.get('max-parts'), 'max-parts');
  const marker = Number(query.get('part-number-marker') ?? 0);
  const found = context.uploads.listParts(upload.id, marker, limit + 1);
  const page = found.slice(0, limit);
  return xmlResponse('ListPartsResult', [
    element('Bucket', bucket),
    element('Key', query.get('encoding-type') === 'url' ? encodeKey(key) : key),
    element('UploadId', upload.id),
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    element('MaxParts', limit),
    element('IsTruncated', found.length > limit),
    element('ChecksumAlgorithm', upload.checksum?.algorithm),
    element('ChecksumType', upload.checksum?.type),
    INITIATOR,
    OWNER,
    element('StorageClass', 'STANDARD'),
    ...page.map(({ number, modified, etag, size, checksum }) =>
      parent(
        'Part',
        element('PartNumber', number),
        element('LastModified', formatModified(modified)),
        element('ETag', etag),
        element('Size', size),
        checksum ? element(`Checksum${checksum.algorithm}`, checksum.value) : '',
      ),
    ),
  ]);
}

/** Where the page starts: after that key, or after that upload of the key. */
function indexAfter(
  uploads: readonly { readonly key: string; readonly id: string }[],
  key: string,
  id: string,
): number {
  if (key === '') return 0;
  const exact = uploads.findIndex((upload) => upload.key === key && upload.id === id);
  if (exact >= 0) return exact + 1;
  const marker = Buffer.from(key);
  const next = uploads.findIndex((upload) => Buffer.compare(Buffer.from(upload.key), marker) > 0);
  return next < 0 ? uploads.length : next;
}
