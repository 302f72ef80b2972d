/**
 * The layers of each kind. LSTMs lie one above the other; between two of them, and nowhere else, outputs are dropped in
 * training, as PyTorch's nn.LSTM does.
 */
import type { LayerSpec, NetworkSpec } from '../../../nn/contract.ts';
import type { NeuralKind } from './params.ts';

/**
 * What a network is trained for: to give back its own sequence, to say the row after it, or to tell a labelled last
 * row from any other.
 */
export type Task = 'autoencoder' | 'forecaster' | 'classifier';

export interface Architecture {
  readonly kind: NeuralKind;
  readonly task: Task;
  /** Columns. */
  readonly features: number;
  readonly sequenceLength: number;
  readonly hidden: number;
  readonly layers: number;
  /** Between two LSTMs, in training. */
  readonly dropout: number;
}

/** Rows that a sequence takes, the one it marks included. */
export function spanOf({ task, sequenceLength }: Pick<Architecture, 'task' | 'sequenceLength'>): number {
  return task === 'forecaster' ? sequenceLength + 1 : sequenceLength;
}

/**
 * @param options.logits a classifier that gives log-odds in place of probabilities, which round to 1 too early to rank by
 */
export function buildSpec(
  architecture: Architecture,
  { logits = false }: { readonly logits?: boolean } = {},
): NetworkSpec {
  const { task, sequenceLength: steps, features } = architecture;
  const isProbability = task === 'classifier' && !logits;
  return {
    steps,
    features,
    layers: [
      ...buildBody(architecture),
      {
        type: 'dense',
        units: task === 'classifier' ? 1 : features,
        activation: isProbability ? 'sigmoid' : 'linear',
      },
    ],
    loss: isProbability ? 'binary-crossentropy' : 'mse',
  };
}

function buildBody({ kind, sequenceLength, hidden, layers, dropout }: Architecture): readonly LayerSpec[] {
  const stack = (type: 'lstm' | 'bidirectional-lstm', lastReturnsSequences: boolean): LayerSpec[] =>
    Array.from({ length: layers }, (_, i): LayerSpec[] => {
      const last = i === layers - 1;
      const layer: LayerSpec = { type, units: hidden, returnSequences: !last || lastReturnsSequences };
      return last ? [layer] : [layer, { type: 'dropout', rate: dropout }];
    }).flat();
  switch (kind) {
    case 'lstm-autoencoder':
      return [...stack('lstm', false), { type: 'repeat', steps: sequenceLength }, ...stack('lstm', true)];
    case 'lstm':
      return stack('lstm', false);
    case 'bilstm':
      // Both directions lie within the rows before the one that a forecaster predicts.
      return stack('bidirectional-lstm', false);
    case 'attention':
      return [...stack('lstm', true), { type: 'attention' }];
    default:
      return kind satisfies never;
  }
}
