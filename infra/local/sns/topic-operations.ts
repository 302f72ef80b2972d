/** Operations on topics themselves: creating, listing, describing, deleting, tagging. */
import { ACCOUNT_ID } from '../contract.ts';
import { type Operation, type SnsContext, topicOfInput } from './context.ts';
import { invalidParameter, snsError } from './errors.ts';
import { memberList, optionalText, requireText, type SnsInput, tagMap, textMap } from './input.ts';
import { pageOf, renderMap } from './page.ts';
import { subscriptionsOf, type Topic, topicArn } from './store.ts';

const NAME = /^[A-Za-z0-9_-]{1,256}$/;
const MAX_TAGS = 50;
/** Kept and given back; of these only DisplayName has an effect. */
const ATTRIBUTES = [
  'DeliveryPolicy',
  'DisplayName',
  'KmsMasterKeyId',
  'Policy',
  'SignatureVersion',
  'TracingConfig',
];
/** How often a delivery is tried at most, and how far apart, is logged per protocol on AWS; accepted, unused. */
const FEEDBACK = /^(HTTP|Lambda|SQS|Application|Firehose)(Success|Failure)Feedback(RoleArn|SampleRate)$/;

export const createTopic: Operation = async (context, input) => {
  const name = requireText(input, 'Name');
  const attributes = textMap(input, 'Attributes');
  const tags = tagMap(input);
  const present = context.store.topics.get(topicArn(context.store.region, name));
  if (present) {
    const different = Object.keys(attributes).find((key) => present.attributes[key] !== attributes[key]);
    if (different !== undefined)
      throw invalidParameter('Attributes', `Topic already exists with a different ${different}: ${name}`);
    if (Object.entries(tags).some(([key, value]) => present.tags[key] !== value))
      throw invalidParameter('Tags', `Topic already exists with different tags: ${name}`);
    await context.commit();
    return [['TopicArn', present.arn]];
  }
  return [['TopicArn', await putTopic(context, name, attributes, tags)]];
};

/** Creates the topic, or sets these attributes on the one that is there. @returns its ARN */
export async function putTopic(
  context: SnsContext,
  name: string,
  attributes: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>> = {},
): Promise<string> {
  if (name.endsWith('.fifo') || attributes.FifoTopic === 'true')
    throw snsError('NotImplemented', `Name=${name}: FIFO topics are not emulated, only standard ones.`);
  if (!NAME.test(name))
    throw invalidParameter('Topic Name', `1 to 256 letters, digits, hyphens and underscores, not ${name}`);
  const present = context.store.topics.get(topicArn(context.store.region, name));
  const merged = { ...present?.attributes };
  for (const [key, value] of Object.entries(attributes)) {
    checkAttribute(key, value);
    merged[key] = value;
  }
  await context.commit({
    t: 'topic',
    topic: { name, attributes: merged, tags: { ...present?.tags, ...tags } },
  });
  return topicArn(context.store.region, name);
}

export const deleteTopic: Operation = async (context, input) => {
  const topic = context.store.topics.get(requireText(input, 'TopicArn'));
  if (topic) await context.commit({ t: 'drop-topic', name: topic.name });
  return undefined;
};

export const listTopics: Operation = async ({ store }, input) =>
  pageOf([...store.topics.values()], input, 'Topics', ({ arn }) => [['TopicArn', arn]]);

export const getTopicAttributes: Operation = async (context, input) => {
  const topic = topicOfInput(context, input);
  const subscriptions = subscriptionsOf(context.store, topic.arn);
  const confirmed = subscriptions.filter((subscription) => subscription.confirmed).length;
  return [
    [
      'Attributes',
      renderMap({
        DisplayName: '',
        ...topic.attributes,
        TopicArn: topic.arn,
        Owner: ACCOUNT_ID,
        SubscriptionsConfirmed: String(confirmed),
        SubscriptionsPending: String(subscriptions.length - confirmed),
        SubscriptionsDeleted: '0',
      }),
    ],
  ];
};

export const setTopicAttributes: Operation = async (context, input) => {
  const topic = topicOfInput(context, input);
  const name = requireText(input, 'AttributeName');
  await putTopic(context, topic.name, { [name]: optionalText(input, 'AttributeValue') ?? '' });
  return undefined;
};

export const listTagsForResource: Operation = async (context, input) => {
  const { tags } = taggedTopic(context, input);
  return [
    [
      'Tags',
      Object.entries(tags).map(([key, value]) => [
        'member',
        [
          ['Key', key],
          ['Value', value],
        ],
      ]),
    ],
  ];
};

export const tagResource: Operation = async (context, input) => {
  const { name, attributes, tags } = taggedTopic(context, input);
  const merged = { ...tags, ...tagMap(input) };
  const count = Object.keys(merged).length;
  if (count > MAX_TAGS) throw invalidParameter('Tags', `a topic has at most ${MAX_TAGS} tags, not ${count}`);
  await context.commit({ t: 'topic', topic: { name, attributes, tags: merged } });
  return [];
};

export const untagResource: Operation = async (context, input) => {
  const { name, attributes, tags } = taggedTopic(context, input);
  const gone = memberList(input, 'TagKeys');
  const left = Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key)));
  await context.commit({ t: 'topic', topic: { name, attributes, tags: left } });
  return [];
};

function taggedTopic({ store }: SnsContext, input: SnsInput): Topic {
  const arn = requireText(input, 'ResourceArn');
  const topic = store.topics.get(arn);
  if (topic) return topic;
  throw snsError('ResourceNotFound', `Resource does not exist: ${arn}`);
}

function checkAttribute(name: string, value: string): void {
  if (!ATTRIBUTES.includes(name) && !FEEDBACK.test(name))
    throw invalidParameter('AttributeName', `a topic has no attribute ${name} that could be set`);
  if (name === 'DisplayName' && !/^[^\p{Cc}]{0,100}$/u.test(value))
    throw invalidParameter(
      'DisplayName',
      `at most 100 characters without control characters: ${JSON.stringify(value)}`,
    );
  if (name !== 'Policy' && name !== 'DeliveryPolicy') return;
  try {
    JSON.parse(value === '' ? '{}' : value);
  } catch {
    throw invalidParameter(name, `it is not JSON: ${value.slice(0, 200)}`);
  }
}
