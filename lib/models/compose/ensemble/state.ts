/** An ensemble as plain data and back; its members' states lie inside, and their own models check them. */
import { ArtifactError } from '../../../base/errors.ts';
import { readScoreTail } from '../../../maths/score-tail.ts';
import type { JsonValue, ModelLookup, ModelState } from '../../framework/contract.ts';
import type { Ensemble, EnsembleMember } from './ensemble.ts';
import { nestStates, unnestStates } from './nested-states.ts';
import { COMBINATIONS, type EnsembleParams, type MemberParams } from './params.ts';

const KIND = 'ensemble';
export const ENSEMBLE_FORMAT_VERSION = 1;

export function saveEnsemble(ensemble: Ensemble): ModelState {
  const { columns, members, combine, agree, smoothing, step } = ensemble;
  const { headers, arrays } = nestStates(members.map(({ model }) => model.save()));
  return {
    kind: KIND,
    formatVersion: ENSEMBLE_FORMAT_VERSION,
    json: {
      columns,
      combine,
      agree,
      smoothing,
      step,
      members: members.map(({ params, weight, tail }, i) => ({
        params,
        weight,
        tail: tail as unknown as JsonValue,
        state: headers[i]!,
      })),
    },
    arrays,
  };
}

/** The members' states, for going on from them. @throws ArtifactError */
export function readMemberStates({ kind, formatVersion, json, arrays }: ModelState): readonly ModelState[] {
  if (kind !== KIND) throw invalid(`state is of kind ${JSON.stringify(kind)}, not ${KIND}`);
  if (formatVersion !== ENSEMBLE_FORMAT_VERSION)
    throw invalid(`state has format version ${formatVersion}, this build reads ${ENSEMBLE_FORMAT_VERSION}`);
  const states = unnestStates(
    readMembers(json).map(({ state }) => state),
    arrays,
  );
  const inner = states.find((state) => state.kind === KIND);
  if (inner !== undefined) throw invalid('a member is an ensemble itself');
  return states;
}

/** @throws ArtifactError */
export async function loadEnsemble(state: ModelState, lookUp: ModelLookup): Promise<Ensemble> {
  const states = readMemberStates(state);
  const { columns, combine, agree, smoothing, step } = readObject(state.json);
  if (!Array.isArray(columns) || columns.length === 0 || !columns.every((name) => typeof name === 'string'))
    throw invalid(`columns are ${JSON.stringify(columns)}, not a list of names`);
  if (!COMBINATIONS.some((one) => one === combine)) throw invalid(`combine is ${JSON.stringify(combine)}`);
  const members = await Promise.all(
    readMembers(state.json).map((stored, i) => loadMember(stored, states[i]!, lookUp)),
  );
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  if (Math.abs(total - 1) > 1e-6) throw invalid(`the weights add up to ${total}, not to 1`);
  return {
    columns: columns as string[],
    members,
    combine: combine as EnsembleParams['combine'],
    agree: number(agree, 'agree', [1, members.length]),
    smoothing: number(smoothing, 'smoothing', [0, Number.MAX_VALUE]),
    step: number(step, 'step', [Number.MIN_VALUE, Number.MAX_VALUE]),
  };
}

type Stored = Readonly<Record<string, JsonValue | undefined>>;

async function loadMember(
  { params, weight, tail }: Stored,
  state: ModelState,
  lookUp: ModelLookup,
): Promise<EnsembleMember> {
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    throw invalid(`the params of ${state.kind} are ${JSON.stringify(params)}`);
  const registered = await lookUp(state.kind);
  return {
    kind: state.kind,
    params: params as MemberParams['params'],
    weight: number(weight, 'a weight', [0, 1]),
    tail: readScoreTail(tail),
    model: await registered.load(state),
  };
}

function readMembers(json: JsonValue): readonly Stored[] {
  const { members } = readObject(json);
  if (!Array.isArray(members) || members.length === 0)
    throw invalid(`members are ${JSON.stringify(members)}, not a list`);
  return members.map(readObject);
}

function readObject(json: JsonValue): Stored {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw invalid(`settings are ${JSON.stringify(json)}, not an object`);
  return json as Stored;
}

function number(
  value: JsonValue | undefined,
  name: string,
  [least, most]: readonly [number, number],
): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid(`${name} is ${JSON.stringify(value)}, not a number from ${least} to ${most}`);
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-model', `${KIND}: ${message}`);
}
