import type { Context } from 'aws-lambda';
import type { Deadline } from '../lib/models/framework/contract.ts';

/** Kept back for the runtime itself to answer, ms. */
const RESERVE = 2_000;

/**
 * The time that the invocation has left.
 * @param atMost ms from now, where the invocation should end sooner than it has to
 */
export function createDeadline(context: Context, atMost: number = Infinity): Deadline {
  const started = context.getRemainingTimeInMillis();
  const spare = Math.max(RESERVE, started - atMost);
  return { remaining: () => context.getRemainingTimeInMillis() - spare };
}
