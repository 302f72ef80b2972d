/** The emulator's Lambda as clients see it: the SDK over HTTP, queues that feed functions, topics that reach queues. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  InvalidRequestContentException,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  RequestTooLargeException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import type { Emulator } from '../../infra/local/emulator.ts';
import type { LocalFunctions } from '../../infra/local/lambda/functions.ts';
import { createFunctionFolder, startFunctionEmulator } from '../helpers/local-functions.ts';
import { until } from '../helpers/until.ts';

const ECHO = `export const handler = async (event) => {
  console.log('got', JSON.stringify(event).length, 'characters');
  if (event.fail) throw new TypeError(event.fail);
  return { echo: event };
};`;
/** Fails the messages whose body says so, and tells each body it saw. */
const CONSUME = `export const handler = async ({ Records }) => {
  for (const { body, attributes } of Records) console.log('saw', body, attributes.ApproximateReceiveCount);
  const failed = Records.filter(({ body }) => body.startsWith('fail'));
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

const folder = createFunctionFolder();
let emulator: Emulator;
let functions: LocalFunctions;
let close: () => Promise<void>;
let client: LambdaClient;
let queueArn: string;
let deadArn: string;

before(async () => {
  ({ emulator, functions, close } = await startFunctionEmulator(folder));
  const { queues, url } = emulator;
  functions.create(folder.add('echo', ECHO));
  functions.create(folder.add('consume', CONSUME));
  deadArn = (await queues.create('dead', {})).arn;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 });
  queueArn = (await queues.create('jobs', { VisibilityTimeout: '1', RedrivePolicy })).arn;
  functions.addEventSource('consume', {
    queueArn,
    batchSize: 10,
    batchingWindowMs: 0,
    reportBatchItemFailures: true,
    maximumConcurrency: 2,
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new LambdaClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 });
});
after(async () => {
  client.destroy();
  await close();
});

async function payloadOf(input: { FunctionName: string; Payload?: string }): Promise<unknown> {
  const { Payload } = await client.send(new InvokeCommand(input));
  return JSON.parse(Payload?.transformToString() ?? '');
}

describe('Invoke', () => {
  it('returns what the function returns', async () => {
    const input = { FunctionName: 'echo', Payload: '{"metric":"cpu — µs"}' };
    const answer = await client.send(new InvokeCommand(input));
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.ExecutedVersion, '$LATEST');
    assert.equal(answer.FunctionError, undefined);
    assert.deepEqual(JSON.parse(answer.Payload?.transformToString() ?? ''), { echo: { metric: 'cpu — µs' } });
  });

  it('takes a name, a version, a partial and a whole ARN', async () => {
    for (const FunctionName of [
      'echo',
      'echo:$LATEST',
      '000000000000:function:echo',
      'arn:aws:lambda:us-east-1:000000000000:function:echo',
    ])
      assert.deepEqual(await payloadOf({ FunctionName }), { echo: {} }, FunctionName);
  });

  it('marks an error of the function, with its log on request', async () => {
    const input = { FunctionName: 'echo', Payload: '{"fail":"no such step"}', LogType: 'Tail' as const };
    const answer = await client.send(new InvokeCommand(input));
    assert.equal(answer.StatusCode, 200);
    assert.equal(answer.FunctionError, 'Unhandled');
    const { errorType, errorMessage } = JSON.parse(answer.Payload?.transformToString() ?? '');
    assert.deepEqual([errorType, errorMessage], ['TypeError', 'no such step']);
    const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
    assert.match(log, /^START RequestId: [\s\S]*\tINFO\tgot 23 characters\n/);
  });

  it('accepts an event without waiting, and only checks on a dry run', async () => {
    const input = { FunctionName: 'echo', Payload: '{"later":"0123456789012345678901234567890123456789"}' };
    const event = await client.send(new InvokeCommand({ ...input, InvocationType: 'Event' }));
    assert.equal(event.StatusCode, 202);
    await until(() => folder.lines.some((line) => line.endsWith('got 52 characters')));
    const dry = await client.send(new InvokeCommand({ ...input, InvocationType: 'DryRun' }));
    assert.equal(dry.StatusCode, 204);
  });

  it('refuses what cannot be', async () => {
    const invoke = (FunctionName: string, Payload = '{}') =>
      client.send(new InvokeCommand({ FunctionName, Payload }));
    await assert.rejects(invoke('nobody'), ResourceNotFoundException);
    await assert.rejects(invoke('echo', '{"half":'), InvalidRequestContentException);
    await assert.rejects(invoke('echo', `"${'x'.repeat(6 * 1024 * 1024)}"`), RequestTooLargeException);
    await assert.rejects(client.send(new ListFunctionsCommand({})), { name: 'NotImplemented' });
  });
});

describe('a queue that feeds a function', () => {
  it('loses what was done, and brings back what failed until it is dead', async () => {
    const { queues } = emulator;
    await Promise.all(['one', 'fail two', 'three'].map((body) => queues.send(queueArn, body)));
    await until(() => queues.depth(deadArn).visible === 1);
    const [dead] = await queues.receive(deadArn, { max: 1, waitMs: 0 });
    assert.equal(dead?.body, 'fail two');
    await until(() => functions.running === 0 && queues.depth(queueArn).inFlight === 0);
    assert.deepEqual(queues.depth(queueArn), { visible: 0, inFlight: 0, delayed: 0 });
    const saw = folder.lines.flatMap((line) => /saw (.*)$/.exec(line)?.slice(1) ?? []);
    // What takes longer than the second that a message stays hidden for, as on a busy machine, comes twice.
    assert.ok(saw.includes('one 1') && saw.includes('three 1'), saw.join());
    assert.deepEqual(saw.filter((one) => one.startsWith('fail')).sort(), ['fail two 1', 'fail two 2']);
  });
});
