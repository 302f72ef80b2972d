/** GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration and DeleteBucketLifecycle. */
import { text } from 'node:stream/consumers';
import type { AwsResponse } from '../contract.ts';
import { requireBucket, type S3Context, type S3Request } from './context.ts';
import { S3Error } from './errors.ts';
import { readLifecycle } from './lifecycle.ts';
import { bodyAlgorithm } from './receive-content.ts';
import { parseXml, renderNode, xmlResponse } from './xml.ts';

/** From what size on objects move to another storage class. The first is the default. */
const MINIMUM_SIZES = ['all_storage_classes_128K', 'varies_by_storage_class'] as const;
const MINIMUM_SIZE_HEADER = 'x-amz-transition-default-minimum-object-size';

export function getBucketLifecycle(context: S3Context, { bucket }: S3Request): AwsResponse {
  const { lifecycle } = requireBucket(context, bucket);
  if (lifecycle === undefined)
    throw new S3Error('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist', {
      BucketName: bucket,
    });
  const rules = lifecycle.rules.map((rule) => renderNode('Rule', rule));
  return xmlResponse('LifecycleConfiguration', rules, { [MINIMUM_SIZE_HEADER]: lifecycle.minimumSize });
}

export async function putBucketLifecycle(context: S3Context, request: S3Request): Promise<AwsResponse> {
  const { bucket, headers } = request;
  requireBucket(context, bucket);
  if (headers['content-md5'] === undefined && bodyAlgorithm(request) === undefined)
    throw new S3Error(
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  const minimumSize = headers[MINIMUM_SIZE_HEADER] ?? MINIMUM_SIZES[0];
  if (!MINIMUM_SIZES.some((size) => size === minimumSize))
    throw new S3Error(
      'InvalidArgument',
      `${MINIMUM_SIZE_HEADER} must be ${MINIMUM_SIZES.join(' or ')}, not ${JSON.stringify(minimumSize)}`,
    );
  const rules = readLifecycle(parseXml(await text(request.body), 'LifecycleConfiguration'));
  context.index.putBucket({ ...requireBucket(context, bucket), lifecycle: { rules, minimumSize } });
  return { status: 200, headers: { [MINIMUM_SIZE_HEADER]: minimumSize } };
}

export function deleteBucketLifecycle(context: S3Context, { bucket }: S3Request): AwsResponse {
  context.index.putBucket({ ...requireBucket(context, bucket), lifecycle: undefined });
  return { status: 204 };
}
