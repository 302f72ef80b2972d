/** Secrets Manager by the SDK: what a function reads, what a rotation changes, and that a restart keeps it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { AwsCredentials } from '../../infra/local/iam/access.ts';
import { assertFails, REGION, startS3 } from '../helpers/emulated-s3.ts';

const OWNER = { accessKeyId: 'test', secretAccessKey: 'test' };

test('a rotation leaves the version before it, a restart leaves both', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-secrets-'));
  try {
    let arn: string | undefined;
    {
      await using s3 = await startS3({ dataDir });
      const client = createClient(s3.emulator.url, OWNER);
      ({ ARN: arn } = await client.send(new CreateSecretCommand({ Name: 'a/key', SecretString: 'one' })));
      assert.match(arn ?? '', /^arn:aws:secretsmanager:us-east-1:000000000000:secret:a\/key-\w{6}$/);
      const previous = new GetSecretValueCommand({ SecretId: arn, VersionStage: 'AWSPREVIOUS' });
      await assertFails(client.send(previous), 'ResourceNotFoundException', 400);
      for (const SecretString of ['two', 'three'])
        await client.send(new PutSecretValueCommand({ SecretId: arn, SecretString }));
      assert.equal((await client.send(previous)).SecretString, 'two');
      const again = new CreateSecretCommand({ Name: 'a/key', SecretString: 'x' });
      await assertFails(client.send(again), 'ResourceExistsException', 400);
      await assertFails(client.send(new DescribeSecretCommand({ SecretId: arn })), 'NotImplemented', 501);
      client.destroy();
    }
    assert.equal((await stat(join(dataDir, 'secrets.json'))).mode & 0o777, 0o600);
    await using s3 = await startS3({ dataDir });
    const client = createClient(s3.emulator.url, OWNER);
    const read = await client.send(new GetSecretValueCommand({ SecretId: 'a/key' }));
    assert.deepEqual(
      [read.ARN, read.SecretString, read.VersionStages, read.CreatedDate instanceof Date],
      [arn, 'three', ['AWSCURRENT'], true],
    );
    client.destroy();
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a role reads the secret that it may read, and no other', async () => {
  await using s3 = await startS3();
  const { access, secrets, url } = s3.emulator;
  const [mine, other] = [
    await secrets.ensure('mine', { length: 64 }),
    await secrets.ensure('other', { length: 8 }),
  ];
  assert.deepEqual(await secrets.ensure('mine', { length: 8 }), mine, 'made once');
  const key = access.issueKey({
    name: 'reader',
    arn: 'arn:aws:iam::000000000000:role/reader',
    assumedBy: [],
    statements: [{ effect: 'Allow', actions: ['secretsmanager:GetSecretValue'], resources: [mine.arn] }],
  });
  const client = createClient(url, key);
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: mine.arn }));
  assert.match(SecretString ?? '', /^[A-Za-z0-9]{64}$/);
  const denied = (call: Promise<unknown>): Promise<void> => assertFails(call, 'AccessDeniedException', 403);
  await denied(client.send(new GetSecretValueCommand({ SecretId: other.arn })));
  await denied(client.send(new PutSecretValueCommand({ SecretId: mine.arn, SecretString: 'x' })));
  client.destroy();
});

function createClient(endpoint: string, credentials: AwsCredentials): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
}
