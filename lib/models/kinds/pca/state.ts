/** A fitted model as plain data and back. What comes back is checked, so that a damaged artifact can't be scored with. */
import type { ModelState } from '../../framework/contract.ts';
import {
  badState,
  checkFormat,
  readNames,
  readSettings,
  readStoredNumber,
  takeArray,
} from '../../framework/state-values.ts';
import { ROBUST_KNEE, sortColumns } from './coordinates.ts';
import { NOISE_FLOOR_LIMITS, WINDOW_LIMITS } from './params.ts';
import type { Pca } from './pca.ts';

const PCA_FORMAT_VERSION = 1;
const KIND = 'pca';

export function savePca({
  coordinates,
  window,
  components,
  isRobust,
  noiseFloor,
  taken,
  available,
}: Pca): ModelState {
  const { columns, entities, centers, above, below } = coordinates.baselines;
  const { vectors, variances, usual, mean } = components;
  return {
    kind: KIND,
    formatVersion: PCA_FORMAT_VERSION,
    json: { columns, entities, window, robust: isRobust, noiseFloor, taken, available },
    arrays: {
      centers: centers.slice(),
      above: above.slice(),
      below: below.slice(),
      vectors: vectors.slice(),
      variances: variances.slice(),
      usual: usual.slice(),
      mean: mean.slice(),
    },
  };
}

/** @throws ArtifactError */
export function loadPca(state: ModelState): Pca {
  checkFormat(state, { kind: KIND, versions: [PCA_FORMAT_VERSION] });
  const settings = readSettings(state);
  const columns = readNames(KIND, settings.columns, 'columns');
  if (columns.length === 0) throw badState(KIND, 'columns are [], at least 1');
  const entities = readNames(KIND, settings.entities, 'entities');
  const length = (1 + entities.length) * columns.length;
  const number = (
    name: string,
    limits: { readonly min: number; readonly max: number; readonly whole?: boolean },
  ): number => readStoredNumber(KIND, settings[name], { name, ...limits });
  if (typeof settings.robust !== 'boolean')
    throw badState(KIND, `robust is ${JSON.stringify(settings.robust)}, not true or false`);
  const baselines = {
    columns,
    entities,
    largest: 1,
    centers: takeArray(state, 'centers', Float64Array, length),
    above: takeArray(state, 'above', Float64Array, length),
    below: takeArray(state, 'below', Float64Array, length),
  };
  checkBaselines(baselines);
  const window = number('window', WINDOW_LIMITS);
  const kinds = sortColumns(baselines);
  const size = kinds.varying.length * window;
  const components = {
    vectors: takeArray(state, 'vectors', Float64Array, size * size),
    variances: takeArray(state, 'variances', Float64Array, size),
    usual: takeArray(state, 'usual', Float64Array, size),
    mean: takeArray(state, 'mean', Float64Array, size),
  };
  checkComponents(components);
  return {
    coordinates: { baselines, knee: settings.robust ? ROBUST_KNEE : Infinity, ...kinds },
    window,
    components,
    isRobust: settings.robust,
    noiseFloor: number('noiseFloor', { ...NOISE_FLOOR_LIMITS, whole: false }),
    taken: number('taken', { min: 2, max: Number.MAX_SAFE_INTEGER }),
    available: number('available', { min: 2, max: Number.MAX_SAFE_INTEGER }),
  };
}

/** The pooled baselines come first. A column that they do not have, no entity has; one that is constant there is constant in each. */
function checkBaselines({ columns, centers, above, below }: Pca['coordinates']['baselines']): void {
  for (const [i, center] of centers.entries()) {
    const [up, down] = [above[i]!, below[i]!];
    const isUnmeasured = [center, up, down].every(Number.isNaN);
    const isNumber = [center, up, down].every(Number.isFinite) && up >= 0 && down >= 0;
    if (!(isUnmeasured || (isNumber && (up === 0) === (down === 0))))
      throw badState(
        KIND,
        `column ${columns[i % columns.length]} has center ${center}, scales ${up} and ${down}`,
      );
  }
}

function checkComponents({ vectors, variances, usual, mean }: Pca['components']): void {
  const size = mean.length;
  for (let k = 0; k < size; k++) {
    const vector = vectors.subarray(k * size, (k + 1) * size);
    const length = vector.reduce((sum, value) => sum + value * value, 0);
    if (!(Math.abs(length - 1) < 1e-6)) throw badState(KIND, `component ${k} has length ${length}, not 1`);
    if (!(variances[k]! >= 0 && usual[k]! > 0 && usual[k]! < Infinity && Number.isFinite(mean[k]!)))
      throw badState(
        KIND,
        `component ${k} has variance ${variances[k]}, usual ${usual[k]} and mean ${mean[k]}`,
      );
  }
}
