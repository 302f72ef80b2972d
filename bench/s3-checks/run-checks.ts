/** All checks, each in a bucket of its own. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { CheckedServer, S3Check } from './check.ts';
import { CONDITION_CHECKS } from './conditions.ts';
import { LISTING_CHECKS } from './listing.ts';
import { MULTIPART_CHECKS } from './multipart.ts';
import { OBJECT_CHECKS } from './objects.ts';
import { SIGNATURE_CHECKS } from './signatures.ts';
import { VERSION_CHECKS } from './versions.ts';

export const S3_CHECKS: readonly S3Check[] = [
  ...OBJECT_CHECKS,
  ...CONDITION_CHECKS,
  ...LISTING_CHECKS,
  ...MULTIPART_CHECKS,
  ...VERSION_CHECKS,
  ...SIGNATURE_CHECKS,
];

/** @throws an error of any kind where it does not hold */
export async function runCheck(check: S3Check, server: Omit<CheckedServer, 'Bucket'>): Promise<void> {
  const Bucket = `check-${S3_CHECKS.indexOf(check)}`;
  await server.client.send(new CreateBucketCommand({ Bucket }));
  await check.run({ ...server, Bucket });
}
