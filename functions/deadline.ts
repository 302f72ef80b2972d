import type { Context } from 'aws-lambda';
import type { Deadline } from '../lib/models/contract.ts';

/** Kept back for the runtime itself to answer, ms. */
const RESERVE = 2_000;

/** The time that the invocation has left. */
export function createDeadline(context: Context): Deadline {
  return { remaining: () => context.getRemainingTimeInMillis() - RESERVE };
}
