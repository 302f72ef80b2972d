/** A centre as plain data and back. */
import type { ModelState } from '../contract.ts';
import { badState, checkFormat, readNames, readSettings, takeArray } from '../state-values.ts';
import type { Centre } from './centre.ts';

const CENTRE_FORMAT_VERSION = 1;
const KIND = 'reconstruction';
const ARRAYS = ['centers', 'scales', 'lows', 'highs'] as const;

export function saveCentre(centre: Centre): ModelState {
  return {
    kind: KIND,
    formatVersion: CENTRE_FORMAT_VERSION,
    json: { columns: centre.columns },
    arrays: Object.fromEntries(ARRAYS.map((name) => [name, centre[name].slice()])),
  };
}

/** @throws ArtifactError */
export function loadCentre(state: ModelState): Centre {
  checkFormat(state, { kind: KIND, versions: [CENTRE_FORMAT_VERSION] });
  const columns = readNames(KIND, readSettings(state)['columns'], 'columns');
  const take = (name: string): Float32Array => takeArray(state, name, Float32Array, columns.length);
  const centre = {
    columns,
    centers: take('centers'),
    scales: take('scales'),
    lows: take('lows'),
    highs: take('highs'),
  };
  for (const [c, column] of columns.entries()) {
    const [center, low, high] = [centre.centers[c]!, centre.lows[c]!, centre.highs[c]!];
    const measured = low <= center && center <= high && Number.isFinite(high - low);
    if (!measured && ![center, low, high].every(Number.isNaN))
      throw badState(KIND, `column ${column} lies at ${center}, from ${low} to ${high}`);
    const scale = centre.scales[c]!;
    if (!(scale > 0 && scale < Infinity)) throw badState(KIND, `scale of ${column} is ${scale}`);
  }
  return centre;
}
