/** Fitted series as plain data and back, whole or as far as a fit came. What comes back is checked. */
import { ArtifactError, ModelError } from '../../errors.ts';
import type { JsonValue, ModelState } from '../contract.ts';
import type { FittedSeries, UnivariateKind } from './contract.ts';
import { takeRecord } from './packed-records.ts';
import { findTailFault, TAIL_LENGTH } from './tail.ts';

/** Of what the frame itself writes; a kind's records have a version of their own, and 100 of one make the format. */
const FRAME_VERSION = 1;

export function formatVersion({ recordVersion }: Pick<UnivariateKind<unknown>, 'recordVersion'>): number {
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
  const { columns, entities, params } = fitted;
  if (JSON.stringify([columns, entities, params]) !== JSON.stringify(Object.values(pick(identity))))
    throw invalid(kind, 'the checkpoint is of other columns, entities or parameters');
  return fitted;

  function pick({ columns: c, entities: e, params: p }: typeof identity): object {
    return { c, e, p };
  }
}

/** @throws ArtifactError */
export function loadSeries<Params>(kind: UnivariateKind<Params>, state: ModelState): FittedSeries<Params> {
  const fitted = readSeries(kind, state);
  const total = (fitted.entities.length + 1) * fitted.columns.length;
  if (fitted.offsets.length !== total + 1)
    throw invalid(kind, `${fitted.offsets.length - 1} records, expected ${total}`);
  return fitted;
}

function readSeries<Params>(kind: UnivariateKind<Params>, state: ModelState): FittedSeries<Params> {
  if (state.kind !== kind.kind)
    throw invalid(kind, `state is of kind ${JSON.stringify(state.kind)}, not ${kind.kind}`);
  if (state.formatVersion !== formatVersion(kind))
    throw invalid(
      kind,
      `state has format version ${state.formatVersion}, this build reads ${formatVersion(kind)}`,
    );
  const { columns, entities, params } = readSettings(kind, state.json);
  const { offsets, records, tails } = state.arrays;
  const most = (entities.length + 1) * columns.length;
  if (!(offsets instanceof Uint32Array) || offsets.length === 0 || offsets.length > most + 1)
    throw invalid(kind, `array offsets is missing, no Uint32Array or longer than ${most + 1}`);
  if (!(records instanceof kind.recordType))
    throw invalid(kind, `array records is missing or not a ${kind.recordType.name}`);
  if (!(tails instanceof Float32Array) || tails.length !== most * TAIL_LENGTH)
    throw invalid(kind, `array tails is missing or has not ${most * TAIL_LENGTH} elements`);
  if (offsets[0] !== 0 || offsets.at(-1) !== records.length)
    throw invalid(kind, `offsets end at ${offsets.at(-1)}, the records at ${records.length}`);
  // Copies: the caller may keep and change its own.
  const fitted = {
    columns,
    entities,
    params,
    offsets: offsets.slice(),
    records: records.slice(),
    tails: tails.slice(),
  };
  for (let i = 0; i + 1 < offsets.length; i++) {
    if (offsets[i + 1]! < offsets[i]!) throw invalid(kind, `offset ${i + 1} goes back to ${offsets[i + 1]}`);
    const record = takeRecord(fitted, i);
    if (record.length === 0) continue;
    const fault =
      findTailFault(tails.subarray(i * TAIL_LENGTH, (i + 1) * TAIL_LENGTH)) ?? kind.findFault(record, params);
    if (fault !== undefined) throw invalid(kind, `series ${i}: ${fault}`);
  }
  return fitted;
}

function readSettings<Params>(
  kind: UnivariateKind<Params>,
  json: JsonValue,
): Pick<FittedSeries<Params>, 'columns' | 'entities' | 'params'> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(kind, `settings are ${JSON.stringify(json)}, not an object`);
  const { columns, entities, params } = json as { readonly [key: string]: JsonValue | undefined };
  if (!isTexts(columns) || columns.length === 0)
    throw invalid(kind, `columns are ${JSON.stringify(columns)}, not a list of names`);
  if (!isTexts(entities))
    throw invalid(kind, `entities are ${JSON.stringify(entities)}, not a list of names`);
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw invalid(kind, `params are ${JSON.stringify(params)}, not an object`);
  try {
    return { columns, entities, params: kind.parseParams({ ...params }) as Params & JsonValue };
  } catch (error) {
    if (error instanceof ModelError) throw invalid(kind, error.message, error);
    throw error;
  }
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function invalid({ kind }: { readonly kind: string }, message: string, cause?: Error): ArtifactError {
  return new ArtifactError('bad-model', `${kind}: ${message}`, cause && { cause });
}
