/** Fitted series as plain data and back, whole or as far as a fit came. What comes back is checked. */
import { ModelError } from '../../../base/errors.ts';
import type { JsonValue, ModelState } from '../contract.ts';
import { badState, checkFormat, readNames, readSettings, takeArray } from '../state-values.ts';
import type { FittedSeries, UnivariateKind } from './contract.ts';
import { takeRecord } from './packed-records.ts';
import { findTailFault, TAIL_LENGTH } from './tail.ts';

/** Of what the frame itself writes; a kind's records have a version of their own, and 100 of one make the format. */
const FRAME_VERSION = 1;

function formatVersion({ recordVersion }: Pick<UnivariateKind<unknown>, 'recordVersion'>): number {
  return 100 * (FRAME_VERSION - 1) + recordVersion;
}

export function saveSeries<Params>(kind: UnivariateKind<Params>, fitted: FittedSeries<Params>): ModelState {
  const { columns, entities, params, offsets, records, tails } = fitted;
  return {
    kind: kind.kind,
    formatVersion: formatVersion(kind),
    json: { columns: [...columns], entities: [...entities], params },
    arrays: { offsets: offsets.slice(), records: records.slice(), tails: tails.slice() },
  };
}

/** Of a fit that is under way: the first series, in the same layout. */
export function savePartialFit<Params>(
  kind: UnivariateKind<Params>,
  fitted: FittedSeries<Params>,
): ModelState {
  return saveSeries(kind, fitted);
}

/**
 * @param identity of the fit that goes on: the checkpoint is of the same
 * @throws ArtifactError
 */
export function loadPartialFit<Params>(
  kind: UnivariateKind<Params>,
  state: ModelState,
  identity: Pick<FittedSeries<Params>, 'columns' | 'entities' | 'params'>,
): FittedSeries<Params> {
  const fitted = readSeries(kind, state);
  const render = ({ columns, entities, params }: typeof identity): string =>
    JSON.stringify([columns, entities, params]);
  if (render(fitted) !== render(identity))
    throw badState(kind.kind, 'the checkpoint is of other columns, entities or parameters');
  return fitted;
}

/** @throws ArtifactError */
export function loadSeries<Params>(kind: UnivariateKind<Params>, state: ModelState): FittedSeries<Params> {
  const fitted = readSeries(kind, state);
  const total = (fitted.entities.length + 1) * fitted.columns.length;
  if (fitted.offsets.length !== total + 1)
    throw badState(kind.kind, `${fitted.offsets.length - 1} records, expected ${total}`);
  return fitted;
}

function readSeries<Params>(kind: UnivariateKind<Params>, state: ModelState): FittedSeries<Params> {
  checkFormat(state, { kind: kind.kind, versions: [formatVersion(kind)] });
  const settings = readSettings(state);
  const columns = readNames(kind.kind, settings['columns'], 'columns');
  const entities = readNames(kind.kind, settings['entities'], 'entities');
  if (columns.length === 0) throw badState(kind.kind, 'it has no columns');
  const most = (entities.length + 1) * columns.length;
  const { offsets, records } = state.arrays;
  if (!(offsets instanceof Uint32Array) || offsets.length === 0 || offsets.length > most + 1)
    throw badState(kind.kind, `array offsets is missing, no Uint32Array or longer than ${most + 1}`);
  if (!(records instanceof kind.recordType))
    throw badState(kind.kind, `array records is missing or not a ${kind.recordType.name}`);
  if (offsets[0] !== 0 || offsets.at(-1) !== records.length)
    throw badState(kind.kind, `offsets end at ${offsets.at(-1)}, the records at ${records.length}`);
  const fitted = {
    columns: [...columns],
    entities: [...entities],
    params: readParams(kind, settings['params']),
    // Copies: the caller may keep and change its own.
    offsets: offsets.slice(),
    records: records.slice(),
    tails: takeArray(state, 'tails', Float32Array, most * TAIL_LENGTH),
  };
  checkRecords(kind, fitted);
  return fitted;
}

function checkRecords<Params>(kind: UnivariateKind<Params>, fitted: FittedSeries<Params>): void {
  const { offsets, tails, params } = fitted;
  for (let i = 0; i + 1 < offsets.length; i++) {
    if (offsets[i + 1]! < offsets[i]!)
      throw badState(kind.kind, `offset ${i + 1} goes back from ${offsets[i]} to ${offsets[i + 1]}`);
    const record = takeRecord(fitted, i);
    if (record.length === 0) continue;
    const fault =
      findTailFault(tails.subarray(i * TAIL_LENGTH, (i + 1) * TAIL_LENGTH)) ?? kind.findFault(record, params);
    if (fault !== undefined) throw badState(kind.kind, `series ${i}: ${fault}`);
  }
}

function readParams<Params>(kind: UnivariateKind<Params>, params: JsonValue | undefined): Params & JsonValue {
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw badState(kind.kind, `params are ${JSON.stringify(params)}, not an object`);
  try {
    return kind.parseParams({ ...params }) as Params & JsonValue;
  } catch (error) {
    if (error instanceof ModelError) throw badState(kind.kind, error.message);
    throw error;
  }
}
