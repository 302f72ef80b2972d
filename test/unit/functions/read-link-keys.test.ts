import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { startS3 } from '../../helpers/emulated-s3.ts';

test('the key and the one before it are read; one that is too short signs nothing', async () => {
  await using s3 = await startS3();
  // The client is configured by the environment alone, and made at the first reading.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: s3.emulator.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
  });
  const { readLinkKeys } = await import('../../../functions/read-link-keys.ts');
  const client = new SecretsManagerClient();
  const [first, second] = ['a'.repeat(64), 'b'.repeat(64)];
  const { ARN = '' } = await client.send(new CreateSecretCommand({ Name: 'key', SecretString: first }));
  assert.deepEqual(await readLinkKeys(ARN), { current: first, previous: undefined });
  await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: second }));
  assert.deepEqual(await readLinkKeys(ARN), { current: second, previous: first });
  await client.send(new PutSecretValueCommand({ SecretId: ARN, SecretString: 'short' }));
  await assert.rejects(readLinkKeys(ARN), /a key of 5 characters; links are signed with 32 or more/);
  client.destroy();
});
