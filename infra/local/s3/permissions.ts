/**
 * What a request needs to be allowed, by IAM's names.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
import type { S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import type { OperationName } from './route.ts';

type Need = (request: S3Request) => readonly (readonly [action: string, resource: string])[];

const NEEDS: Readonly<Record<OperationName, Need>> = {
  AbortMultipartUpload: onObject('AbortMultipartUpload'),
  CompleteMultipartUpload: write,
  // The source is judged where it is found.
  CopyObject: write,
  CreateBucket: onBucket('CreateBucket'),
  CreateMultipartUpload: write,
  DeleteBucket: onBucket('DeleteBucket'),
  DeleteBucketLifecycle: onBucket('PutLifecycleConfiguration'),
  DeleteObject: ({ bucket, key, query, headers }) =>
    needsOfDeletion(bucket, key, query.get('versionId'), headers['if-match']),
  DeleteObjectTagging: onVersion('DeleteObjectTagging', 'DeleteObjectVersionTagging'),
  // Each key is judged by itself.
  DeleteObjects: () => [],
  GetBucketLifecycleConfiguration: onBucket('GetLifecycleConfiguration'),
  GetBucketLocation: onBucket('GetBucketLocation'),
  GetBucketNotificationConfiguration: onBucket('GetBucketNotification'),
  GetBucketVersioning: onBucket('GetBucketVersioning'),
  GetObject: onVersion('GetObject', 'GetObjectVersion'),
  GetObjectAttributes: (request) => [
    ...onVersion('GetObject', 'GetObjectVersion')(request),
    ...onVersion('GetObjectAttributes', 'GetObjectVersionAttributes')(request),
  ],
  GetObjectTagging: onVersion('GetObjectTagging', 'GetObjectVersionTagging'),
  HeadBucket: onBucket('ListBucket'),
  HeadObject: onVersion('GetObject', 'GetObjectVersion'),
  ListBuckets: () => [['s3:ListAllMyBuckets', '*']],
  ListMultipartUploads: onBucket('ListBucketMultipartUploads'),
  ListObjectVersions: onBucket('ListBucketVersions'),
  ListObjects: onBucket('ListBucket'),
  ListObjectsV2: onBucket('ListBucket'),
  ListParts: onObject('ListMultipartUploadParts'),
  PutBucketLifecycleConfiguration: onBucket('PutLifecycleConfiguration'),
  PutBucketNotificationConfiguration: onBucket('PutBucketNotification'),
  PutBucketVersioning: onBucket('PutBucketVersioning'),
  PutObject: write,
  PutObjectTagging: onVersion('PutObjectTagging', 'PutObjectVersionTagging'),
  UploadPart: onObject('PutObject'),
  UploadPartCopy: onObject('PutObject'),
};

/** @throws AwsError AccessDenied */
export function requirePermissions(request: S3Request, operation: OperationName): void {
  for (const [action, resource] of NEEDS[operation](request)) request.permissions?.require(action, resource);
}

/** Of a deletion, alone or among many. */
export function needsOfDeletion(
  bucket: string,
  key: string,
  versionId: string | null | undefined,
  ifMatch: string | undefined,
): [string, string][] {
  const resource = objectArn(bucket, key);
  const needs: [string, string][] = [[versionId ? 's3:DeleteObjectVersion' : 's3:DeleteObject', resource]];
  if (ifMatch !== undefined && ifMatch.trim() !== '*') needs.push(['s3:GetObject', resource]);
  return needs;
}

/** That an object is missing is told to those alone who may list the bucket. @throws AwsError AccessDenied */
export function requireMissingKnown({ bucket, permissions }: S3Request, error: unknown): void {
  if (error instanceof S3Error && error.code === 'NoSuchKey')
    permissions?.require('s3:ListBucket', bucketArn(bucket));
}

export function objectArn(bucket: string, key: string): string {
  return `${bucketArn(bucket)}/${key}`;
}

function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

function onBucket(action: string): Need {
  return ({ bucket }) => [[`s3:${action}`, bucketArn(bucket)]];
}

function onObject(action: string): Need {
  return ({ bucket, key }) => [[`s3:${action}`, objectArn(bucket, key)]];
}

function onVersion(action: string, actionOnVersion: string): Need {
  return (request) => onObject(request.query.get('versionId') ? actionOnVersion : action)(request);
}

/** A write that compares ETags reads, too. */
function write({ bucket, key, headers }: S3Request): [string, string][] {
  const resource = objectArn(bucket, key);
  const needs: [string, string][] = [['s3:PutObject', resource]];
  if (headers['if-match'] !== undefined) needs.push(['s3:GetObject', resource]);
  if (headers['x-amz-tagging'] !== undefined) needs.push(['s3:PutObjectTagging', resource]);
  return needs;
}
