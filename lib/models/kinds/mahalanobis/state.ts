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
import { BINS } from './daily-curve.ts';
import { type JointModel, listFeatures, MOST_COLUMNS } from './joint-model.ts';
import { SCALE_SETS } from './scales.ts';

/** Goes up when the scales or their order change, too: the state does not hold them. */
const MAHALANOBIS_FORMAT_VERSION = 1;
const KIND = 'mahalanobis';

export function saveModel(model: JointModel): ModelState {
  const { columns, scaleSet, constant, seasons, centers, spreads, dailySpread, factor, low, high } = model;
  return {
    kind: KIND,
    formatVersion: MAHALANOBIS_FORMAT_VERSION,
    json: { columns, scaleSet, curves: seasons.curves.length / BINS, hasDailySpread: dailySpread.length > 0 },
    arrays: {
      constant: constant.slice(),
      curveOf: seasons.curveOf.slice(),
      curves: seasons.curves.slice(),
      centers: centers.slice(),
      spreads: spreads.slice(),
      dailySpread: dailySpread.slice(),
      factor: packTriangle(factor, centers.length),
      low: low.slice(),
      high: high.slice(),
    },
  };
}

/** @throws ArtifactError */
export function loadModel(state: ModelState): JointModel {
  checkFormat(state, { kind: KIND, versions: [MAHALANOBIS_FORMAT_VERSION] });
  const settings = readSettings(state);
  const columns = readNames(KIND, settings.columns, 'columns');
  const width = columns.length;
  if (width === 0 || width > MOST_COLUMNS)
    throw badState(KIND, `${width} columns, 1 to ${MOST_COLUMNS} can be`);
  const scaleSet = readStoredNumber(KIND, settings.scaleSet, {
    name: 'scaleSet',
    min: 0,
    max: SCALE_SETS.length - 1,
  });
  const curves = readStoredNumber(KIND, settings.curves, { name: 'curves', min: 0, max: width });
  const constant = takeArray(state, 'constant', Uint8Array, width);
  const n = listFeatures(scaleSet, constant).length;
  const model = {
    columns,
    scaleSet,
    constant,
    seasons: {
      curveOf: takeArray(state, 'curveOf', Int32Array, width),
      curves: takeArray(state, 'curves', Float32Array, curves * BINS),
    },
    centers: takeArray(state, 'centers', Float64Array, n),
    spreads: takeArray(state, 'spreads', Float64Array, n),
    dailySpread: takeArray(
      state,
      'dailySpread',
      Float32Array,
      settings.hasDailySpread === true ? n * BINS : 0,
    ),
    factor: unpackTriangle(takeArray(state, 'factor', Float64Array, (n * (n + 1)) / 2), n),
    low: takeArray(state, 'low', Float64Array, width),
    high: takeArray(state, 'high', Float64Array, width),
  };
  checkValues(model, curves);
  return model;
}

function checkValues(model: JointModel, curves: number): void {
  const { constant, seasons, centers, spreads, dailySpread, factor } = model;
  if (constant.some((flag) => flag > 1)) throw badState(KIND, 'constant holds neither 0 nor 1');
  if (seasons.curveOf.some((curve) => curve < -1 || curve >= curves))
    throw badState(KIND, `curveOf points beyond the ${curves} curves`);
  for (const [name, array] of Object.entries({ curves: seasons.curves, centers, factor }))
    if (!array.every(Number.isFinite)) throw badState(KIND, `${name} holds a value that is not finite`);
  for (const [name, array] of Object.entries({ spreads, dailySpread }))
    if (!array.every((value) => value > 0 && value < Infinity))
      throw badState(KIND, `${name} holds a value that is not positive`);
  for (let i = 0; i < centers.length; i++)
    if (!(factor[i * centers.length + i]! > 0))
      throw badState(KIND, `pivot ${i} of the factor is not positive`);
}

/** Upper triangle, row by row. */
function packTriangle(factor: Float64Array, n: number): Float64Array {
  const packed = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) packed[at++] = factor[i * n + j]!;
  return packed;
}

function unpackTriangle(packed: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) factor[i * n + j] = packed[at++]!;
  return factor;
}
