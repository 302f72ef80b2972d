/** Uploads in parts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type CheckedServer, put, read, refused, type S3Check } from './check.ts';

const LEAST = 5 * 1024 ** 2;
const FIRST = Buffer.alloc(LEAST, 'a');
const LAST = Buffer.from('end');
const MD5_OF_MD5S = createHash('md5');
for (const part of [FIRST, LAST]) MD5_OF_MD5S.update(createHash('md5').update(part).digest());
const ETAG = `"${MD5_OF_MD5S.digest('hex')}-2"`;

const begin = async (
  { client, Bucket }: CheckedServer,
  input: Partial<CreateMultipartUploadCommandInput> = {},
) => (await client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k', ...input }))).UploadId ?? '';
const upload = async (
  { client, Bucket }: CheckedServer,
  UploadId: string,
  PartNumber: number,
  Body: Buffer,
) => {
  const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key: 'k', UploadId, PartNumber, Body }));
  return { PartNumber, ETag: ETag ?? '' };
};
type Part = Awaited<ReturnType<typeof upload>>;
const complete = (
  { client, Bucket }: CheckedServer,
  UploadId: string,
  Parts: Part[],
  input: Partial<CompleteMultipartUploadCommandInput> = {},
) =>
  client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts }, ...input }),
  );
const uploadBoth = async (server: CheckedServer, id: string) => [
  await upload(server, id, 1, FIRST),
  await upload(server, id, 2, LAST),
];
const listUploads = ({ client, Bucket }: CheckedServer, input: object = {}) =>
  client.send(new ListMultipartUploadsCommand({ Bucket, ...input }));

export const MULTIPART_CHECKS: readonly S3Check[] = [
  {
    name: 'parts become one object, whose ETag is the MD5 of their MD5s and their count',
    async run(server) {
      const id = await begin(server, { ContentType: 'text/csv', Metadata: { m: '1' } });
      await refused(read(server, 'k'), 404, 'NoSuchKey');
      assert.equal((await complete(server, id, await uploadBoth(server, id))).ETag, ETAG);
      const found = await server.client.send(new HeadObjectCommand({ Bucket: server.Bucket, Key: 'k' }));
      assert.deepEqual(
        [found.ContentLength, found.ETag, found.ContentType, found.Metadata],
        [LEAST + LAST.length, ETAG, 'text/csv', { m: '1' }],
      );
    },
  },
  {
    name: 'a part but the last below 5 MiB: 400 EntityTooSmall',
    async run(server) {
      const id = await begin(server);
      const parts = [await upload(server, id, 1, LAST), await upload(server, id, 2, LAST)];
      await refused(complete(server, id, parts), 400, 'EntityTooSmall');
    },
  },
  {
    name: 'parts out of order: 400 InvalidPartOrder',
    async run(server) {
      const id = await begin(server);
      const parts = await uploadBoth(server, id);
      await refused(complete(server, id, parts.reverse()), 400, 'InvalidPartOrder');
    },
  },
  {
    name: 'a part with another ETag, or that never came: 400 InvalidPart',
    async run(server) {
      const id = await begin(server);
      const part = await upload(server, id, 1, LAST);
      await refused(complete(server, id, [{ ...part, ETag: `"${'0'.repeat(32)}"` }]), 400, 'InvalidPart');
      await refused(complete(server, id, [{ ...part, PartNumber: 2 }]), 400, 'InvalidPart');
    },
  },
  {
    name: 'no parts at all: 400 MalformedXML',
    run: async (server) =>
      refused(complete(server, await begin(server), []), 400, 'MalformedXML', 'InvalidRequest'),
  },
  {
    name: 'a part number of 0 or 10,001: 400 InvalidArgument',
    async run(server) {
      const id = await begin(server);
      for (const number of [0, 10_001])
        await refused(upload(server, id, number, LAST), 400, 'InvalidArgument');
    },
  },
  {
    name: 'a part sent again replaces the first, and parts left out are dropped',
    async run(server) {
      const id = await begin(server);
      await upload(server, id, 1, Buffer.from('first'));
      const again = await upload(server, id, 1, Buffer.from('again'));
      await upload(server, id, 2, LAST);
      await complete(server, id, [again]);
      assert.equal(await read(server, 'k'), 'again');
    },
  },
  {
    name: 'an upload that was aborted, or never begun: 404 NoSuchUpload',
    async run(server) {
      const { client, Bucket } = server;
      const UploadId = await begin(server);
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
      await refused(upload(server, UploadId, 1, LAST), 404, 'NoSuchUpload');
      await refused(complete(server, 'never-begun', [{ PartNumber: 1, ETag: '"e"' }]), 404, 'NoSuchUpload');
    },
  },
  {
    name: 'If-None-Match: * on the completion is 412 over something',
    async run(server) {
      const id = await begin(server);
      const parts = [await upload(server, id, 1, LAST)];
      await put(server, 'k', 'meanwhile');
      await refused(complete(server, id, parts, { IfNoneMatch: '*' }), 412, 'PreconditionFailed');
      assert.equal(await read(server, 'k'), 'meanwhile');
    },
  },
  {
    name: 'If-Match on the completion is 412 over another ETag',
    async run(server) {
      const { ETag } = await put(server, 'k', 'first');
      const id = await begin(server);
      const parts = [await upload(server, id, 1, LAST)];
      await refused(complete(server, id, parts, { IfMatch: '"other"' }), 412, 'PreconditionFailed');
      await complete(server, id, parts, { IfMatch: ETag });
    },
  },
  {
    name: 'parts are listed page by page, with size and ETag',
    async run(server) {
      const { client, Bucket } = server;
      const UploadId = await begin(server);
      const parts = await uploadBoth(server, UploadId);
      const page = (input: object) =>
        client.send(new ListPartsCommand({ Bucket, Key: 'k', UploadId, ...input }));
      const first = await page({ MaxParts: 1 });
      assert.deepEqual(
        [first.Parts?.[0]?.Size, first.Parts?.[0]?.ETag, first.IsTruncated],
        [LEAST, parts[0]?.ETag, true],
      );
      const second = await page({ PartNumberMarker: first.NextPartNumberMarker });
      assert.deepEqual(
        second.Parts?.map(({ PartNumber }) => PartNumber),
        [2],
      );
    },
  },
  {
    name: 'uploads under way are listed until they end',
    async run(server) {
      const id = await begin(server);
      assert.deepEqual(
        (await listUploads(server)).Uploads?.map(({ UploadId }) => UploadId),
        [id],
      );
      await complete(server, id, [await upload(server, id, 1, LAST)]);
      assert.equal((await listUploads(server)).Uploads, undefined);
    },
  },
  {
    name: 'a part can be a range of another object, and is refused beyond its end',
    async run(server) {
      const { client, Bucket } = server;
      await put(server, 'from', '0123456789');
      const UploadId = await begin(server);
      const part = (CopySourceRange: string) =>
        client.send(
          new UploadPartCopyCommand({
            Bucket,
            Key: 'k',
            UploadId,
            PartNumber: 1,
            CopySource: `${Bucket}/from`,
            CopySourceRange,
          }),
        );
      await refused(part('bytes=5-10'), 400, 'InvalidArgument', 'InvalidRange');
      const { CopyPartResult } = await part('bytes=2-4');
      await complete(server, UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag ?? '' }]);
      assert.equal(await read(server, 'k'), '234');
    },
  },
  {
    name: 'an object of parts is read by part number, and beyond the last is 416 InvalidPartNumber',
    async run(server) {
      const { client, Bucket } = server;
      const id = await begin(server);
      await complete(server, id, await uploadBoth(server, id));
      const get = (PartNumber: number) => client.send(new GetObjectCommand({ Bucket, Key: 'k', PartNumber }));
      const { PartsCount, ContentLength, Body } = await get(2);
      assert.deepEqual([PartsCount, ContentLength, await Body?.transformToString()], [2, LAST.length, 'end']);
      await refused(get(3), 416, 'InvalidPartNumber');
    },
  },
  {
    name: 'GetObjectAttributes lists parts that came with checksums, page by page',
    async run(server) {
      const { client, Bucket } = server;
      const UploadId = await begin(server, { ChecksumAlgorithm: 'SHA256' });
      const Parts = [];
      for (const [at, Body] of [FIRST, LAST].entries()) {
        const part = {
          Bucket,
          Key: 'k',
          UploadId,
          PartNumber: at + 1,
          Body,
          ChecksumAlgorithm: 'SHA256' as const,
        };
        const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand(part));
        Parts.push({ PartNumber: at + 1, ETag, ChecksumSHA256 });
      }
      await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key: 'k', UploadId, MultipartUpload: { Parts } }),
      );
      const ask = {
        Bucket,
        Key: 'k',
        ObjectAttributes: ['ObjectParts' as const, 'Checksum' as const],
        MaxParts: 1,
      };
      const { ObjectParts, Checksum } = await client.send(new GetObjectAttributesCommand(ask));
      assert.deepEqual([ObjectParts?.TotalPartsCount, ObjectParts?.IsTruncated], [2, true]);
      assert.equal(ObjectParts?.Parts?.[0]?.ChecksumSHA256, Parts[0]?.ChecksumSHA256);
      assert.match(Checksum?.ChecksumSHA256 ?? '', /-2$/);
    },
  },
];
