/** GetObjectAttributes. */
import type { AwsResponse } from '../contract.ts';
import type { S3Context, S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { readLimit } from './listing.ts';
import type { ObjectPart, StoredChecksum } from './metadata.ts';
import type { ObjectRecord } from './object-table.ts';
import { requireObject } from './read-object.ts';
import { versionHeaders } from './versions.ts';
import { element, parent, xmlResponse } from './xml.ts';

type Attribute = (object: ObjectRecord, request: S3Request) => string;

/** In the order of the answer. */
const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  ETag: ({ etag }) => element('ETag', etag.replaceAll('"', '')),
  Checksum: ({ metadata: { checksum } }) =>
    checksum === undefined
      ? ''
      : parent('Checksum', renderChecksum(checksum, checksum.value), element('ChecksumType', checksum.type)),
  ObjectParts: renderParts,
  StorageClass: () => element('StorageClass', 'STANDARD'),
  ObjectSize: ({ size }) => element('ObjectSize', size),
};

export function getObjectAttributes(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, object } = requireObject(context, request);
  const wanted = readAttributes(request.headers['x-amz-object-attributes']);
  const elements = Object.entries(ATTRIBUTES).map(([name, render]) =>
    wanted.has(name) ? render(object, request) : '',
  );
  return xmlResponse('GetObjectAttributesResponse', elements, {
    'last-modified': new Date(object.modified).toUTCString(),
    ...versionHeaders(bucket, object),
  });
}

function readAttributes(header: string | undefined): ReadonlySet<string> {
  const names = (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.find((name) => !Object.hasOwn(ATTRIBUTES, name));
  if (names.length > 0 && unknown === undefined) return new Set(names);
  throw new S3Error('InvalidArgument', 'Invalid attribute name specified.', {
    ArgumentName: 'x-amz-object-attributes',
    ArgumentValue: unknown ?? '',
  });
}

/** Nothing for an object that came whole; the parts one by one where each brought a checksum. */
function renderParts({ parts, metadata: { checksum } }: ObjectRecord, { headers }: S3Request): string {
  if (parts === undefined) return '';
  const limit = readLimit(headers['x-amz-max-parts'] ?? null, 'x-amz-max-parts');
  const marker = readMarker(headers['x-amz-part-number-marker']);
  const total = element('PartsCount', parts.length);
  if (checksum === undefined || parts.some((part) => part.checksum === undefined))
    return parent('ObjectParts', total);
  const rest = parts.filter(({ number }) => number > marker);
  const page = rest.slice(0, limit);
  return parent(
    'ObjectParts',
    total,
    element('PartNumberMarker', marker),
    element('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    element('MaxParts', limit),
    element('IsTruncated', rest.length > limit),
    ...page.map((part) => renderPart(part, checksum)),
  );
}

function renderPart({ number, size, checksum = '' }: ObjectPart, whole: StoredChecksum): string {
  return parent(
    'Part',
    element('PartNumber', number),
    element('Size', size),
    renderChecksum(whole, checksum),
  );
}

function renderChecksum({ algorithm }: StoredChecksum, value: string): string {
  return element(`Checksum${algorithm}`, value);
}

function readMarker(value = '0'): number {
  if (/^\d{1,5}$/.test(value)) return Number(value);
  throw new S3Error(
    'InvalidArgument',
    `Provided x-amz-part-number-marker not an integer or within integer range: ${JSON.stringify(value)}`,
  );
}
