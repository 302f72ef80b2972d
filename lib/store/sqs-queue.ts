/** A queue of work, as people at a terminal use it: to ask for work, and to have what ended in its dead letters tried again. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { RetryLaterError, SettingError } from '../base/errors.ts';

export interface WorkQueueAccess {
  /** Asks the function behind the queue to work on a detector. */
  request(detector: string): Promise<void>;
  /** Messages in its dead-letter queue, about. @throws SettingError where it has none */
  countDead(): Promise<number>;
  /**
   * Moves them back, and waits until they are. One that is under way already is waited for.
   * @returns how many were moved, about
   * @throws SettingError where the queue has no dead letters; RetryLaterError where the move failed or takes longer
   */
  redrive(): Promise<number>;
}

/** Ms between two looks at a move that is under way, and how many there are: SQS moves up to 500 messages a second. */
const PAUSE = 500;
const MOST_LOOKS = 600;

export function createSqsQueue({ url, client }: { url: string; client?: SQSClient }): WorkQueueAccess {
  const sqs = client ?? new SQSClient();
  return {
    async request(detector) {
      const MessageBody = JSON.stringify({ detector });
      await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
    },
    async countDead() {
      const arn = await findDeadLetters();
      // Of the same account and region, with nothing but another name: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
      const deadUrl = `${url.slice(0, url.lastIndexOf('/') + 1)}${arn.slice(arn.lastIndexOf(':') + 1)}`;
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
      );
      return Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
    },
    async redrive() {
      const SourceArn = await findDeadLetters();
      if ((await newestTask(SourceArn))?.Status !== 'RUNNING')
        await sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
      for (let look = 0; look < MOST_LOOKS; look++) {
        const task = await newestTask(SourceArn);
        if (task?.Status === 'COMPLETED') return task.ApproximateNumberOfMessagesMoved ?? 0;
        if (task?.Status !== 'RUNNING')
          throw new RetryLaterError(
            'redrive-failed',
            `the move of the dead letters ${SourceArn} is ${task?.Status ?? 'gone'}: ${task?.FailureReason ?? 'no reason was given'}`,
          );
        await sleep(PAUSE);
      }
      throw new RetryLaterError(
        'redrive-under-way',
        `the move of the dead letters ${SourceArn} takes longer than ${(PAUSE * MOST_LOOKS) / 1_000} s, and goes on by itself`,
      );
    },
  };

  async function findDeadLetters(): Promise<string> {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['RedrivePolicy'] }),
    );
    const policy: unknown = JSON.parse(Attributes?.['RedrivePolicy'] ?? '{}');
    const arn = typeof policy === 'object' && policy !== null && Reflect.get(policy, 'deadLetterTargetArn');
    if (typeof arn === 'string') return arn;
    throw new SettingError('no-dead-letters', `the queue ${url} has no dead-letter queue`);
  }

  async function newestTask(SourceArn: string): Promise<ListMessageMoveTasksResultEntry | undefined> {
    return (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];
  }
}
