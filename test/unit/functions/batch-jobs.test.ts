/** How a job is asked for: signed, again where a later answer may be another one, and with the reason where it is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, test } from 'node:test';
import { createBatchJobs } from '../../../functions/batch-jobs.ts';

const ROOM = { memoryMb: 30_720, processors: 4, seconds: 43_200 };
let server: Server;
let answers: [status: number, body: object][];
let requests: { path: string | undefined; authorization: string | undefined; body: unknown }[];

beforeEach(async () => {
  requests = [];
  server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    requests.push({ path: request.url, authorization, body: JSON.parse(await text(request)) });
    const [status, body] = answers.shift() ?? [500, {}];
    response.writeHead(status).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => void server.close());

const submit = () =>
  createBatchJobs(
    { queue: 'queue-arn', definition: 'definition-arn', room: ROOM },
    {
      region: 'eu-west-1',
      credentials: async () => ({ accessKeyId: 'AKIA1', secretAccessKey: 's' }),
      env: {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_ENDPOINT_URL_BATCH: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      },
    },
  ).submit({ name: 'train-shop-1', detector: 'shop' });

test('a job is asked for with what its definition has no words for, signed for AWS Batch', async () => {
  answers = [[200, { jobId: 'id-1', jobName: 'train-shop-1' }]];
  assert.deepEqual(await submit(), { id: 'id-1' });
  const [request] = requests;
  assert.equal(request?.path, '/v1/submitjob');
  assert.match(request?.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=AKIA1\/\d{8}\/eu-west-1\/batch\//);
  assert.deepEqual(request?.body, {
    jobName: 'train-shop-1',
    jobQueue: 'queue-arn',
    jobDefinition: 'definition-arn',
    parameters: { detector: 'shop', job: 'train-shop-1' },
  });
});

test('what a later request may get is asked for again, what is refused is told', async () => {
  answers = [
    [503, {}],
    [200, { jobId: 'id-2' }],
  ];
  assert.deepEqual(await submit(), { id: 'id-2' });
  answers = [[403, { message: 'no right to batch:SubmitJob' }]];
  await assert.rejects(submit(), /refused the job train-shop-1 with 403: .*no right to batch:SubmitJob/);
  assert.equal(requests.length, 3);
});

test('where AWS Batch has too much to do, it is asked again', async () => {
  answers = [
    [429, {}],
    [200, { jobId: 'id-3' }],
  ];
  assert.deepEqual(await submit(), { id: 'id-3' });
});
