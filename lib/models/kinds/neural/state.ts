/** A fitted network as plain data and back: its weights by their Keras names, and the layers that they belong to. */
import { isDeepStrictEqual } from 'node:util';
import type { NamedArray } from '../../../nn/contract.ts';
import type { JsonValue, ModelState } from '../../framework/contract.ts';
import {
  badState,
  checkFormat,
  readNames,
  readSettings,
  readStoredNumber,
  takeArray,
} from '../../framework/state-values.ts';
import { type Architecture, buildSpec, type Task } from './architecture.ts';
import { describeLayers } from './layers-model.ts';
import type { FittedNetwork } from './network.ts';
import { NEURAL_LIMITS, type NeuralKind } from './params.ts';

const NETWORK_FORMAT_VERSION = 1;

export function saveNetwork(fitted: FittedNetwork): ModelState {
  const { architecture, columns, step, normalizer, profile, weights, build } = fitted;
  const { kind, task, sequenceLength, hidden, layers, dropout } = architecture;
  const described = describeLayers(buildSpec(architecture));
  const byEngineName = new Map(weights.map(({ name, values }) => [name, values]));
  return {
    kind,
    formatVersion: NETWORK_FORMAT_VERSION,
    json: { columns, step, task, sequenceLength, hidden, layers, dropout, build },
    arrays: {
      'normalizer/means': normalizer.means.slice(),
      'normalizer/deviations': normalizer.deviations.slice(),
      ...(profile !== undefined && {
        'errors/scales': profile.scales.slice(),
        'errors/lows': profile.lows.slice(),
        'errors/highs': profile.highs.slice(),
      }),
      ...Object.fromEntries(
        described.weights.map(({ name, engineName }) => [name, byEngineName.get(engineName)!.slice()]),
      ),
    },
    layersModel: {
      topology: described.topology,
      weights: described.weights.map(({ name, shape }) => ({ name, shape })),
    },
  };
}

/** @throws ArtifactError */
export function loadNetwork(kind: NeuralKind, state: ModelState): FittedNetwork {
  checkFormat(state, { kind, versions: [NETWORK_FORMAT_VERSION] });
  const settings = readSettings(state);
  const columns = readNames(kind, settings['columns'], 'columns');
  if (columns.length === 0) throw badState(kind, 'columns are an empty list');
  const architecture = readArchitecture(kind, settings, columns.length);
  const { build } = settings;
  if (build !== 'fused' && build !== 'plain')
    throw badState(kind, `build is ${JSON.stringify(build)}, neither fused nor plain`);
  const described = describeLayers(buildSpec(architecture));
  const layersModel = {
    topology: described.topology,
    weights: described.weights.map(({ name, shape }) => ({ name, shape })),
  };
  if (!isDeepStrictEqual(state.layersModel, layersModel))
    throw badState(kind, 'its layers are not those of its settings');
  return {
    architecture,
    columns,
    step: readStoredNumber(kind, settings['step'], { name: 'step', min: 1, max: Number.MAX_SAFE_INTEGER }),
    normalizer: {
      means: takeNumbers(state, 'normalizer/means', columns, { missing: true }),
      deviations: takeNumbers(state, 'normalizer/deviations', columns, { positive: true }),
    },
    profile:
      architecture.task === 'classifier'
        ? undefined
        : {
            scales: takeNumbers(state, 'errors/scales', columns, { missing: true, positive: true }),
            lows: takeNumbers(state, 'errors/lows', columns, { missing: true }),
            highs: takeNumbers(state, 'errors/highs', columns, { missing: true }),
          },
    weights: described.weights.map(({ name, engineName, shape }): NamedArray => {
      const values = takeArray(
        state,
        name,
        Float32Array,
        shape.reduce((product, size) => product * size, 1),
      );
      const at = values.findIndex((value) => !Number.isFinite(value));
      if (at >= 0) throw badState(kind, `array ${name} holds ${values[at]} at ${at}`);
      return { name: engineName, shape, values };
    }),
    build,
  };
}

function readArchitecture(
  kind: NeuralKind,
  settings: { readonly [key: string]: JsonValue | undefined },
  features: number,
): Architecture {
  const read = (name: 'sequenceLength' | 'hidden' | 'layers' | 'dropout'): number =>
    readStoredNumber(kind, settings[name], { ...NEURAL_LIMITS[name], name, whole: name !== 'dropout' });
  return {
    kind,
    task: readTask(kind, settings['task']),
    features,
    sequenceLength: read('sequenceLength'),
    hidden: read('hidden'),
    layers: read('layers'),
    dropout: read('dropout'),
  };
}

function readTask(kind: NeuralKind, task: JsonValue | undefined): Task {
  const tasks: readonly Task[] = kind === 'lstm-autoencoder' ? ['autoencoder'] : ['forecaster', 'classifier'];
  const found = tasks.find((each) => each === task);
  if (found === undefined)
    throw badState(kind, `task is ${JSON.stringify(task)}, none of ${tasks.join(', ')}`);
  return found;
}

function takeNumbers(
  state: ModelState,
  name: string,
  columns: readonly string[],
  { missing = false, positive = false }: { readonly missing?: boolean; readonly positive?: boolean },
): Float32Array {
  const values = takeArray(state, name, Float32Array, columns.length);
  for (const [c, value] of values.entries()) {
    const fits = Number.isNaN(value) ? missing : Number.isFinite(value) && (!positive || value > 0);
    if (!fits) throw badState(state.kind, `array ${name} holds ${value} for column ${columns[c]}`);
  }
  return values;
}
