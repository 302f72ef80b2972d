/** Whether a training fits where it would run, decided before it starts. */
import { learnsBySteps, type ModelKind } from '../../config/model-kind.ts';
import {
  needsOfTraining,
  type Room,
  sayMb,
  sayNeeds,
  saySeconds,
  type TrainingNeeds,
} from '../shared/training-needs.ts';

export type Judgement =
  | { readonly place: 'function' | 'job'; readonly needs: TrainingNeeds }
  | { readonly place: 'nowhere'; readonly needs: TrainingNeeds; readonly reason: string };

/**
 * A training that seems to take up to this many times the function's room is still tried there, if there are no jobs: the
 * estimate is rounded up, and a training that failed twice is set aside. If there are jobs, a job does it at once.
 */
const TRIED_UP_TO = 1.5;
const OTHERWISE = 'a shorter training.lookback, a longer step or fewer entities in a detector';

export function judgeTraining(given: {
  readonly detector: string;
  readonly kind: ModelKind;
  /** Rows × metrics. */
  readonly values: number;
  readonly room: Room;
  /** Undefined: there are no jobs. */
  readonly jobRoom: Room | undefined;
  /** Whether it ended the function before, whatever it was thought to take. */
  readonly isKiller: boolean;
}): Judgement {
  const { detector, kind, values, room, jobRoom, isKiller } = given;
  const needs = needsOfTraining(kind, values, room.processors);
  const tolerated = jobRoom === undefined ? TRIED_UP_TO : 1;
  if (fits(kind, needs, room, tolerated) && !(isKiller && jobRoom !== undefined))
    return { place: 'function', needs };
  const has = `the function has ${sayRoom(room)}`;
  const takes = `a training of ${detector} takes about ${sayNeeds(needs)}`;
  if (jobRoom === undefined)
    return {
      place: 'nowhere',
      needs,
      reason: `${takes}, and ${has}: deploy with --param=batch=on to have it trained in a container, or set ${OTHERWISE}`,
    };
  const there = needsOfTraining(kind, values, jobRoom.processors);
  if (fits(kind, there, jobRoom, 1)) return { place: 'job', needs: there };
  return {
    place: 'nowhere',
    needs: there,
    reason: `${takes}, ${has}, and a container ${sayRoom(jobRoom)}: a larger --param=batchMemory, or ${OTHERWISE}`,
  };
}

/** A network goes on in another run, so that its time is no limit. */
function fits(kind: ModelKind, needs: TrainingNeeds, room: Room, tolerated: number): boolean {
  return (
    needs.memoryMb <= tolerated * room.memoryMb &&
    (learnsBySteps(kind) || needs.seconds <= tolerated * room.seconds)
  );
}

function sayRoom({ memoryMb, seconds }: Room): string {
  return `${sayMb(memoryMb)} and ${saySeconds(seconds)}`;
}
