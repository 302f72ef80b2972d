/** When a training has to stop, told from the deadline alone. */
import type { Deadline } from '../contract.ts';

/** What comes after a training (scores of all its rows, the report, the upload) needs time too. */
const RESERVE = 60_000;
/** Of a short run, the share of its time that is left for that. */
const RESERVE_SHARE = 0.2;

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
  let before = atStart;
  let longest = 0;
  let last = atStart;
  return {
    isOver: () => {
      const left = deadline.remaining();
      if (turns > 0 && left !== Infinity) longest = Math.max(longest, before - left);
      before = left;
      last = left;
      return turns++ > 0 && left - longest < reserve;
    },
    meanTurn: () => (turns < 2 || last === Infinity ? 0 : (atStart - last) / (turns - 1)),
  };
}
