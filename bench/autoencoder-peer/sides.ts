/** The contenders: who fits, from which weights, and with which random numbers. */

export type Side = 'ours' | 'in-step' | 'as-ours' | 'as-it-comes';

export const SIDES: Readonly<Record<Side, string>> = {
  ours: 'ours',
  /** Our first weights, order and dropped elements: what differs is rounding. */
  'in-step': 'PyTorch, in step',
  /** What Keras and ours draw, by PyTorch's own random numbers; one bias for each gate. */
  'as-ours': 'PyTorch, drawn as ours',
  /** nn.LSTM and Adam as they come: other first weights, two biases for each gate, another ε. */
  'as-it-comes': 'PyTorch, as it comes',
};

export const SIDE_NAMES: readonly Side[] = Object.keys(SIDES) as Side[];

export interface Ranking {
  /** Mean squared error of the sequences that were held back, at the best epoch. */
  readonly loss: number;
  readonly vusPr: number;
  readonly averagePrecision: number;
}

/** One fit, scored. */
export interface Outcome extends Ranking {
  readonly set: string;
  readonly file: string;
  readonly seed: number;
  readonly side: Side;
  /** Mean loss of training in the first epoch, under dropout: comes out the same where two are in step. */
  readonly firstLoss: number;
}

export function ofSide(outcomes: readonly Outcome[], side: Side): readonly Outcome[] {
  return outcomes.filter((outcome) => outcome.side === side);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
