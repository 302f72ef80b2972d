/** Our own side of the comparison, and what a fit of any side hands on. */
import { parseNeuralParams } from '../../lib/models/kinds/neural/params.ts';
import { getModel } from '../../lib/models/registry.ts';
import type { DetectorRun } from '../quality/run-detector.ts';

export const KIND = 'lstm-autoencoder';

/** What a study changes of the defaults. */
export type Settings = Readonly<
  Partial<Record<'sequenceLength' | 'hidden' | 'maxSequences' | 'epochs', number>>
>;

export interface Scored {
  /** Held back, at the best epoch. */
  readonly loss: number;
  /** Of training, in the first epoch. */
  readonly firstLoss: number;
  /** Of the test's rows; NaN where a row has no score. */
  readonly scores: Float64Array;
}

export interface Epoch {
  readonly loss: number;
  readonly validationLoss?: number | undefined;
}

export async function scoreOurs(
  { train, test }: DetectorRun,
  seed: number,
  settings: Settings,
): Promise<Scored> {
  const model = await getModel(KIND);
  const deadline = { remaining: () => Number.POSITIVE_INFINITY };
  const fitted = await model.fit(train, parseNeuralParams(KIND, settings), { seed, deadline });
  return { ...readHistory(fitted.summary.history?.epochs ?? []), scores: await fitted.score(test) };
}

/** @throws RangeError where nothing was trained, or nothing held back */
export function readHistory(epochs: readonly Epoch[]): Pick<Scored, 'loss' | 'firstLoss'> {
  const loss = Math.min(...epochs.map(({ validationLoss = NaN }) => validationLoss));
  const firstLoss = epochs[0]?.loss;
  if (firstLoss === undefined || Number.isNaN(loss))
    throw new RangeError(`${epochs.length} epochs, the best of them at ${loss}`);
  return { loss, firstLoss };
}
