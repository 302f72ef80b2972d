/** What S3 documents, as calls of the AWS SDK whose answers are known: each check for any server that says it is S3. */
import assert from 'node:assert/strict';
import {
  GetObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type PutObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';

export interface CheckedServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly region: string;
  /** Of the client, too. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly client: S3Client;
  /** A bucket of the check's own, empty at first. */
  readonly Bucket: string;
}

export interface S3Check {
  /** What holds, in a few words. */
  readonly name: string;
  /** @throws an error of any kind where it does not hold */
  readonly run: (server: CheckedServer) => Promise<void>;
}

export async function put(
  { client, Bucket }: CheckedServer,
  Key: string,
  Body = 'body',
  input: Partial<PutObjectCommandInput> = {},
): Promise<PutObjectCommandOutput> {
  return client.send(new PutObjectCommand({ Bucket, Key, Body, ...input }));
}

export async function read(
  { client, Bucket }: CheckedServer,
  Key: string,
  VersionId?: string,
): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  return (await Body?.transformToString()) ?? '';
}

/** @param codes any one of these: HEAD answers have no body to name S3's code in */
export async function refused(call: Promise<unknown>, status: number, ...codes: string[]): Promise<void> {
  await assert.rejects(call, (error: Error & { $metadata?: { httpStatusCode?: number } }) => {
    assert.equal(error.$metadata?.httpStatusCode, status, `${error.name}: ${error.message}`);
    assert.ok(codes.includes(error.name), `${error.name} in place of ${codes.join(' or ')}`);
    return true;
  });
}
