/** What S3 documents, check by check: bench/s3-checks/, which `npm run bench -- s3-tests` holds other servers to as well. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runCheck, S3_CHECKS } from '../../bench/s3-checks/run-checks.ts';
import { type EmulatedS3, REGION, startS3 } from '../helpers/emulated-s3.ts';

let s3: EmulatedS3;
before(async () => {
  s3 = await startS3();
});
after(() => s3[Symbol.asyncDispose]());

for (const check of S3_CHECKS)
  test(check.name, async () => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const { client, emulator } = s3;
    await runCheck(check, { client, url: emulator.url, region: REGION, credentials });
  });

test('there are as many checks as were promised, each with a name of its own', () => {
  assert.ok(S3_CHECKS.length >= 57, `${S3_CHECKS.length} checks`);
  assert.equal(new Set(S3_CHECKS.map(({ name }) => name)).size, S3_CHECKS.length);
});
