/** ListObjectVersions. */
import type { AwsResponse } from '../contract.ts';
import { ANY_RANK, collectPage, startAfter } from './collect-page.ts';
import type { S3Context, S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { commonElements, type ListParameters, OWNER, readParameters, renderObject } from './listing.ts';
import { formatModified } from './modified.ts';
import { NULL_VERSION, sequenceOf } from './object-id.ts';
import type { ListedVersion } from './version-table.ts';
import { checkVersionId, findVersion } from './versions.ts';
import { element, parent, xmlResponse } from './xml.ts';

export function listObjectVersions(context: S3Context, request: S3Request): AwsResponse {
  const { bucket, query } = request;
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') ?? '';
  const list = readParameters(context, request, keyMarker);
  const below = readVersionMarker(context, bucket, keyMarker, versionMarker);
  const page = collectPage<ListedVersion>({
    ...list,
    start: startAfter(keyMarker, below, list),
    scan: (from, rank, limit) => context.versions.scan(bucket, from, rank, limit),
    rankOf: ({ version }) => version.sequence,
  });
  const { next } = page;
  return xmlResponse('ListVersionsResult', [
    ...commonElements(list, page),
    element('KeyMarker', list.encode(keyMarker)),
    element('VersionIdMarker', versionMarker),
    element('NextKeyMarker', next && list.encode(typeof next === 'string' ? next : next.key)),
    element('NextVersionIdMarker', typeof next === 'object' ? next.version.version : undefined),
    ...page.entries.map((entry) => renderVersion(entry, list)),
    ...page.prefixes.map((prefix) => parent('CommonPrefixes', element('Prefix', list.encode(prefix)))),
  ]);
}

/** The sequence that the page's first key goes on below. @throws S3Error InvalidArgument */
function readVersionMarker(context: S3Context, bucket: string, key: string, marker: string): number {
  if (marker === '') return 0;
  if (key === '')
    throw new S3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  const version = checkVersionId(marker) ?? marker;
  if (version !== NULL_VERSION) return sequenceOf(version);
  // Deleted since the page before: the key is listed anew, so that nothing older is missed.
  return findVersion(context, bucket, key, NULL_VERSION)?.sequence ?? ANY_RANK;
}

function renderVersion({ key, version, latest }: ListedVersion, { encode }: ListParameters): string {
  const named = [
    element('Key', encode(key)),
    element('VersionId', version.version),
    element('IsLatest', latest),
  ];
  if (!('marker' in version)) return parent('Version', ...named, ...renderObject(version), OWNER);
  const modified = element('LastModified', formatModified(version.modified));
  return parent('DeleteMarker', ...named, modified, OWNER);
}
