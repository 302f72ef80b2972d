/** Operations on buckets and their settings. */
import { text } from 'node:stream/consumers';
import { ACCOUNT_ID, AwsError, type AwsResponse } from '../contract.ts';
import type { StoredNotification } from './bucket-table.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { notImplemented, S3Error } from './errors.ts';
import { OWNER, readLimit } from './listing.ts';
import { checkHeaders } from './metadata.ts';
import { formatModified } from './modified.ts';
import { discardUpload } from './multipart.ts';
import {
  parseNotificationConfiguration,
  renderNotificationConfiguration,
  renderTestEvent,
} from './notifications.ts';
import { checkChildren, element, malformedXml, parent, parseXml, textOf, xmlResponse } from './xml.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export function listBuckets(context: S3Context, { query }: S3Request): AwsResponse {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const limit = readLimit(query.get('max-buckets'), 'max-buckets');
  const all = context.index.listBuckets().filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = all.slice(0, limit);
  return xmlResponse('ListAllMyBucketsResult', [
    OWNER,
    parent(
      'Buckets',
      ...page.map(({ name, created }) =>
        parent('Bucket', element('Name', name), element('CreationDate', formatModified(created))),
      ),
    ),
    element('ContinuationToken', all.length > limit ? page.at(-1)?.name : undefined),
  ]);
}

export async function createBucket(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const { headers, bucket } = request;
  checkHeaders(headers);
  if (headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true')
    throw notImplemented('object lock');
  const body = await text(request.body);
  if (body.trim() !== '') {
    const document = parseXml(body, 'CreateBucketConfiguration');
    const constraint = textOf(document, 'LocationConstraint')?.trim();
    if (constraint && constraint !== context.region)
      throw new S3Error(
        'IllegalLocationConstraintException',
        `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to: ${context.region}`,
      );
  }
  // us-east-1 alone takes a second creation for a success.
  if (!addBucket(context, bucket) && context.region !== 'us-east-1')
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: bucket },
    );
  return { status: 200, headers: { location: `/${bucket}` } };
}

/** False where the bucket was there already. @throws S3Error InvalidBucketName */
export function addBucket(context: S3Context, name: string): boolean {
  if (!BUCKET_NAME.test(name))
    throw new S3Error(
      'InvalidBucketName',
      `The specified bucket is not valid: ${JSON.stringify(name)} is not 3 to 63 of a-z, 0-9, dot and dash, or no name by S3's other rules`,
      { BucketName: name },
    );
  if (context.index.findBucket(name) !== undefined) return false;
  context.index.putBucket({
    name,
    created: context.now(),
    versioning: undefined,
    notifications: [],
    lifecycle: undefined,
  });
  context.content.addBucket(name);
  return true;
}

export function headBucket(context: S3Context, { bucket }: S3Request): AwsResponse {
  requireBucket(context, bucket);
  return { status: 200, headers: { 'x-amz-bucket-region': context.region } };
}

export function deleteBucket(context: S3Context, { bucket }: S3Request): AwsResponse {
  requireBucket(context, bucket);
  const { index, versions } = context;
  if (index.scanObjects(bucket, Buffer.alloc(0), true, 1).length > 0)
    throw notEmpty(bucket, 'The bucket you tried to delete is not empty');
  if (versions.hasAny(bucket))
    throw notEmpty(
      bucket,
      'The bucket you tried to delete is not empty. You must delete all versions in the bucket.',
    );
  for (const upload of context.uploads.list(bucket)) discardUpload(context, upload.id);
  context.index.deleteBucket(bucket);
  context.content.removeBucket(bucket);
  return { status: 204 };
}

function notEmpty(bucket: string, message: string): S3Error {
  return new S3Error('BucketNotEmpty', message, { BucketName: bucket });
}

/** us-east-1 has no constraint, so S3 answers nothing there. */
export function getBucketLocation(context: S3Context, { bucket }: S3Request): AwsResponse {
  requireBucket(context, bucket);
  return xmlResponse('LocationConstraint', context.region === 'us-east-1' ? [] : [context.region]);
}

export function getBucketVersioning(context: S3Context, { bucket }: S3Request): AwsResponse {
  return xmlResponse('VersioningConfiguration', [
    element('Status', requireBucket(context, bucket).versioning),
  ]);
}

export async function putBucketVersioning(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const document = parseXml(await text(request.body), 'VersioningConfiguration');
  checkChildren(document, ['Status', 'MfaDelete']);
  const status = textOf(document, 'Status');
  if (textOf(document, 'MfaDelete') === 'Enabled') throw notImplemented('MfaDelete');
  if (status !== 'Enabled' && status !== 'Suspended')
    throw malformedXml(`Status must be Enabled or Suspended, not ${status}`);
  context.index.putBucket({ ...requireBucket(context, request.bucket), versioning: status });
  return { status: 200 };
}

export function getBucketNotification(context: S3Context, { bucket }: S3Request): AwsResponse {
  return xmlResponse(
    'NotificationConfiguration',
    renderNotificationConfiguration(requireBucket(context, bucket).notifications),
  );
}

export async function putBucketNotification(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const document = parseXml(await text(request.body), 'NotificationConfiguration');
  await storeNotifications(
    context,
    request.bucket,
    parseNotificationConfiguration(document),
    request.requestId,
  );
  return { status: 200 };
}

/** Tries each queue with a test event, as S3 does, before the configuration holds. @throws S3Error InvalidArgument */
export async function storeNotifications(
  context: S3Context,
  bucket: string,
  notifications: readonly StoredNotification[],
  requestId: string,
): Promise<void> {
  requireBucket(context, bucket);
  for (const queueArn of new Set(notifications.map((notification) => notification.queueArn))) {
    try {
      await context.queues.send(queueArn, renderTestEvent(bucket, requestId, context.now()));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw new S3Error(
        'InvalidArgument',
        `Unable to validate the following destination configurations: ${queueArn} (${error.message})`,
        {
          ArgumentName: queueArn,
        },
      );
    }
  }
  context.index.putBucket({ ...requireBucket(context, bucket), notifications });
}

/** @throws S3Error AccessDenied where the client expects another account's bucket */
export function checkOwner(headers: S3Request['headers']): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const owner = headers[name];
    if (owner !== undefined && owner !== ACCOUNT_ID)
      throw new S3Error(
        'AccessDenied',
        `Access Denied: ${name} is ${owner}, and every bucket belongs to ${ACCOUNT_ID}`,
      );
  }
}
