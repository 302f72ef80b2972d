import { RetryLaterError } from '../../base/errors.ts';
import type { FitRun } from './contract.ts';

/** Between two steps of a fit that leaves nothing behind. @throws RetryLaterError where no time is left */
export function checkDeadline({ deadline }: Pick<FitRun, 'deadline'>): void {
  if (deadline.remaining() <= 0)
    throw new RetryLaterError('deadline', 'the fit stopped before its end: 0 ms of its time are left');
}
