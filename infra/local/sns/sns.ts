/** SNS: standard topics over its query protocol, delivering to queues, web endpoints, mail files and functions. */
import { join } from 'node:path';
import { AwsError, type Queues, type Topics } from '../contract.ts';
import { openJournal } from '../sqs/journal.ts';
import { nestForm, readForm, renderErrorResponse, renderResponse } from '../sqs/query-protocol.ts';
import type { Operation, SnsContext } from './context.ts';
import { bury, deliver, type Endpoints } from './deliver.ts';
import { createDispatcher } from './dispatcher.ts';
import { snsError } from './errors.ts';
import { requirePermission } from './permissions.ts';
import { publish, publishBatch } from './publish.ts';
import {
  applyEntry,
  createTopicStore,
  type Delivery,
  type Subscription,
  snapshotEntries,
  type TopicEntry,
} from './store.ts';
import {
  confirmSubscription,
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  putSubscription,
  setSubscriptionAttributes,
  subscribe,
  unsubscribe,
} from './subscription-operations.ts';
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTagsForResource,
  listTopics,
  putTopic,
  setTopicAttributes,
  tagResource,
  untagResource,
} from './topic-operations.ts';

export interface TopicsOptions {
  /** The journal is kept here. */
  readonly dataDir: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Where the emulator is reached, for links that no request names. */
  readonly origin: () => string;
  readonly log: (line: string) => void;
  readonly queues: Queues;
  /** Mail goes here, one file a message. */
  readonly outboxDir: string;
  /** Resolves once the function has taken the event; a rejection is tried again. */
  readonly invokeLambda?: (functionArn: string, event: unknown) => Promise<void>;
  /** Milliseconds between attempts of one delivery: one attempt more than there are pauses. */
  readonly retryPauses?: readonly number[];
}

const NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';
/** SNS tries a web endpoint three more times, 20 s apart; someone at a laptop does not wait that long. */
const RETRY_PAUSES: readonly number[] = [1000, 5000, 15_000];

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ConfirmSubscription: confirmSubscription,
  CreateTopic: createTopic,
  DeleteTopic: deleteTopic,
  GetSubscriptionAttributes: getSubscriptionAttributes,
  GetTopicAttributes: getTopicAttributes,
  ListSubscriptions: listSubscriptions,
  ListSubscriptionsByTopic: listSubscriptionsByTopic,
  ListTagsForResource: listTagsForResource,
  ListTopics: listTopics,
  Publish: publish,
  PublishBatch: publishBatch,
  SetSubscriptionAttributes: setSubscriptionAttributes,
  SetTopicAttributes: setTopicAttributes,
  Subscribe: subscribe,
  TagResource: tagResource,
  Unsubscribe: unsubscribe,
  UntagResource: untagResource,
};

/** For attempts under way when the emulator stops. */
const CLOSING_GRACE_MS = 1_000;

/** In process, `create` and `subscribe` also set the attributes of what is there, as a stack update would. */
export async function createTopics(options: TopicsOptions): Promise<Topics> {
  const { region, now, origin, log, queues } = options;
  const store = createTopicStore(region);
  const journal = await openJournal<TopicEntry>({
    path: join(options.dataDir, 'sns.journal'),
    service: 'sns',
    apply: (entry) => applyEntry(store, entry),
    snapshot: () => snapshotEntries(store),
  });
  const closing = new AbortController();
  const cutOff = new AbortController();
  const endpoints: Endpoints = {
    store,
    queues,
    outboxDir: options.outboxDir,
    invokeLambda: options.invokeLambda,
    log,
    closing: cutOff.signal,
  };
  const dispatcher = createDispatcher({
    attempt: (delivery) =>
      withSubscription(delivery, (subscription) => deliver(endpoints, subscription, delivery)),
    giveUp: (delivery, error) =>
      withSubscription(delivery, (subscription) => bury(endpoints, subscription, delivery, error)),
    finish: (delivery) => context.commit({ t: 'done', id: delivery.id }),
    pauses: options.retryPauses ?? RETRY_PAUSES,
    log,
    closing: closing.signal,
  });
  const context: SnsContext = {
    store,
    queues,
    now,
    log,
    commit(...entries) {
      for (const entry of entries) applyEntry(store, entry);
      return journal.append(entries);
    },
    dispatch: dispatcher.start,
  };

  /** A delivery whose subscription has ended needs no more work. */
  async function withSubscription(
    { subscriptionArn }: Delivery,
    work: (subscription: Subscription) => Promise<void>,
  ): Promise<void> {
    const subscription = store.subscriptions.get(subscriptionArn);
    if (subscription) await work(subscription);
  }

  dispatcher.start([...store.deliveries.values()]);
  return {
    async handle(request) {
      const { requestId } = request;
      const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
      try {
        const input = nestForm(await readForm(request));
        const action = input.get('Action');
        const operation =
          typeof action === 'string' && Object.hasOwn(OPERATIONS, action) ? OPERATIONS[action] : undefined;
        if (operation === undefined || typeof action !== 'string')
          throw snsError('NotImplemented', `The operation ${action} of SNS is not emulated.`);
        requirePermission(request.permissions, action, input);
        const result = await operation(context, input, request);
        return { status: 200, headers, body: renderResponse(action, NAMESPACE, result, requestId) };
      } catch (error) {
        if (!(error instanceof AwsError)) log(`sns: ${error instanceof Error ? error.stack : error}`);
        const shown =
          error instanceof AwsError
            ? error
            : new AwsError('InternalError', 500, `The request failed: ${error}`);
        return { status: shown.status, headers, body: renderErrorResponse(shown, NAMESPACE, requestId) };
      }
    },
    async create(name, attributes) {
      return { arn: await putTopic(context, name, attributes) };
    },
    async subscribe({ topicArn, protocol, endpoint, attributes }) {
      const topic = store.topics.get(topicArn);
      if (topic === undefined) throw snsError('NotFound', `Topic does not exist: ${topicArn}`);
      const subscription = await putSubscription(context, {
        topic,
        protocol,
        endpoint,
        attributes,
        origin: origin(),
      });
      return { subscriptionArn: subscription.arn };
    },
    async close() {
      closing.abort();
      // What an endpoint has just taken is noted as delivered, or it would be sent again at the next start.
      const timer = setTimeout(() => cutOff.abort(), CLOSING_GRACE_MS);
      await dispatcher.settle();
      clearTimeout(timer);
      await journal.close();
    },
  };
}
