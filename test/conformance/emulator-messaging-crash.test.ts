import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { CreateTopicCommand, PublishCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createClients, REGION } from '../helpers/messaging.ts';
import { until } from '../helpers/until.ts';

const ROUNDS = 4;
const WORKERS = 6;
/** Accepted messages before the kill, per round. */
const KILL_AFTER = 60;
const children: ChildProcess[] = [];

interface Ledger {
  /** Answered, so never to be lost. */
  readonly accepted: Set<string>;
  /** Sent without an answer: may be there or not. */
  readonly attempted: Set<string>;
  /** Deletion answered: never to be seen again. */
  readonly deleted: Set<string>;
  /** Deletion sent without an answer. */
  readonly deleting: Set<string>;
}

it('a kill in the middle of traffic loses nothing accepted and brings nothing deleted back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'crash-'));
  const ledger: Ledger = {
    accepted: new Set(),
    attempted: new Set(),
    deleted: new Set(),
    deleting: new Set(),
  };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const emulator = await startEmulator(dataDir);
      await runTraffic(emulator, ledger, round);
      assert.equal(emulator.child.signalCode, 'SIGKILL');
    }
    // An hour later, so that nothing is in flight any more.
    const emulator = await startEmulator(dataDir, 3_600_000);
    const found = await drain(emulator);
    const published = [...ledger.accepted].filter((body) => body.startsWith('publish-'));
    assert.ok(published.length > 0);
    await until(async () => {
      const mails = await readMails(join(dataDir, 'outbox'));
      return published.every((body) => mails.some((mail) => mail.includes(`\n${body}\n`)));
    });
    emulator.child.kill('SIGKILL');
    await once(emulator.child, 'exit');

    const kept = [...ledger.accepted].filter(
      (body) => !ledger.deleted.has(body) && !ledger.deleting.has(body),
    );
    assert.ok(
      ledger.accepted.size >= ROUNDS * KILL_AFTER && ledger.deleted.size > ROUNDS,
      'there was traffic',
    );
    assert.deepEqual(
      kept.filter((body) => !found.has(body)),
      [],
      'accepted and lost',
    );
    assert.deepEqual(
      [...found].filter((body) => ledger.deleted.has(body)),
      [],
      'deleted and back',
    );
    assert.deepEqual(
      [...found].filter((body) => !ledger.attempted.has(body)),
      [],
      'never sent',
    );
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await rm(dataDir, { recursive: true });
  }
});

interface Emulator {
  readonly child: ChildProcess;
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly QueueUrl: string;
  readonly TopicArn: string;
}

async function startEmulator(dataDir: string, skew = 0): Promise<Emulator> {
  const script = join(import.meta.dirname, '../helpers/messaging-process.ts');
  const child = spawn(process.execPath, [script, dataDir, `${skew}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [endpoint] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { sqs, sns } = createClients(endpoint, REGION);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'inbox' }));
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'alerts' }));
  const Attributes = { RawMessageDelivery: 'true' };
  const Endpoint = `arn:aws:sqs:${REGION}:000000000000:inbox`;
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'sre@example.org' }));
  return { child, sqs, sns, QueueUrl, TopicArn };
}

/** Workers send, publish, receive and delete until the process is killed under them. */
async function runTraffic(emulator: Emulator, ledger: Ledger, round: number): Promise<void> {
  const goal = ledger.accepted.size + KILL_AFTER;
  const exited = once(emulator.child, 'exit');
  const worker = async (id: number): Promise<void> => {
    for (let step = 0; ; step++) {
      await act(emulator, ledger, `${step % 3 === 0 ? 'publish' : 'send'}-${round}-${id}-${step}`);
      if (ledger.accepted.size >= goal) emulator.child.kill('SIGKILL');
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: WORKERS }, (_, id) => worker(id)));
  assert.ok(ends.every((end) => end.status === 'rejected'));
  await exited;
}

async function act({ sqs, sns, QueueUrl, TopicArn }: Emulator, ledger: Ledger, body: string): Promise<void> {
  ledger.attempted.add(body);
  if (body.startsWith('publish')) await sns.send(new PublishCommand({ TopicArn, Message: body }));
  else await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
  ledger.accepted.add(body);
  if (ledger.accepted.size % 2 === 0) return;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  for (const { Body = '', ReceiptHandle } of Messages) {
    ledger.deleting.add(Body);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    ledger.deleted.add(Body);
  }
}

/** Everything that is left, in flight or not. */
async function drain({ sqs, QueueUrl }: Emulator): Promise<Set<string>> {
  const found = new Set<string>();
  for (;;) {
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 600,
        WaitTimeSeconds: 2,
      }),
    );
    if (Messages === undefined) return found;
    for (const { Body = '' } of Messages) found.add(Body);
  }
}

async function readMails(outbox: string): Promise<string[]> {
  const files = (await readdir(outbox)).filter((file) => file.endsWith('.eml'));
  return Promise.all(files.map((file) => readFile(join(outbox, file), 'utf8')));
}
