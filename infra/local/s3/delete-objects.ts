/** DeleteObject and DeleteObjects. */
import { text } from 'node:stream/consumers';
import type { AwsResponse } from '../contract.ts';
import { matches, preconditionFailed } from './conditions.ts';
import { noSuchKey, requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { checkKey } from './key-encoding.ts';
import { checkHeaders } from './metadata.ts';
import { checkVersion } from './read-object.ts';
import { bodyAlgorithm } from './receive-content.ts';
import { commitDeletion } from './write-object.ts';
import { childrenOf, element, malformedXml, parent, parseXml, textOf, xmlResponse } from './xml.ts';

const MAX_KEYS = 1000;

export function deleteObject(context: S3Context, request: S3Request): AwsResponse {
  requireBucket(context, request.bucket);
  checkVersion(request.query.get('versionId'));
  checkHeaders(request.headers);
  deleteKey(context, request, request.key, request.headers['if-match']);
  return { status: 204 };
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
  const results = wanted.map((object) => {
    const key = textOf(object, 'Key') ?? '';
    const versionId = textOf(object, 'VersionId');
    try {
      checkVersion(versionId ?? null);
      deleteKey(context, request, checkKey(key), textOf(object, 'ETag'));
      if (quiet) return '';
      return parent('Deleted', element('Key', key), element('VersionId', versionId));
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const reason = [element('Code', error.code), element('Message', error.message)];
      return parent('Error', element('Key', key), element('VersionId', versionId), ...reason);
    }
  });
  return xmlResponse('DeleteResult', results);
}

/** A key without an object is deleted already, unless the request insists that there be one. */
function deleteKey(context: S3Context, request: S3Request, key: string, ifMatch: string | undefined): void {
  const object = context.index.findObject(request.bucket, key);
  if (object === undefined) {
    if (ifMatch !== undefined) throw noSuchKey(key);
    return;
  }
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  commitDeletion(context, object, request.requestId);
}
