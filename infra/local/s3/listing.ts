/** ListObjects and ListObjectsV2. */
import { ACCOUNT_ID, type AwsResponse } from '../contract.ts';
import { collectPage, type PageRules, startAfter } from './collect-page.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { notImplemented, S3Error } from './errors.ts';
import type { IndexDatabase } from './index-database.ts';
import { encodeKey } from './key-encoding.ts';
import { formatModified } from './modified.ts';
import type { ObjectRecord } from './object-table.ts';
import { element, parent, xmlResponse } from './xml.ts';

export interface ListQuery extends PageRules {
  readonly bucket: string;
  /** Only what follows it, by UTF-8 bytes. */
  readonly after: string;
}

export interface ListPage {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  /** The last key or prefix of the page, where more follow. */
  readonly next: string | undefined;
}

export interface ListParameters extends ListQuery {
  readonly encode: (key: string) => string;
  readonly encodingType: string | undefined;
}

/** S3 gives at most this many, whatever is asked. */
const MAX_KEYS = 1000;

export const OWNER: string = parent('Owner', element('ID', ACCOUNT_ID), element('DisplayName', 'test'));

export function listObjectsV2(context: S3Context, request: S3Request): AwsResponse {
  const { query } = request;
  const token = query.get('continuation-token');
  const first = query.get('start-after') ?? '';
  const list = readParameters(context, request, token === null ? first : decodeToken(token));
  const page = listPage(context.index, list);
  const withOwner = query.get('fetch-owner') === 'true';
  return xmlResponse('ListBucketResult', [
    ...commonElements(list, page),
    element('KeyCount', page.objects.length + page.prefixes.length),
    token === null ? '' : element('ContinuationToken', token),
    page.next === undefined ? '' : element('NextContinuationToken', encodeToken(page.next)),
    first === '' ? '' : element('StartAfter', list.encode(first)),
    ...page.objects.map((object) => renderContents(object, list, withOwner)),
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
    ...page.objects.map((object) => renderContents(object, list, true)),
    ...page.prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', list.encode(prefix)))),
  ]);
}

/** One page: keys, and prefixes up to the delimiter that stand for all their keys. */
export function listPage(
  index: Pick<IndexDatabase, 'scanObjects'>,
  { bucket, after, ...rules }: ListQuery,
): ListPage {
  const { entries, prefixes, next } = collectPage<ObjectRecord>({
    ...rules,
    start: startAfter(after, 0, rules),
    scan: (from, below, limit) => index.scanObjects(bucket, from, below > 0, limit),
    // A key has one object.
    rankOf: () => 0,
  });
  return { objects: entries, prefixes, next: typeof next === 'string' ? next : next?.key };
}

export function readParameters(
  context: S3Context,
  { bucket, query }: S3Request,
  after: string,
): ListParameters {
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

export function commonElements(
  { bucket, prefix, delimiter, maxKeys, encode, encodingType }: ListParameters,
  { next }: { readonly next: unknown },
): string[] {
  return [
    element('Name', bucket),
    element('Prefix', encode(prefix)),
    delimiter === '' ? '' : element('Delimiter', encode(delimiter)),
    element('MaxKeys', maxKeys),
    element('EncodingType', encodingType),
    element('IsTruncated', next !== undefined),
  ];
}

function renderContents(object: ObjectRecord, { encode }: ListParameters, withOwner: boolean): string {
  const owner = withOwner ? OWNER : '';
  return parent('Contents', element('Key', encode(object.key)), ...renderObject(object), owner);
}

/** What every listing says of an object. */
export function renderObject({ modified, etag, size, metadata }: ObjectRecord): string[] {
  return [
    element('LastModified', formatModified(modified)),
    element('ETag', etag),
    element('ChecksumAlgorithm', metadata.checksum?.algorithm),
    element('ChecksumType', metadata.checksum?.type),
    element('Size', size),
    element('StorageClass', 'STANDARD'),
  ];
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
