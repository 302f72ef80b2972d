/** When a training has to stop, told from the deadline alone. */
import type { Deadline } from '../../framework/contract.ts';

/** Ms to leave a checkpoint in: a few MB to the bucket. */
const RESERVE = 2000;
/** Of a short run, the share of its time that is left for that. */
const RESERVE_SHARE = 0.1;

export interface Stopwatch {
  /**
   * Asked before each turn; whether another one might not fit any more. Never before the first: a run that makes no turn
   * at all would be repeated for ever.
   */
  isOver(): boolean;
  /** Ms; 0 before the second turn, and where there is no deadline. */
  meanTurn(): number;
}

export function createStopwatch(deadline: Deadline): Stopwatch {
  const atStart = deadline.remaining();
  const reserve = Math.min(RESERVE, atStart * RESERVE_SHARE);
  let turns = 0;
  /** Ms left before the first turn and before the last one asked for. */
  let first = atStart;
  let last = atStart;
  let longest = 0;
  return {
    isOver: () => {
      const left = deadline.remaining();
      if (turns === 0) first = left;
      else if (left !== Infinity) longest = Math.max(longest, last - left);
      last = left;
      return turns++ > 0 && left - longest < reserve;
    },
    meanTurn: () => (turns < 2 || last === Infinity ? 0 : (first - last) / (turns - 1)),
  };
}
