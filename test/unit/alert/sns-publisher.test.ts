/** The publisher against a server that answers as SNS does: what is sent, and what counts as refused. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SNSClient } from '@aws-sdk/client-sns';
import type { AlertPublisher } from '../../../lib/alert/publisher.ts';
import { PublishRejectedError, UndeliverableError } from '../../../lib/alert/publisher.ts';
import { renderAlert, renderSnsMessage } from '../../../lib/alert/render.ts';
import { createSnsClient, createSnsPublisher } from '../../../lib/alert/sns-publisher.ts';
import { createAlert } from '../../helpers/alerts.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alerts';
const ALERT = createAlert();

test('a publish carries subject, both forms and every attribute', async (t) => {
  const { publisher, requests } = await start(t, (response) => answer(response, 200, published('id-1')));
  assert.deepEqual(await publisher.publish(ALERT), { messageId: 'id-1' });
  assert.equal(requests.length, 1);
  const form = requests[0]!;
  const rendered = renderAlert(ALERT);
  assert.equal(form.get('Action'), 'Publish');
  assert.equal(form.get('TopicArn'), TOPIC);
  assert.equal(form.get('Subject'), rendered.subject);
  assert.equal(form.get('MessageStructure'), 'json');
  assert.equal(form.get('Message'), renderSnsMessage(rendered));
  const attributes = [1, 2, 3, 4, 5, 6].map((index) => [
    form.get(`MessageAttributes.entry.${index}.Name`),
    form.get(`MessageAttributes.entry.${index}.Value.StringValue`),
    form.get(`MessageAttributes.entry.${index}.Value.DataType`),
  ]);
  assert.deepEqual(
    attributes,
    Object.entries(rendered.attributes).map(([name, value]) => [name, value, 'String']),
  );
  assert.equal(form.has('MessageAttributes.entry.7.Name'), false);
});

test('what members have several of is a list that filters look into', async (t) => {
  const { publisher, requests } = await start(t, (response) => answer(response, 200, published('id-1')));
  const member = {
    anomalyId: 'a',
    detector: 'disks',
    entity: 'sda',
    workload: 'sda',
    state: 'opened',
    start: ALERT.start,
    end: null,
    summary: 'sda is slow',
    object: 'anomalies/detector=disks/a.json',
  } as const;
  await publisher.publish({ ...ALERT, members: [member] });
  const form = requests[0]!;
  assert.equal(form.get('MessageAttributes.entry.1.Value.DataType'), 'String.Array');
  assert.equal(form.get('MessageAttributes.entry.1.Value.StringValue'), '["shop","disks"]');
  assert.equal(form.get('MessageAttributes.entry.3.Value.StringValue'), '["shop/payment","sda"]');
});

test('what SNS refuses is told as refused, with its reason, after one attempt', async (t) => {
  for (const [status, code] of [
    [400, 'Throttling'],
    [403, 'AuthorizationError'],
    [404, 'NotFound'],
    [429, 'TooManyRequests'],
  ] as const) {
    const { publisher, requests } = await start(t, (response) => answer(response, status, failed(code)));
    await assert.rejects(
      publisher.publish(ALERT),
      (error) =>
        error instanceof PublishRejectedError &&
        error.message.includes(TOPIC) &&
        error.message.includes(`no, ${code}`),
      code,
    );
    assert.equal(requests.length, 1);
  }
});

test('a message that SNS will never take is told apart from a topic that is wrong', async (t) => {
  for (const [words, isForGood] of [
    ['Invalid parameter: Message too long', true],
    ['Invalid parameter: Subject', true],
    ['Invalid parameter: TopicArn Reason: no such thing', false],
  ] as const) {
    const { publisher } = await start(t, (response) =>
      answer(
        response,
        400,
        failed('InvalidParameter').replace(/<Message>.*<\/Message>/, `<Message>${words}</Message>`),
      ),
    );
    await assert.rejects(
      publisher.publish(ALERT),
      (error) => error instanceof PublishRejectedError && error instanceof UndeliverableError === isForGood,
      words,
    );
  }
});

test('nobody listening means that nothing was sent', async (t) => {
  const { publisher, stop } = await start(t, (response) => answer(response, 200, published('x')));
  await stop();
  await assert.rejects(publisher.publish(ALERT), PublishRejectedError);
});

test('after a server error or a lost answer it is open whether it was sent, and it is not sent again', async (t) => {
  for (const react of [
    (response: ServerResponse) => answer(response, 500, failed('InternalFailure')),
    (response: ServerResponse) => answer(response, 503, failed('ServiceUnavailable')),
    (response: ServerResponse) => void response.destroy(),
  ]) {
    const { publisher, requests } = await start(t, react);
    await assert.rejects(publisher.publish(ALERT), (error) => !(error instanceof PublishRejectedError));
    assert.equal(requests.length, 1);
  }
});

test('the client makes one attempt', async () => {
  const client = createSnsClient();
  assert.equal(await client.config.maxAttempts(), 1);
  client.destroy();
});

async function start(
  t: TestContext,
  react: (response: ServerResponse) => void,
): Promise<{ publisher: AlertPublisher; requests: URLSearchParams[]; stop: () => Promise<void> }> {
  const requests: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(new URLSearchParams(Buffer.concat(chunks).toString()));
      react(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const client = new SNSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  t.after(async () => {
    client.destroy();
    await stop();
  });
  return { publisher: createSnsPublisher({ client, topicArn: TOPIC }), requests, stop };
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
}

function published(id: string): string {
  return `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${id}</MessageId></PublishResult></PublishResponse>`;
}

function failed(code: string): string {
  return `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no, ${code}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
}
