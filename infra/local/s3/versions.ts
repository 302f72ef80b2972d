/** Which version a request means, and what its answer says of it. */

import type { BucketRecord } from './bucket-table.ts';
import { noSuchKey, type S3Context } from './context.ts';
import { S3Error } from './errors.ts';
import { isVersionId } from './object-id.ts';
import type { ObjectRecord } from './object-table.ts';
import type { Version } from './version-table.ts';

/** `null` where the request names none. @throws S3Error InvalidArgument for what cannot be a version id */
export function checkVersionId(versionId: string | null): string | undefined {
  if (versionId === null) return undefined;
  if (isVersionId(versionId)) return versionId;
  throw new S3Error(
    'InvalidArgument',
    versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified',
    { ArgumentName: 'versionId', ArgumentValue: versionId },
  );
}

/** The version of that id; what the key is now where there is none: its object, or the marker of its deletion. */
export function findVersion(
  context: S3Context,
  bucket: string,
  key: string,
  versionId: string | undefined,
): Version | undefined {
  const current = context.index.findObject(bucket, key);
  if (versionId === undefined)
    return current ?? context.versions.findBelow(bucket, key, Number.MAX_SAFE_INTEGER);
  return current?.version === versionId ? current : context.versions.find(bucket, key, versionId);
}

/**
 * The object that a request reads.
 * @param versionId as it stands in the query
 * @throws S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed (a delete marker by its id), InvalidArgument
 */
export function requireVersion(
  context: S3Context,
  bucket: BucketRecord,
  key: string,
  versionId: string | null,
): ObjectRecord {
  const wanted = checkVersionId(versionId);
  const found = findVersion(context, bucket.name, key, wanted);
  if (found === undefined) throw wanted === undefined ? noSuchKey(key) : noSuchVersion(key, wanted);
  if (!('marker' in found)) return found;
  const headers = { 'x-amz-delete-marker': 'true', ...versionHeaders(bucket, found) };
  if (wanted === undefined) throw noSuchKey(key, headers);
  throw new S3Error(
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    { Method: 'GET', ResourceType: 'DeleteMarker' },
    { ...headers, allow: 'DELETE', 'last-modified': new Date(found.modified).toUTCString() },
  );
}

/** A bucket that never had versioning answers as if there were no versions. */
export function versionHeaders(
  { versioning }: BucketRecord,
  { version }: { readonly version: string },
): Record<string, string> {
  return versioning === undefined ? {} : { 'x-amz-version-id': version };
}

function noSuchVersion(key: string, versionId: string): S3Error {
  return new S3Error('NoSuchVersion', 'The specified version does not exist.', {
    Key: key,
    VersionId: versionId,
  });
}
