/** Operations on queues themselves: creating, finding, describing, emptying, tagging. */
import {
  type CallContext,
  type Operation,
  queueMissing,
  queueOfInput,
  queueUrl,
  type SqsContext,
} from './context.ts';
import { invalidValue, sqsError } from './errors.ts';
import { optionalInteger, optionalString, requireString, stringList, stringMap } from './input.ts';
import { type Queue, refreshQueue } from './queue.ts';
import { describeQueue, findDifference, mergeAttributes, redrivePolicyOf } from './queue-attributes.ts';
import { findExpired } from './receive.ts';

const NAME = /^[A-Za-z0-9_-]{1,80}$/;
const PAGE = { min: 1, max: 1000 };
const MAX_TAGS = 50;

export const createQueueOperation: Operation = async (context, input, { origin }) => {
  const name = requireString(input, 'QueueName');
  const attributes = stringMap(input, 'Attributes');
  const present = context.store.queues.get(name);
  if (present) {
    const different = findDifference(present, attributes);
    if (different !== undefined)
      throw sqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${different}: ${name}`,
      );
    await context.commit();
  } else await putQueue(context, name, attributes, stringMap(input, 'Tags'));
  return { QueueUrl: queueUrl(origin, name) };
};

/** Creates the queue, or sets these attributes on the one that is there. */
export async function putQueue(
  context: SqsContext,
  name: string,
  attributes: Readonly<Record<string, string>>,
  tags: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (name.endsWith('.fifo'))
    throw sqsError('NotImplemented', `QueueName=${name}: FIFO queues are not emulated, only standard ones.`);
  if (!NAME.test(name))
    throw invalidValue(
      'QueueName',
      name,
      'Can only include 1 to 80 alphanumeric characters, hyphens, or underscores',
    );
  const queue = context.store.queues.get(name);
  const at = context.now();
  await context.commit({
    t: 'queue',
    queue: name,
    attributes: mergeAttributes(context.store, queue?.attributes ?? {}, attributes),
    tags: { ...queue?.tags, ...tags },
    createdAt: queue?.createdAt ?? at,
    modifiedAt: at,
  });
}

export const getQueueUrl: Operation = async ({ store }, input, { origin }) => {
  const name = requireString(input, 'QueueName');
  if (!store.queues.has(name)) throw queueMissing(name);
  return { QueueUrl: queueUrl(origin, name) };
};

export const listQueues: Operation = async ({ store }, input, call) => {
  const prefix = optionalString(input, 'QueueNamePrefix') ?? '';
  const names = [...store.queues.keys()].filter((name) => name.startsWith(prefix));
  const { page, NextToken } = pageOf(names, input, call);
  return { QueueUrls: page, NextToken };
};

export const listDeadLetterSourceQueues: Operation = async (context, input, call) => {
  const { arn } = queueOfInput(context, input);
  const names = sourcesOf(context, arn).map((queue) => queue.name);
  const { page, NextToken } = pageOf(names, input, call);
  return { queueUrls: page, NextToken };
};

/** Queues whose dead letters go to `arn`. */
export function sourcesOf({ store }: SqsContext, arn: string): Queue[] {
  return [...store.queues.values()].filter((queue) => redrivePolicyOf(queue)?.deadLetterTargetArn === arn);
}

export const deleteQueue: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  await context.commit({ t: 'drop', queue: queue.name });
  return undefined;
};

export const purgeQueue: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  await context.commit({ t: 'purge', queue: queue.name });
  return undefined;
};

export const getQueueAttributes: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  refreshQueue(queue, context.now());
  await context.commit(...findExpired(queue, context.now()));
  return { Attributes: describeQueue(queue, stringList(input, 'AttributeNames')) };
};

export const setQueueAttributes: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  await putQueue(context, queue.name, stringMap(input, 'Attributes'));
  return undefined;
};

export const listQueueTags: Operation = async (context, input) => ({
  Tags: queueOfInput(context, input).tags,
});

export const tagQueue: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  const tags = { ...queue.tags, ...stringMap(input, 'Tags') };
  const count = Object.keys(tags).length;
  if (count > MAX_TAGS) throw invalidValue('Tags', count, `A queue has at most ${MAX_TAGS} tags.`);
  await setTags(context, queue, tags);
  return undefined;
};

export const untagQueue: Operation = async (context, input) => {
  const queue = queueOfInput(context, input);
  const gone = stringList(input, 'TagKeys');
  await setTags(
    context,
    queue,
    Object.fromEntries(Object.entries(queue.tags).filter(([key]) => !gone.includes(key))),
  );
  return undefined;
};

function setTags(context: SqsContext, queue: Queue, tags: Readonly<Record<string, string>>): Promise<void> {
  const { name, attributes, createdAt, modifiedAt } = queue;
  return context.commit({ t: 'queue', queue: name, attributes, tags, createdAt, modifiedAt });
}

/** At most MaxResults URLs after the queue that NextToken names; the token is only given where MaxResults was. */
function pageOf(
  names: readonly string[],
  input: Readonly<Record<string, unknown>>,
  { origin }: CallContext,
): { page: string[]; NextToken: string | undefined } {
  const max = optionalInteger(input, 'MaxResults', PAGE);
  const after = Buffer.from(optionalString(input, 'NextToken') ?? '', 'base64').toString();
  const rest = [...names].sort().filter((name) => name > after);
  const page = rest.slice(0, max ?? PAGE.max);
  const last = page.at(-1);
  const NextToken =
    max !== undefined && rest.length > page.length && last !== undefined
      ? Buffer.from(last).toString('base64')
      : undefined;
  return { page: page.map((name) => queueUrl(origin, name)), NextToken };
}
