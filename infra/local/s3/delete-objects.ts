/** DeleteObject and DeleteObjects. */
import { text } from 'node:stream/consumers';
import { AwsError, type AwsResponse } from '../contract.ts';
import type { BucketRecord } from './bucket-table.ts';
import { checkDeletion, type DeleteConditions } from './conditions.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { commitDeletion, commitVersionDeletion } from './delete-version.ts';
import { S3Error } from './errors.ts';
import { checkKey } from './key-encoding.ts';
import { checkHeaders } from './metadata.ts';
import { needsOfDeletion } from './permissions.ts';
import { bodyAlgorithm } from './receive-content.ts';
import { checkVersionId, findVersion } from './versions.ts';
import {
  childrenOf,
  element,
  malformedXml,
  parent,
  parseXml,
  textOf,
  type XmlNode,
  xmlResponse,
} from './xml.ts';

interface Deletion {
  readonly key: string;
  /** Undefined for what the key is now. */
  readonly versionId: string | undefined;
  readonly conditions: DeleteConditions;
}

/** What a deletion did: `version` is that of the marker it made, or of what it took away. */
interface Deleted {
  readonly version: string | undefined;
  /** Whether a marker was made or taken away. */
  readonly marker: boolean;
}

const MAX_KEYS = 1000;

export function deleteObject(context: S3Context, request: S3Request): AwsResponse {
  const { headers, key } = request;
  const bucket = requireBucket(context, request.bucket);
  const versionId = checkVersionId(request.query.get('versionId'));
  checkHeaders(headers);
  const conditions = {
    ifMatch: headers['if-match'],
    size: headers['x-amz-if-match-size'],
    lastModified: headers['x-amz-if-match-last-modified-time'],
  };
  const deletion = { key, versionId, conditions };
  const { version, marker } = deleteKey(context, bucket, deletion, request.requestId);
  return {
    status: 204,
    headers: {
      ...(version === undefined ? {} : { 'x-amz-version-id': version }),
      ...(marker ? { 'x-amz-delete-marker': 'true' } : {}),
    },
  };
}

export async function deleteObjects(context: S3Context, request: S3Request): Promise<AwsResponse> {
  requireBucket(context, request.bucket);
  if (request.headers['content-md5'] === undefined && bodyAlgorithm(request) === undefined)
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  const document = parseXml(await text(request.body), 'Delete');
  const wanted = childrenOf(document, 'Object');
  if (wanted.length === 0 || wanted.length > MAX_KEYS)
    throw malformedXml(`${wanted.length} objects to delete, not 1 to ${MAX_KEYS}`);
  const quiet = textOf(document, 'Quiet')?.trim().toLowerCase() === 'true';
  const bucket = requireBucket(context, request.bucket);
  const results = wanted.map((object) => {
    const named = [
      element('Key', textOf(object, 'Key') ?? ''),
      element('VersionId', textOf(object, 'VersionId')),
    ];
    try {
      const deletion = readDeletion(object);
      requireDeletion(request, deletion);
      const { version, marker } = deleteKey(context, bucket, deletion, request.requestId);
      if (quiet) return '';
      const result = marker ? [element('DeleteMarker', true), element('DeleteMarkerVersionId', version)] : [];
      return parent('Deleted', ...named, ...result);
    } catch (error) {
      if (!(error instanceof AwsError) || error.status >= 500) throw error;
      return parent('Error', ...named, element('Code', error.code), element('Message', error.message));
    }
  });
  return xmlResponse('DeleteResult', results);
}

function requireDeletion({ bucket, permissions }: S3Request, { key, versionId, conditions }: Deletion): void {
  for (const [action, resource] of needsOfDeletion(bucket, key, versionId, conditions.ifMatch))
    permissions?.require(action, resource);
}

function readDeletion(object: XmlNode): Deletion {
  return {
    key: checkKey(textOf(object, 'Key') ?? ''),
    versionId: checkVersionId(textOf(object, 'VersionId') ?? null),
    conditions: {
      ifMatch: textOf(object, 'ETag'),
      size: textOf(object, 'Size'),
      lastModified: textOf(object, 'LastModifiedTime'),
    },
  };
}

/** What is not there is deleted already, unless the request insists that it be there. */
function deleteKey(
  context: S3Context,
  bucket: BucketRecord,
  { key, versionId, conditions }: Deletion,
  requestId: string,
): Deleted {
  const found = findVersion(context, bucket.name, key, versionId);
  const isMarker = found !== undefined && 'marker' in found;
  checkDeletion(conditions, isMarker ? undefined : found, key);
  if (versionId === undefined) {
    const marker = commitDeletion(context, bucket, key, requestId);
    return { version: marker?.version, marker: marker !== undefined };
  }
  if (found !== undefined) commitVersionDeletion(context, bucket, found, requestId);
  return { version: versionId, marker: isMarker };
}
