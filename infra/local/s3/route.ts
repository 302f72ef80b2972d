/** Which operation a request is, by AWS's own names. */
import type { AwsRequest } from '../contract.ts';
import { notImplemented } from './errors.ts';
import { decodeKey } from './key-encoding.ts';

export interface Target {
  /** Empty for ListBuckets. */
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
}

/** Query parameters that make a request another operation. */
const SUBRESOURCES: readonly string[] = [
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metadataConfiguration',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
];

const BUCKET_OPERATIONS = {
  'GET ': 'ListObjects',
  'GET lifecycle': 'GetBucketLifecycleConfiguration',
  'GET location': 'GetBucketLocation',
  'GET notification': 'GetBucketNotificationConfiguration',
  'GET uploads': 'ListMultipartUploads',
  'GET versioning': 'GetBucketVersioning',
  'GET versions': 'ListObjectVersions',
  'HEAD ': 'HeadBucket',
  'PUT ': 'CreateBucket',
  'PUT lifecycle': 'PutBucketLifecycleConfiguration',
  'PUT notification': 'PutBucketNotificationConfiguration',
  'PUT versioning': 'PutBucketVersioning',
  'DELETE ': 'DeleteBucket',
  'DELETE lifecycle': 'DeleteBucketLifecycle',
  'POST delete': 'DeleteObjects',
} as const;

const OBJECT_OPERATIONS = {
  'GET ': 'GetObject',
  'GET attributes': 'GetObjectAttributes',
  'GET tagging': 'GetObjectTagging',
  'GET uploadId': 'ListParts',
  'HEAD ': 'HeadObject',
  'PUT ': 'PutObject',
  'PUT tagging': 'PutObjectTagging',
  'PUT uploadId': 'UploadPart',
  'DELETE ': 'DeleteObject',
  'DELETE tagging': 'DeleteObjectTagging',
  'DELETE uploadId': 'AbortMultipartUpload',
  'POST uploadId': 'CompleteMultipartUpload',
  'POST uploads': 'CreateMultipartUpload',
} as const;

export type OperationName =
  | (typeof BUCKET_OPERATIONS)[keyof typeof BUCKET_OPERATIONS]
  | (typeof OBJECT_OPERATIONS)[keyof typeof OBJECT_OPERATIONS]
  | 'ListBuckets'
  | 'ListObjectsV2'
  | 'CopyObject'
  | 'UploadPartCopy';

/** Bucket and key, from the path alone or with the bucket in front of `.localhost`. @throws S3Error */
export function findTarget({ path, origin }: AwsRequest): Target {
  const hostBucket = bucketOfHost(new URL(origin).hostname);
  const rest = path.replace(/^\//, '');
  if (hostBucket !== undefined) return { bucket: hostBucket, key: decodeKey(rest) };
  const slash = rest.indexOf('/');
  if (slash < 0) return { bucket: decodeKey(rest), key: '' };
  return { bucket: decodeKey(rest.slice(0, slash)), key: decodeKey(rest.slice(slash + 1)) };
}

/** @throws S3Error NotImplemented */
export function findOperation(
  { method, query, headers }: AwsRequest,
  { bucket, key }: Target,
): OperationName {
  if (bucket === '') {
    if (method === 'GET') return 'ListBuckets';
    throw notImplemented(`${method} /`);
  }
  const subresource = SUBRESOURCES.find((name) => query.has(name)) ?? '';
  const operations: Readonly<Record<string, OperationName>> =
    key === '' ? BUCKET_OPERATIONS : OBJECT_OPERATIONS;
  const name = operations[`${method} ${subresource}`];
  if (name === undefined)
    throw notImplemented(
      `${method} of ${key === '' ? 'a bucket' : 'an object'}${subresource && ` with ?${subresource}`}`,
    );
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (name === 'PutObject' && copies) return 'CopyObject';
  if (name === 'UploadPart' && copies) return 'UploadPartCopy';
  if (name === 'ListObjects' && query.get('list-type') === '2') return 'ListObjectsV2';
  return name;
}

function bucketOfHost(hostname: string): string | undefined {
  const name = /^(.+?)(\.s3)?(\.[a-z]{2}-[a-z]+-\d)?\.localhost$/.exec(hostname)?.[1];
  return name === 's3' ? undefined : name;
}
