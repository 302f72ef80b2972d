/** Baselines as plain data and back. What comes back is checked, so that a damaged artifact can't be scored with. */
import type { ModelState } from '../../framework/contract.ts';
import {
  badState,
  checkFormat,
  readNames,
  readSettings,
  readStoredNumber,
  takeArray,
} from '../../framework/state-values.ts';
import type { Baselines } from './baselines.ts';
import { LARGEST_LIMITS } from './params.ts';

const ROBUST_Z_FORMAT_VERSION = 1;
const KIND = 'robust-z';

export function saveBaselines({ columns, entities, largest, centers, above, below }: Baselines): ModelState {
  return {
    kind: KIND,
    formatVersion: ROBUST_Z_FORMAT_VERSION,
    json: { columns, entities, largest },
    arrays: { centers: centers.slice(), above: above.slice(), below: below.slice() },
  };
}

/** @throws ArtifactError */
export function loadBaselines(state: ModelState): Baselines {
  checkFormat(state, { kind: KIND, versions: [ROBUST_Z_FORMAT_VERSION] });
  const settings = readSettings(state);
  const columns = readNames(KIND, settings.columns, 'columns');
  if (columns.length === 0) throw badState(KIND, 'columns are [], at least 1');
  const entities = readNames(KIND, settings.entities, 'entities');
  const size = (1 + entities.length) * columns.length;
  const baselines = {
    columns,
    entities,
    largest: readStoredNumber(KIND, settings.largest, { name: 'largest', ...LARGEST_LIMITS }),
    centers: takeArray(state, 'centers', Float64Array, size),
    above: takeArray(state, 'above', Float64Array, size),
    below: takeArray(state, 'below', Float64Array, size),
  };
  for (let i = 0; i < size; i++) checkBaseline(baselines, i);
  return baselines;
}

/** All three are missing together; both scales are 0 together, and none is negative. */
function checkBaseline({ columns, centers, above, below }: Baselines, at: number): void {
  const [center, up, down] = [centers[at]!, above[at]!, below[at]!];
  const isUnmeasured = Number.isNaN(center) && Number.isNaN(up) && Number.isNaN(down);
  const isNumber = [center, up, down].every(Number.isFinite);
  if (isUnmeasured || (isNumber && up >= 0 && down >= 0 && (up === 0) === (down === 0))) return;
  throw badState(
    KIND,
    `column ${columns[at % columns.length]} has center ${center}, scales ${up} and ${down}`,
  );
}
