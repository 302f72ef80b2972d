/**
 * A deployment in this process's memory: bucket, queues with their dead letters, topic, receipts and functions, at a clock
 * of its own. What happens follows from the plan alone, so that a plan that fails does so again.
 *
 * The functions are the jobs behind functions/*.ts, with their batches, their lives and what becomes of a message whose
 * function fails or ends: it comes back once its visibility has run out, five times, and then lies among the dead letters.
 */
import type { Alert } from '../../lib/alert/alert.ts';
import type { Telemetry } from '../../lib/base/telemetry.ts';
import { DEFAULT_GROUPING, type GroupingPolicy } from '../../lib/config/grouping.ts';
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import type { JobContext, NotifyContext } from '../../lib/jobs/shared/context.ts';
import { listDetectors, loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { unitsOfDetector } from '../../lib/jobs/shared/units.ts';
import { trainIfDue, trainModel } from '../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { createQuerySource, type QueryRange } from '../../lib/source/query-source.ts';
import {
  NOTIFY_STATE_KEY,
  notificationKey,
  STATES_PREFIX,
  unitOfStateKey,
  unitOfWindowKey,
  WINDOWS_PREFIX,
} from '../../lib/store/keys.ts';
import { createMemoryObjectStore } from '../../lib/store/memory-object-store.ts';
import { markPublished } from '../../lib/store/notifications.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { ClockFault, Fault, MessageFault, Occasions } from './fault.ts';
import {
  CallFaults,
  type Clock,
  FaultyCalls,
  faultyPublish,
  faultyQueries,
  faultyStore,
  type Invocation,
} from './faulty-calls.ts';

type QueueName = 'score' | 'train' | 'notify' | 'receipt';
type RunContext = JobContext & NotifyContext;

interface Message {
  readonly queue: QueueName;
  /** Of `score`, `train` and `notify` a detector; of `score` also the key of a window that came, of `notify` also `WAKE`. */
  readonly body: string | Receipt;
  /** Epoch ms from which it can be received. */
  at: number;
  receives: number;
  /** A copy goes to a function of its own. */
  readonly isCopy: boolean;
}

interface Receipt {
  readonly alert: Alert;
  readonly messageId: string;
  readonly at: number;
}

/** What the topic took, in the order in which it did. */
export interface Published {
  readonly alert: Alert;
  readonly at: number;
  /** Whether the bucket said then that it had been published before. */
  readonly wasKnown: boolean;
}

/** Lives of the functions and what their queues give them, as serverless.yml and infra/aws/queues.yml have them; ms. */
const LIVES = {
  export: 300_000,
  train: 900_000,
  score: 120_000,
  notify: 60_000,
  receipt: 30_000,
} as const;
/** Longer than a claim lasts; the deployment's are longer still, which a run of many windows has no time for. */
const VISIBILITY: Readonly<Record<QueueName, number>> = {
  score: 130_000,
  train: 130_000,
  notify: 130_000,
  receipt: 40_000,
};
const BATCHES: Readonly<Record<QueueName, number>> = { score: 10, train: 1, notify: 10, receipt: 10 };
const WAKE = '';
/** Ms: the schedule of the notify function. */
const NOTIFY_EVERY = 60_000;
/** Who is told of with whom, and after how long, follows from when runs were: here nothing waits and nothing is joined. */
const GROUPING: GroupingPolicy = { ...DEFAULT_GROUPING, groupBy: [], groupWait: 0, groupInterval: 0 };
const MOST_RECEIVES = 5;
const EXPORT_RUN = 50_000;
/** Kept back for the runtime: functions/deadline.ts. */
const RESERVE = 2_000;
/** From an event to its function, ms. */
const DELIVERY = 1_000;
/** A function whose message comes back for ever. */
const MOST_INVOCATIONS = 2_000;

const SILENT: Telemetry = { info() {}, warn() {}, error() {}, count() {} };

/** How people are told of what belongs together. */
export interface Telling {
  readonly grouping: GroupingPolicy;
  /** Ms from one tick of the notify function to the next. */
  readonly tickEvery: number;
}

/**
 * By the defaults, but for a wait that is longer than any plan keeps a service from being scored: who is in the first message follows
 * from what belongs together, not from who was first. So it takes a tick to tell, and that need not come each minute.
 */
export const GROUPED: Telling = {
  grouping: { ...DEFAULT_GROUPING, groupWait: 12 * 3_600_000 },
  tickEvery: 1_800_000,
};

export class Cloud {
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly published: Published[] = [];
  readonly deadLetters: Message[] = [];
  readonly #queryRange: QueryRange;
  readonly #calls: CallFaults;
  readonly #messageFaults: readonly MessageFault[];
  readonly #clockFaults: readonly ClockFault[];
  #messages: Message[] = [];
  #sent = 0;
  #invocations = 0;
  /** Epoch ms. */
  #nextTick = 0;
  readonly #telling: Telling;

  constructor(given: {
    readonly start: number;
    readonly queryRange: QueryRange;
    readonly faults: readonly Fault[];
    readonly telling?: Telling | undefined;
  }) {
    this.clock = { now: given.start };
    this.#telling = given.telling ?? { grouping: GROUPING, tickEvery: NOTIFY_EVERY };
    this.#queryRange = given.queryRange;
    this.#calls = new CallFaults(given.faults);
    this.#messageFaults = given.faults.filter((fault) => fault.is === 'message');
    this.#clockFaults = given.faults.filter((fault) => fault.is === 'clock');
    const memory = createMemoryObjectStore({ now: () => this.clock.now });
    this.store = {
      ...memory,
      put: async (key, body, options) => {
        const written = await memory.put(key, body, options);
        if (key.startsWith(WINDOWS_PREFIX)) this.#sendEvent(key);
        return written;
      },
    };
  }

  occasions(): Occasions {
    return { calls: this.#calls.counts(), messages: this.#sent, invocations: this.#invocations };
  }

  /** The schedule of the export function. */
  async exportDue(): Promise<void> {
    await this.#invoke('export', async (context, calls) => {
      const queries = faultyQueries(this.#queryRange, calls, () => context.deadline.remaining());
      await exportDue(onlySource(createQuerySource('the service', queries)), context);
    });
  }

  /** The schedule of the training function. */
  async trainDue(): Promise<void> {
    await this.#invoke('train', async (context) => {
      for (const name of await listDetectors(context)) {
        const loaded = await loadDetector(context, name);
        for (const unit of unitsOfDetector(loaded))
          await trainIfDue(unit === name ? loaded : await loadDetector(context, unit), context).catch(
            keepKill,
          );
      }
    });
  }

  requestTraining(detector: string): void {
    this.#send('train', detector);
  }

  requestScoring(detector: string): void {
    this.#send('score', detector);
  }

  /**
   * Until no message is left but dead ones, and nothing that people were not told of.
   * @param given.withTicks false: what waits to be told goes on waiting
   */
  async drain({ withTicks = true }: { readonly withTicks?: boolean } = {}): Promise<void> {
    for (;;) {
      const dues = this.#messages.map(({ at }) => at);
      if (withTicks && (await this.#hasToTell())) dues.push(this.#nextTick);
      if (dues.length === 0) return;
      this.clock.now = Math.max(this.clock.now, Math.min(...dues));
      await this.deliverDue();
    }
  }

  /** What can be received by now, and the tick of the minute. Minutes that nothing happened in have none of their own. */
  async deliverDue(): Promise<void> {
    const due = this.#messages.filter(({ at }) => at <= this.clock.now);
    this.#messages = this.#messages.filter((message) => !due.includes(message));
    const batches: Message[][] = [];
    for (const queue of ['receipt', 'notify', 'train', 'score'] as const) {
      const own = due.filter((message) => message.queue === queue);
      batches.push(...own.filter(({ isCopy }) => isCopy).map((message) => [message]));
      const first = own.filter(({ isCopy }) => !isCopy);
      for (let at = 0; at < first.length; at += BATCHES[queue])
        batches.push(first.slice(at, at + BATCHES[queue]));
    }
    const isTick = this.clock.now >= this.#nextTick;
    if (isTick)
      this.#nextTick = (Math.floor(this.clock.now / this.#telling.tickEvery) + 1) * this.#telling.tickEvery;
    await Promise.all([
      ...batches.map((batch) => this.#handle(batch)),
      ...(isTick ? [this.#invoke('notify', async (context) => void (await notify(context, [])))] : []),
    ]);
  }

  /** What people do once the alarm of a dead-letter queue has told them, and what was wrong is over. */
  redrive(): void {
    for (const message of this.deadLetters.splice(0))
      this.#messages.push({ ...message, at: this.clock.now, receives: 0 });
  }

  async #handle(batch: readonly Message[]): Promise<void> {
    const { queue } = batch[0]!;
    const failed = new Set<Message>(batch);
    await this.#invoke(queue, async (context) => {
      if (queue === 'notify') {
        const bodies = new Set(batch.map(({ body }) => String(body)).filter((body) => body !== WAKE));
        await notify(context, [...bodies]);
        return failed.clear();
      }
      for (const [subject, messages] of Map.groupBy(batch, ({ body }) => subjectOf(body))) {
        try {
          await this.#work(queue, subject, { context, bodies: messages.map(({ body }) => body) });
          for (const message of messages) failed.delete(message);
        } catch (error) {
          keepKill(error);
        }
      }
    });
    for (const message of failed) {
      message.receives++;
      message.at = this.clock.now + VISIBILITY[queue];
      (message.receives >= MOST_RECEIVES ? this.deadLetters : this.#messages).push(message);
    }
  }

  async #work(
    queue: QueueName,
    subject: Message['body'],
    { context, bodies }: { readonly context: RunContext; readonly bodies: readonly Message['body'][] },
  ): Promise<void> {
    if (typeof subject !== 'string')
      return markPublished(context.store, subject.alert, { messageId: subject.messageId, at: subject.at });
    const loaded = await loadDetector(context, subject);
    const keys = bodies.map(String);
    const arrived = keys.every((key) => key.startsWith(WINDOWS_PREFIX)) ? keys : undefined;
    if (queue === 'train') await trainModel(loaded, context);
    else await scoreWindows(loaded, context, { arrived });
  }

  async #invoke(
    name: keyof typeof LIVES,
    work: (context: RunContext, calls: FaultyCalls) => Promise<void>,
  ): Promise<void> {
    const nth = this.#invocations++;
    if (nth > MOST_INVOCATIONS) throw new Error(`more than ${MOST_INVOCATIONS} invocations: this never ends`);
    const skew = this.#clockFaults.find((fault) => fault.nth === nth)?.ms ?? 0;
    const invocation: Invocation = { end: this.clock.now + LIVES[name], isDead: false };
    const calls = new FaultyCalls(invocation, this.clock, this.#calls);
    const end = name === 'export' ? this.clock.now + EXPORT_RUN : invocation.end - RESERVE;
    const send = (queue: QueueName) => (detector: string) =>
      calls.make('sqs.send', async () => this.#send(queue, detector));
    const context: RunContext = {
      store: faultyStore(this.store, calls),
      publisher: { publish: faultyPublish((alert) => this.#publish(alert), calls) },
      queue: {
        requestScoring: send('score'),
        requestTraining: send('train'),
        requestNotifying: send('notify'),
      },
      grouping: this.#telling.grouping,
      wakeIn: (ms) => calls.make('sqs.send', async () => this.#send('notify', WAKE, ms)),
      telemetry: SILENT,
      now: () => this.clock.now + skew,
      deadline: { remaining: () => end - this.clock.now },
      withoutReports: true,
      // Everything of a page but its drawing: what it asks of the bucket can fail as all else can.
      renderPage: ({ incidentId }) => incidentId,
    };
    try {
      await work(context, calls);
    } catch {
      // As the platform does: what was asked for on a schedule is asked for again.
    }
  }

  async #publish(alert: Alert): Promise<string> {
    const messageId = `message-${this.published.length}`;
    const key = notificationKey(alert.incidentId, alert.notificationId);
    const claim = new TextDecoder().decode((await this.store.get(key)).body);
    this.published.push({ alert, at: this.clock.now, wasKnown: claim.includes('"published"') });
    this.#send('receipt', { alert, messageId, at: this.clock.now });
    return messageId;
  }

  /** Whether something is decided, or over, that people were not told of. */
  async #hasToTell(): Promise<boolean> {
    for await (const { key } of this.store.list(STATES_PREFIX)) {
      if (key !== NOTIFY_STATE_KEY && unitOfStateKey(key) === undefined) continue;
      const { outbox = [], incidents } = parseStored((await this.store.get(key)).body);
      if (outbox.length > 0) return true;
      const open = incidents?.incidents ?? [];
      if (open.some(({ status, overSince }) => status === 'waiting' || (status === 'told' && overSince)))
        return true;
    }
    return false;
  }

  #sendEvent(key: string): void {
    if (unitOfWindowKey(key) !== undefined) this.#send('score', key);
  }

  #send(queue: QueueName, body: Message['body'], delay: number = DELIVERY): void {
    const nth = this.#sent++;
    const fault = this.#messageFaults.find((each) => each.nth === nth);
    const at = this.clock.now + delay + (fault?.ms ?? 0);
    for (let copy = 0; copy <= (fault?.copies ?? 0); copy++)
      this.#messages.push({ queue, body, at, receives: 0, isCopy: copy > 0 });
  }
}

/** A detector for all of its messages; a receipt by itself. */
function subjectOf(body: Message['body']): Message['body'] {
  return typeof body === 'string' ? (unitOfWindowKey(body) ?? body) : body;
}

/** One detector that fails does not keep the others waiting; a function that ended does nothing more. */
function keepKill(error: unknown): void {
  if (error instanceof Error && error.name === 'KilledError') throw error;
}

interface Stored {
  readonly outbox?: readonly unknown[];
  readonly incidents?: {
    readonly incidents: readonly { readonly status: string; readonly overSince?: number }[];
  };
}

/** A poisoned one tells nothing. */
function parseStored(body: Uint8Array): Stored {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as Stored;
  } catch {
    return {};
  }
}
