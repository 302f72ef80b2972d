/** ListObjects, ListObjectsV2 and ListObjectVersions. */
import { ACCOUNT_ID, type AwsResponse } from '../contract.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { notImplemented, S3Error } from './errors.ts';
import type { IndexDatabase, ObjectRecord } from './index-database.ts';
import { encodeKey } from './key-encoding.ts';
import { formatModified } from './modified.ts';
import { element, parent, xmlResponse } from './xml.ts';

export interface ListQuery {
  readonly bucket: string;
  readonly prefix: string;
  /** Empty for none. */
  readonly delimiter: string;
  /** Only what follows it, by UTF-8 bytes. */
  readonly after: string;
  readonly maxKeys: number;
}

export interface ListPage {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page, where more follow. */
  readonly next: string | undefined;
}

interface ListParameters extends ListQuery {
  readonly encode: (key: string) => string;
  readonly encodingType: string | undefined;
}

/** S3 gives at most this many, whatever is asked. */
const MAX_KEYS = 1000;
/** No UTF-8 text holds this byte: a prefix with it follows every key of the prefix. */
const ABOVE = Buffer.from([0xff]);

export const OWNER: string = parent('Owner', element('ID', ACCOUNT_ID), element('DisplayName', 'test'));

export function listObjectsV2(context: S3Context, request: S3Request): AwsResponse {
  const { query } = request;
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after') ?? '';
  const list = readParameters(context, request, token === null ? startAfter : decodeToken(token));
  const page = listPage(context.index, list);
  const withOwner = query.get('fetch-owner') === 'true';
  return xmlResponse('ListBucketResult', [
    ...commonElements(list, page),
    element('KeyCount', page.objects.length + page.prefixes.length),
    token === null ? '' : element('ContinuationToken', token),
    page.next === undefined ? '' : element('NextContinuationToken', encodeToken(page.next)),
    startAfter === '' ? '' : element('StartAfter', list.encode(startAfter)),
    ...page.objects.map((object) => renderObject('Contents', object, list, withOwner)),
    ...page.prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', list.encode(prefix)))),
  ]);
}

export function listObjects(context: S3Context, request: S3Request): AwsResponse {
  const marker = request.query.get('marker') ?? '';
  const list = readParameters(context, request, marker);
  const page = listPage(context.index, list);
  const withNext = page.next !== undefined && list.delimiter !== '';
  return xmlResponse('ListBucketResult', [
    ...commonElements(list, page),
    element('Marker', list.encode(marker)),
    withNext ? element('NextMarker', list.encode(page.next)) : '',
    ...page.objects.map((object) => renderObject('Contents', object, list, true)),
    ...page.prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', list.encode(prefix)))),
  ]);
}

/** Every object is its own only version. */
export function listObjectVersions(context: S3Context, request: S3Request): AwsResponse {
  const marker = request.query.get('key-marker') ?? '';
  const list = readParameters(context, request, marker);
  const page = listPage(context.index, list);
  return xmlResponse('ListVersionsResult', [
    ...commonElements(list, page),
    element('KeyMarker', list.encode(marker)),
    element('VersionIdMarker', request.query.get('version-id-marker') ?? ''),
    page.next === undefined ? '' : element('NextKeyMarker', list.encode(page.next)),
    page.next === undefined ? '' : element('NextVersionIdMarker', 'null'),
    ...page.objects.map((object) => renderObject('Version', object, list, true)),
    ...page.prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', list.encode(prefix)))),
  ]);
}

/** One page: keys, and prefixes up to the delimiter that stand for all their keys. */
export function listPage(
  index: Pick<IndexDatabase, 'scanObjects'>,
  { bucket, prefix, delimiter, after, maxKeys }: ListQuery,
): ListPage {
  const objects: ObjectRecord[] = [];
  const prefixes: string[] = [];
  if (maxKeys === 0) return { objects, prefixes, next: undefined };
  let last = '';
  let from = Buffer.from(prefix);
  let inclusive = true;
  const resume = Buffer.from(after);
  if (Buffer.compare(resume, from) >= 0 && after !== '') {
    // A prefix counts by its own text, so one that holds `after` was listed before it.
    const common = commonPrefix(after, prefix, delimiter);
    from = common === undefined ? resume : Buffer.concat([Buffer.from(common), ABOVE]);
    inclusive = false;
  }
  for (;;) {
    const wanted = maxKeys - objects.length - prefixes.length + 1;
    const found = index.scanObjects(bucket, from, inclusive, wanted);
    let skipped = false;
    for (const object of found) {
      if (!object.key.startsWith(prefix)) return { objects, prefixes, next: undefined };
      if (objects.length + prefixes.length === maxKeys) return { objects, prefixes, next: last };
      const common = commonPrefix(object.key, prefix, delimiter);
      last = common ?? object.key;
      if (common === undefined) {
        objects.push(object);
        from = Buffer.from(object.key);
      } else {
        prefixes.push(common);
        from = Buffer.concat([Buffer.from(common), ABOVE]);
        skipped = true;
        break;
      }
    }
    inclusive = false;
    if (!skipped && found.length < wanted) return { objects, prefixes, next: undefined };
  }
}

/** The key up to the first delimiter after the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !key.startsWith(prefix)) return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

function readParameters(context: S3Context, { bucket, query }: S3Request, after: string): ListParameters {
  requireBucket(context, bucket);
  const encodingType = query.get('encoding-type') ?? undefined;
  if (encodingType !== undefined && encodingType !== 'url')
    throw new S3Error('InvalidArgument', `Invalid Encoding Method specified in Request: ${encodingType}`);
  if (query.has('optional-object-attributes')) throw notImplemented('optional-object-attributes');
  return {
    bucket,
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    after,
    maxKeys: readLimit(query.get('max-keys'), 'max-keys'),
    encodingType,
    encode: encodingType === 'url' ? encodeKey : (key) => key,
  };
}

/** 0 to 1000; what is above counts as 1000. @throws S3Error InvalidArgument */
export function readLimit(value: string | null, name: string): number {
  if (value === null || value === '') return MAX_KEYS;
  if (!/^\d{1,10}$/.test(value))
    throw new S3Error(
      'InvalidArgument',
      `Provided ${name} not an integer or within integer range: ${JSON.stringify(value)}`,
    );
  return Math.min(Number(value), MAX_KEYS);
}

function commonElements(
  { bucket, prefix, delimiter, maxKeys, encode, encodingType }: ListParameters,
  page: ListPage,
): string[] {
  return [
    element('Name', bucket),
    element('Prefix', encode(prefix)),
    delimiter === '' ? '' : element('Delimiter', encode(delimiter)),
    element('MaxKeys', maxKeys),
    element('EncodingType', encodingType),
    element('IsTruncated', page.next !== undefined),
  ];
}

function renderObject(
  name: 'Contents' | 'Version',
  { key, modified, etag, size, metadata }: ObjectRecord,
  { encode }: ListParameters,
  withOwner: boolean,
): string {
  return parent(
    name,
    element('Key', encode(key)),
    ...(name === 'Version' ? [element('VersionId', 'null'), element('IsLatest', true)] : []),
    element('LastModified', formatModified(modified)),
    element('ETag', etag),
    element('ChecksumAlgorithm', metadata.checksum?.algorithm),
    element('ChecksumType', metadata.checksum?.type),
    element('Size', size),
    withOwner ? OWNER : '',
    element('StorageClass', 'STANDARD'),
  );
}

function encodeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function decodeToken(token: string): string {
  const last = Buffer.from(token, 'base64url').toString();
  if (last === '' || encodeToken(last) !== token)
    throw new S3Error(
      'InvalidArgument',
      `The continuation token provided is incorrect: ${JSON.stringify(token)}`,
    );
  return last;
}
