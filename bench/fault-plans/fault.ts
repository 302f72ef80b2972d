/** A plan of what goes wrong, as plain data: the same seed draws the same plan, and a plan without one of its faults is a plan. */
import { type Random, seedRandom } from '../../lib/maths/random.ts';

/** What a function asks of the world outside of it. */
export const OPERATIONS = [
  's3.get',
  's3.head',
  's3.list',
  's3.put',
  's3.copy',
  'sns.publish',
  'sqs.send',
  'prometheus.query',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/**
 * - `refused`: nothing happened, and the caller hears of it: 503, throttling, a full disk, an access that was denied
 * - `reset`: the connection ends before anything happened
 * - `lost-answer`: it happened, and the caller hears that the connection ended; of what only reads, a cut body
 * - `slow`: it takes `ms`, which may be longer than the function lives
 * - `killed-before`, `killed-after`: the function ends there, without a word
 */
const CALL_FAULTS = ['refused', 'reset', 'lost-answer', 'slow', 'killed-before', 'killed-after'] as const;

/** In the call of that operation that is the `nth` of the whole run, from 0, and in the `more` calls after it. */
export interface CallFault {
  readonly is: 'call';
  readonly operation: Operation;
  readonly nth: number;
  readonly kind: (typeof CALL_FAULTS)[number];
  readonly more: number;
  /** Of `slow`. */
  readonly ms: number;
}

/**
 * In the message that is the `nth` of the whole run: it comes `ms` late, so that later ones overtake it; or `copies` more
 * of it come, at the same time as the first one, each to a function of its own.
 */
export interface MessageFault {
  readonly is: 'message';
  readonly nth: number;
  readonly ms: number;
  readonly copies: number;
}

/** The clock of the function that is invoked as the `nth` of the whole run is wrong by `ms`. */
export interface ClockFault {
  readonly is: 'clock';
  readonly nth: number;
  readonly ms: number;
}

export type Fault = CallFault | MessageFault | ClockFault;

/** How often each thing happens in a run without faults: where a plan's faults can lie. */
export interface Occasions {
  readonly calls: Readonly<Record<Operation, number>>;
  readonly messages: number;
  readonly invocations: number;
}

/** Lambda's clocks keep to within milliseconds; a machine beside them may not. */
const LARGEST_SKEW = 5_000;
const MOST_FAULTS = 12;
/** Failures in a row: a service that is away for a while. */
const MOST_IN_A_ROW = 6;
/** Of slow calls in a row together: longer than the scoring function lives, and no next window comes due meanwhile. */
const SLOWEST = 180_000;
const LATEST_MESSAGE = 400_000;

export function drawPlan(seed: number, occasions: Occasions): readonly Fault[] {
  const random = seedRandom(seed);
  return Array.from({ length: 1 + random.nextBelow(MOST_FAULTS) }, () => drawFault(random, occasions));
}

function drawFault(random: Random, { calls, messages, invocations }: Occasions): Fault {
  const below = (limit: number): number => random.nextBelow(limit);
  const which = random.nextFloat();
  if (which < 0.15)
    return {
      is: 'message',
      nth: below(messages),
      ms: random.nextFloat() < 0.5 ? 0 : below(LATEST_MESSAGE),
      copies: below(3),
    };
  if (which < 0.25)
    return { is: 'clock', nth: below(invocations), ms: below(2 * LARGEST_SKEW) - LARGEST_SKEW };
  // Each as often, however many calls it has: writes and messages are where something can be lost.
  const called = OPERATIONS.filter((each) => calls[each] > 0);
  const operation = called[below(called.length)]!;
  const more = random.nextFloat() < 0.7 ? 0 : below(MOST_IN_A_ROW);
  return {
    is: 'call',
    operation,
    nth: below(calls[operation]),
    kind: CALL_FAULTS[below(CALL_FAULTS.length)]!,
    more,
    ms: Math.floor(below(SLOWEST) / (more + 1)),
  };
}

/** For people, and to be planned again by hand. */
export function describeFault(fault: Fault): string {
  if (fault.is === 'message') return `message ${fault.nth} +${fault.ms} ms, ${fault.copies} copies`;
  if (fault.is === 'clock') return `invocation ${fault.nth} has a clock of ${fault.ms} ms`;
  const { operation, nth, kind, more, ms } = fault;
  const times = more > 0 ? ` to ${nth + more}` : '';
  return `${operation} ${nth}${times} ${kind}${kind === 'slow' ? ` ${ms} ms` : ''}`;
}
