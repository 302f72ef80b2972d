/** Redrive: a task that moves the messages of a dead-letter queue back to where they came from, or elsewhere. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Operation, queueOfArn, type SqsContext } from './context.ts';
import { invalidValue, sqsError } from './errors.ts';
import { type Input, optionalInteger, optionalString, requireString } from './input.ts';
import { type Queue, refreshQueue, type StoredMessage } from './queue.ts';
import { sourcesOf } from './queue-operations.ts';
import { type MoveTask, type QueueEntry, queueByArn } from './store.ts';

const RATE = { min: 1, max: 500 };
const RESULTS = { min: 1, max: 10 };
/** Messages that one entry group moves where no rate is set. */
const GROUP = 100;

export const startMessageMoveTask: Operation = async (context, input) => {
  const source = sourceOf(context, input);
  const destination = optionalString(input, 'DestinationArn');
  const perSecond = optionalInteger(input, 'MaxNumberOfMessagesPerSecond', RATE);
  if (sourcesOf(context, source.arn).length === 0)
    throw invalidValue('SourceArn', source.arn, 'Source queue must be configured as a Dead Letter Queue.');
  if (destination !== undefined && queueByArn(context.store, destination) === undefined)
    throw sqsError(
      'ResourceNotFoundException',
      `The resource that DestinationArn names does not exist: ${destination}`,
    );
  if (destination === source.arn)
    throw invalidValue('DestinationArn', destination, 'It must differ from SourceArn.');
  if (tasksOf(context, source.arn).some((task) => task.status === 'RUNNING'))
    throw sqsError(
      'UnsupportedOperation',
      `There is already a task running. Only one active task is allowed for a source queue arn at a given time: ${source.arn}`,
    );
  refreshQueue(source, context.now());
  const task: MoveTask = {
    handle: randomUUID(),
    source: source.arn,
    destination,
    perSecond,
    startedAt: context.now(),
    toMove: source.visible.size,
    moved: 0,
    status: 'RUNNING',
    failure: undefined,
  };
  await context.commit({ t: 'task', task });
  runTask(context, task.handle);
  return { TaskHandle: task.handle };
};

export const cancelMessageMoveTask: Operation = async (context, input) => {
  const handle = requireString(input, 'TaskHandle');
  const task = context.store.tasks.get(handle);
  if (task === undefined)
    throw sqsError('ResourceNotFoundException', `No message move task has the handle ${handle}.`);
  if (task.status !== 'RUNNING')
    throw sqsError('UnsupportedOperation', `The message move task ${handle} is ${task.status}, not RUNNING.`);
  await context.commit({ t: 'task', task: { ...task, status: 'CANCELLED' } });
  return { ApproximateNumberOfMessagesMoved: task.moved };
};

/** Newest first. */
export const listMessageMoveTasks: Operation = async (context, input) => {
  const source = sourceOf(context, input);
  const max = optionalInteger(input, 'MaxResults', RESULTS) ?? 1;
  const tasks = tasksOf(context, source.arn).reverse().slice(0, max);
  return {
    Results: tasks.map((task) => ({
      TaskHandle: task.status === 'RUNNING' ? task.handle : undefined,
      Status: task.status,
      SourceArn: task.source,
      DestinationArn: task.destination,
      MaxNumberOfMessagesPerSecond: task.perSecond,
      ApproximateNumberOfMessagesMoved: task.moved,
      ApproximateNumberOfMessagesToMove: task.toMove,
      FailureReason: task.failure,
      StartedTimestamp: task.startedAt,
    })),
  };
};

/** Goes on with the tasks that a restart interrupted. */
export function resumeTasks(context: SqsContext): void {
  for (const task of context.store.tasks.values())
    if (task.status === 'RUNNING') runTask(context, task.handle);
}

function runTask(context: SqsContext, handle: string): void {
  moveMessages(context, handle).catch((error: unknown) => {
    context.log(`sqs: message move task ${handle} stopped: ${error}`);
  });
}

/** Moves what was visible at the start. A message and the task's count change in one write of the journal. */
async function moveMessages(context: SqsContext, handle: string): Promise<void> {
  for (;;) {
    const task = context.store.tasks.get(handle);
    if (task?.status !== 'RUNNING' || context.closing.aborted) return;
    const source = queueByArn(context.store, task.source);
    if (source) refreshQueue(source, context.now());
    const left = Math.min(task.toMove - task.moved, source?.visible.size ?? 0);
    if (source === undefined || left <= 0) {
      await context.commit({ t: 'task', task: { ...task, status: 'COMPLETED' } });
      return;
    }
    const group = [...source.visible.values()].slice(0, Math.min(left, task.perSecond ?? GROUP));
    const moves = group.map((message) => draftMove(context, source, message, task.destination));
    const stuck = moves.indexOf(undefined);
    const done = moves.slice(0, stuck < 0 ? moves.length : stuck).filter((move) => move !== undefined);
    const failure = stuck < 0 ? undefined : `Message ${group[stuck]?.id} has no source queue to return to.`;
    await context.commit(...done, {
      t: 'task',
      task: { ...task, moved: task.moved + done.length, status: failure ? 'FAILED' : 'RUNNING', failure },
    });
    if (task.perSecond !== undefined)
      await sleep(1000, undefined, { signal: context.closing }).catch(() => undefined);
  }
}

/** A redriven message is a new one: its id, age and receive count start afresh. */
function draftMove(
  context: SqsContext,
  source: Queue,
  message: StoredMessage,
  destination: string | undefined,
): QueueEntry | undefined {
  const target = queueByArn(context.store, destination ?? message.source ?? '');
  if (target === undefined) return undefined;
  const at = context.now();
  const as = { id: randomUUID(), sentAt: at, visibleAt: at, source: undefined };
  return { t: 'move', queue: source.name, id: message.id, to: target.name, as };
}

function sourceOf(context: SqsContext, input: Input): Queue {
  const arn = requireString(input, 'SourceArn');
  try {
    return queueOfArn(context, arn);
  } catch {
    throw sqsError('ResourceNotFoundException', `The resource that SourceArn names does not exist: ${arn}`);
  }
}

function tasksOf({ store }: SqsContext, source: string): MoveTask[] {
  return [...store.tasks.values()].filter((task) => task.source === source);
}
