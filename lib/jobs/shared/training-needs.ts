/** What a training takes, told before it starts: measured once, rounded up. */
import { KIND_FACTS, type ModelKind } from '../../config/model-kind.ts';

/** What there is to train in. */
export interface Room {
  readonly memoryMb: number;
  /** Whole ones, and shares of one. */
  readonly processors: number;
  /** Seconds until it ends. */
  readonly seconds: number;
}

export interface TrainingNeeds {
  /** Rows × metrics. */
  readonly values: number;
  /** At the most. */
  readonly memoryMb: number;
  readonly seconds: number;
}

/** Seconds of a training, whatever its size. */
const BASE_SECONDS = 20;
/** MB of a process that holds nothing yet, and bytes for each value that it holds. */
export const TRAINING_MEMORY = { base: 400, value: 56 } as const;
/** A function has a whole processor with so many MB. */
const MB_OF_A_PROCESSOR = 1_769;

export function processorsOf(memoryMb: number): number {
  return memoryMb / MB_OF_A_PROCESSOR;
}

export function needsOfTraining(kind: ModelKind, values: number, processors: number): TrainingNeeds {
  return {
    values,
    memoryMb: TRAINING_MEMORY.base + (values * TRAINING_MEMORY.value) / 2 ** 20,
    seconds: BASE_SECONDS + ((values / 1e6) * KIND_FACTS[kind].trainsIn) / processors,
  };
}

/** For people: `51.6 million values, 3,156 MB and 142 s`. */
export function sayNeeds({ values, memoryMb, seconds }: TrainingNeeds): string {
  return `${sayValues(values)}, ${sayMb(memoryMb)} and ${saySeconds(seconds)}`;
}

export function sayValues(count: number): string {
  return count < 1e6
    ? `${Math.round(count / 1000)} thousand values`
    : `${(count / 1e6).toFixed(1)} million values`;
}

export function sayMb(mb: number): string {
  return `${Math.round(mb).toLocaleString('en')} MB`;
}

export function saySeconds(seconds: number): string {
  return `${Math.round(seconds)} s`;
}
