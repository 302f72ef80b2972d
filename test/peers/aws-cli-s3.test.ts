/** Everyday aws-cli against the emulator; each version on the PATH, as 1 and 2 speak differently. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { type EmulatedS3, REGION, startS3 } from '../helpers/emulated-s3.ts';

/** Version → program. */
const PROGRAMS = new Map(
  execFileSync('which', ['-a', 'aws'], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((program) => [execFileSync(program, ['--version'], { encoding: 'utf8' }).split(' ')[0], program]),
);
const run = promisify(execFile);

for (const [version, program] of PROGRAMS) {
  describe(`${version}`, () => {
    const bucket = 'cli';
    let s3: EmulatedS3;
    let folder: string;

    before(async () => {
      s3 = await startS3();
      folder = await mkdtemp(join(tmpdir(), 'tidewatch-aws-'));
      await aws('s3', 'mb', `s3://${bucket}`);
    });
    after(async () => {
      await s3[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    });

    test('knows who it is', async () => {
      assert.match(await aws('sts', 'get-caller-identity'), /000000000000/);
      assert.match(await aws('s3', 'ls'), new RegExp(bucket));
    });

    test('cp both ways, through pipes, and with metadata', async () => {
      const name = 'a b+ü%41.txt';
      await writeFile(join(folder, name), 'content');
      await aws('s3', 'cp', join(folder, name), `s3://${bucket}/in/`, '--metadata', 'one=1');
      assert.equal(await aws('s3', 'cp', `s3://${bucket}/in/${name}`, '-'), 'content');
      await aws('s3', 'cp', `s3://${bucket}/in/${name}`, `s3://${bucket}/in/copy`);
      const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', bucket, '--key', 'in/copy'));
      assert.deepEqual([head.ContentLength, head.Metadata], [7, { one: '1' }]);
      assert.match(await aws('s3', 'ls', `s3://${bucket}/in/`), /7 a b\+ü%41\.txt\n.* 7 copy\n/);
    });

    test('a file above 8 MB goes and comes in parts', async () => {
      const big = randomBytes(17 * 1024 ** 2 + 1);
      await writeFile(join(folder, 'big'), big);
      await aws('s3', 'cp', join(folder, 'big'), `s3://${bucket}/big`, '--no-progress');
      const head = JSON.parse(await aws('s3api', 'head-object', '--bucket', bucket, '--key', 'big'));
      assert.match(head.ETag, /-3"$/);
      await aws('s3', 'cp', `s3://${bucket}/big`, join(folder, 'back'), '--no-progress');
      assert.ok(big.equals(await readFile(join(folder, 'back'))));
      await aws('s3', 'mv', `s3://${bucket}/big`, `s3://${bucket}/moved`, '--no-progress');
      assert.ok(big.equals(await readFile(join(s3.dataDir, 's3', bucket, 'moved'))));
    });

    test('sync, and rm of a whole prefix', async () => {
      const from = join(folder, 'from');
      await mkdir(join(from, 'deep/er'), { recursive: true });
      // Older than their upload by more than the whole seconds that S3 tells: a file of the same second goes again.
      const before = new Date(Date.now() - 3_600_000);
      for (const name of ['1', 'deep/2', 'deep/er/3 +é']) {
        await writeFile(join(from, name), name);
        await utimes(join(from, name), before, before);
      }
      await aws('s3', 'sync', from, `s3://${bucket}/sync`);
      assert.equal(await aws('s3', 'sync', from, `s3://${bucket}/sync`), '');
      await rm(join(from, '1'));
      assert.match(await aws('s3', 'sync', from, `s3://${bucket}/sync`, '--delete'), /^delete: .*sync\/1\n$/);
      await aws('s3', 'sync', `s3://${bucket}/sync`, join(folder, 'to'));
      assert.deepEqual(await readdir(join(folder, 'to/deep/er')), ['3 +é']);
      await aws('s3', 'rm', `s3://${bucket}/sync`, '--recursive');
      await assert.rejects(aws('s3', 'ls', `s3://${bucket}/sync/`));
    });

    test('listing in pages and with a delimiter', async () => {
      for (const key of ['p/1', 'p/2', 'p/q/3'])
        await aws('s3api', 'put-object', '--bucket', bucket, '--key', key);
      const list = async (...flags: string[]) =>
        JSON.parse(await aws('s3api', 'list-objects-v2', '--bucket', bucket, '--prefix', 'p/', ...flags));
      assert.equal((await list('--page-size', '1')).Contents.length, 3);
      const rolled = await list('--delimiter', '/');
      assert.deepEqual([rolled.Contents.length, rolled.CommonPrefixes], [2, [{ Prefix: 'p/q/' }]]);
    });

    test('a conditional write', async (context) => {
      const put = () =>
        aws('s3api', 'put-object', '--bucket', bucket, '--key', 'once', '--if-none-match', '*');
      const help = await aws('s3api', 'put-object', 'help').catch(String);
      if (!help.includes('--if-none-match')) return context.diagnostic('this version has no --if-none-match');
      await put();
      await assert.rejects(put(), /PreconditionFailed/);
    });

    test('versions, by ids that no command takes for an option', async () => {
      const api = async (command: string, ...flags: string[]) => {
        const answer = await aws('s3api', command, '--bucket', 'cli-versions', ...flags);
        return answer === '' ? {} : JSON.parse(answer);
      };
      await api('create-bucket');
      await api('put-bucket-versioning', '--versioning-configuration', 'Status=Enabled');
      for (const body of ['one', 'two']) {
        await writeFile(join(folder, 'body'), body);
        await api('put-object', '--key', 'k', '--body', join(folder, 'body'));
      }
      await api('delete-object', '--key', 'k');
      const { Versions, DeleteMarkers } = await api('list-object-versions');
      assert.deepEqual([Versions.length, DeleteMarkers.length], [2, 1]);
      const oldest = Versions[1].VersionId;
      await api('get-object', '--key', 'k', '--version-id', oldest, join(folder, 'oldest'));
      assert.equal(await readFile(join(folder, 'oldest'), 'utf8'), 'one');
      const attributes = ['--object-attributes', 'ObjectSize', 'ETag'];
      const { ObjectSize } = await api(
        'get-object-attributes',
        '--key',
        'k',
        '--version-id',
        oldest,
        ...attributes,
      );
      assert.equal(ObjectSize, 3);
      await api('delete-object', '--key', 'k', '--version-id', DeleteMarkers[0].VersionId);
      const { UploadId } = await api('create-multipart-upload', '--key', 'parts');
      await api('abort-multipart-upload', '--key', 'parts', '--upload-id', UploadId);
      const rule = { ID: 'r', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } };
      const lifecycle = ['--lifecycle-configuration', JSON.stringify({ Rules: [rule] })];
      await api('put-bucket-lifecycle-configuration', ...lifecycle);
      assert.deepEqual((await api('get-bucket-lifecycle-configuration')).Rules, [rule]);
    });

    test('a wrong secret is refused', async () => {
      await assert.rejects(aws('s3', 'ls', { AWS_SECRET_ACCESS_KEY: 'wrong' }), /SignatureDoesNotMatch/);
    });

    async function aws(...args: (string | Record<string, string>)[]): Promise<string> {
      const words = args.filter((arg) => typeof arg === 'string');
      const environment = {
        PATH: process.env.PATH,
        HOME: folder,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: REGION,
        AWS_PAGER: '',
        LC_ALL: 'C.UTF-8',
        ...Object.assign({}, ...args.filter((arg) => typeof arg === 'object')),
      };
      // Version 2 of Debian 12 does not know AWS_ENDPOINT_URL yet.
      const { stdout } = await run(program, ['--endpoint-url', s3.emulator.url, ...words], {
        env: environment,
      });
      return stdout;
    }
  });
}
