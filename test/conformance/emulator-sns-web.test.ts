import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  ConfirmSubscriptionCommand,
  GetSubscriptionAttributesCommand,
  InvalidParameterException,
  NotFoundException,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { type Messaging, startMessaging } from '../helpers/messaging.ts';
import { uniqueName } from '../helpers/queue-calls.ts';
import { text, topicCalls } from '../helpers/topic-calls.ts';
import { until } from '../helpers/until.ts';

let messaging: Messaging;
const { createTopic, createQueue, subscribe, setAttribute, publish, receive } = topicCalls(() => messaging);

before(async () => {
  messaging = await startMessaging();
});
after(() => messaging.close());

describe('delivery to a web endpoint', () => {
  it('asks for confirmation, then posts what is published', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    const shown = await messaging.sns.send(
      new SubscribeCommand({ TopicArn: topic, Protocol: 'http', Endpoint: endpoint.url }),
    );
    assert.equal(shown.SubscriptionArn, 'pending confirmation');
    await until(() => endpoint.requests.length === 1);
    const asked = endpoint.requests[0];
    assert.equal(asked?.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
    assert.equal(asked?.headers['x-amz-sns-topic-arn'], topic);
    await publish(topic, 'before it is confirmed');
    const { SubscribeURL, Token } = JSON.parse(asked?.body ?? '') as Record<string, string>;
    await assert.rejects(
      messaging.sns.send(new ConfirmSubscriptionCommand({ TopicArn: topic, Token: 'wrong' })),
      InvalidParameterException,
    );
    assert.ok(Token);
    const page = await fetch(SubscribeURL ?? '');
    assert.equal(page.status, 200);
    const arn = /<SubscriptionArn>(.*)<\/SubscriptionArn>/.exec(await page.text())?.[1] ?? '';
    const { MessageId } = await publish(topic, 'tide', { Subject: 'out' });
    await until(() => endpoint.requests.length === 2);
    const got = endpoint.requests[1];
    assert.equal(got?.headers['x-amz-sns-message-type'], 'Notification');
    assert.equal(got?.headers['x-amz-sns-message-id'], MessageId);
    assert.equal(got?.headers['x-amz-sns-subscription-arn'], arn);
    assert.equal(got?.headers['content-type'], 'text/plain; charset=UTF-8');
    const { Message, UnsubscribeURL } = JSON.parse(got?.body ?? '') as Record<string, string>;
    assert.equal(Message, 'tide');
    await fetch(UnsubscribeURL ?? '');
    await assert.rejects(
      messaging.sns.send(new GetSubscriptionAttributesCommand({ SubscriptionArn: arn })),
      NotFoundException,
    );
    await endpoint.close();
  });

  it('tries again after an error, and then not any more', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    await confirm(topic, endpoint);
    endpoint.answers.push(500, 429);
    await publish(topic, 'third time lucky');
    await until(() => endpoint.requests.length === 3);
    await publish(topic, 'next');
    await until(() => endpoint.requests.length === 4);
    const bodies = endpoint.requests.map(({ body }) => (JSON.parse(body) as { Message: string }).Message);
    assert.deepEqual(bodies, [...Array<string>(3).fill('third time lucky'), 'next']);
    await endpoint.close();
  });

  it('gives up after the last attempt, at once on a 4xx, into the dead-letter queue', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    const dead = await createQueue();
    const arn = await confirm(topic, endpoint);
    await setAttribute(arn, 'RedrivePolicy', JSON.stringify({ deadLetterTargetArn: dead.arn }));
    await setAttribute(arn, 'RawMessageDelivery', 'true');
    endpoint.answers.push(500, 500, 503);
    await publish(topic, 'lost', { MessageAttributes: { k: text('v') } });
    const [message] = await receive(dead.url, 20);
    assert.equal(message?.Body, 'lost');
    assert.equal(message?.MessageAttributes?.k?.StringValue, 'v');
    assert.equal(endpoint.requests.length, 3);
    assert.equal(endpoint.requests[0]?.headers['x-amz-sns-rawdelivery'], 'true');
    assert.equal(endpoint.requests[0]?.body, 'lost');
    endpoint.answers.push(404);
    await publish(topic, 'refused');
    assert.deepEqual(
      (await receive(dead.url, 20)).map((one) => one.Body),
      ['refused'],
    );
    assert.equal(endpoint.requests.length, 4);
    await endpoint.close();
  });

  it('is not made again after a restart', async () => {
    const endpoint = await startEndpoint();
    const topic = await createTopic(uniqueName());
    await confirm(topic, endpoint);
    await publish(topic, 'before');
    await until(() => endpoint.requests.length === 1);
    messaging = await messaging.restart();
    await publish(topic, 'after');
    await until(() => endpoint.requests.some(({ body }) => body.includes('"after"')));
    assert.equal(endpoint.requests.length, 2);
    await endpoint.close();
  });
});

interface Endpoint {
  readonly url: string;
  readonly requests: { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }[];
  /** Statuses of the next answers; 200 once they are used up. */
  readonly answers: number[];
  close(): Promise<void>;
}

async function startEndpoint(): Promise<Endpoint> {
  const requests: Endpoint['requests'] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    requests.push({ headers: request.headers, body });
    response.writeHead(answers.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    requests,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Subscribes the endpoint, confirms it, and forgets that it was asked. */
async function confirm(TopicArn: string, endpoint: Endpoint): Promise<string> {
  const arn = await subscribe(TopicArn, 'http', endpoint.url);
  await until(() => endpoint.requests.length === 1);
  const { Token } = JSON.parse(endpoint.requests.shift()?.body ?? '') as { Token: string };
  const confirmed = await messaging.sns.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
  assert.equal(confirmed.SubscriptionArn, arn);
  return arn;
}
