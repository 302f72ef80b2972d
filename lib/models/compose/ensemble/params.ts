import { ModelError } from '../../../base/errors.ts';
import { isModelKind, MODEL_KINDS, type ModelKind } from '../../../config/model-kind.ts';
import type { JsonValue } from '../../framework/contract.ts';

/** How the members' surprises become one score. */
export const COMBINATIONS = ['weighted', 'mean', 'max', 'k-of-m'] as const;
export type Combination = (typeof COMBINATIONS)[number];

export interface MemberParams {
  readonly kind: ModelKind;
  /** As given: the member's own model checks them when the fit begins. */
  readonly params: Readonly<Record<string, JsonValue>>;
  /** Above 0; absent: an equal share, or one that is learned from labels. */
  readonly weight?: number;
}

export interface EnsembleParams {
  /** At least one; no two of the same kind with the same params. */
  readonly members: readonly MemberParams[];
  /**
   * `weighted`: mean by the given weights, by learned ones where labels allow, equal otherwise. `mean`: equal ones
   * always. `max`: the most surprised member's. `k-of-m`: what `agree` members reach.
   */
  readonly combine: Combination;
  /** For `k-of-m`. */
  readonly agree: number;
  /** Rows after which a score counts half in the causal mean of an entity's scores; 0: each row for itself. */
  readonly smoothing: number;
  /** Share of the newest rows that are a trial's validation, by which a member is put on the common scale; 0: the training rows. */
  readonly heldBack: number;
}

/**
 * Cheap, and of three minds: how far each metric is out, whether the metrics still go together, and whether such rows
 * are rare.
 */
const DEFAULT_KINDS: readonly ModelKind[] = ['robust-z', 'pca', 'isolation-forest'];
const DEFAULTS = { combine: 'weighted', agree: 2, smoothing: 0, heldBack: 0.25 } as const;
/** A member costs its fit twice, and its state is part of the artifact. */
const MOST_MEMBERS = 16;
const MOST_SMOOTHING = 240;
const MOST_HELD_BACK = 0.5;

const NAMES = ['members', 'combine', 'agree', 'smoothing', 'heldBack'] as const;
const MEMBER_NAMES = ['kind', 'params', 'weight'] as const;

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): EnsembleParams {
  checkNames(given, NAMES, 'ensemble');
  const members = parseMembers(given.members);
  const combine = given.combine ?? DEFAULTS.combine;
  if (!COMBINATIONS.some((one) => one === combine))
    throw bad('combine', combine, `one of ${COMBINATIONS.join(', ')}`);
  const agree = parseNumber(given, 'agree', [1, members.length], Math.min(DEFAULTS.agree, members.length));
  if (!Number.isInteger(agree)) throw bad('agree', agree, 'a whole number');
  return {
    members,
    combine: combine as Combination,
    agree,
    smoothing: parseNumber(given, 'smoothing', [0, MOST_SMOOTHING], DEFAULTS.smoothing),
    heldBack: parseNumber(given, 'heldBack', [0, MOST_HELD_BACK], DEFAULTS.heldBack),
  };
}

/** For messages: "pca {"lags":3}". */
export function nameMember({ kind, params }: Pick<MemberParams, 'kind' | 'params'>): string {
  return Object.keys(params).length === 0 ? kind : `${kind} ${canonical(params)}`;
}

function parseMembers(given: unknown): readonly MemberParams[] {
  if (given === undefined) return DEFAULT_KINDS.map((kind) => ({ kind, params: {} }));
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_MEMBERS)
    throw bad('members', given, `a list of 1 to ${MOST_MEMBERS} members`);
  const members = given.map(parseMember);
  const names = members.map(nameMember);
  const again = names.findIndex((name, i) => names.indexOf(name) < i);
  if (again !== -1)
    throw new ModelError(
      'duplicate-member',
      `ensemble members ${names.indexOf(names[again]!)} and ${again} are both ${names[again]}: give one of them, with a weight`,
    );
  const weighed = members.filter(({ weight }) => weight !== undefined).length;
  if (weighed > 0 && weighed < members.length)
    throw new ModelError(
      'bad-param',
      `ensemble: ${weighed} of ${members.length} members have a weight; all or none have`,
    );
  return members;
}

function parseMember(given: unknown, index: number): MemberParams {
  const at = `members[${index}]`;
  if (!isObject(given)) throw bad(at, given, 'an object with a kind');
  checkNames(given, MEMBER_NAMES, `ensemble ${at}`);
  const { kind, params = {}, weight } = given;
  if (kind === 'ensemble') throw bad(`${at}.kind`, kind, 'a kind of model that is no ensemble itself');
  if (kind === 'auto') throw bad(`${at}.kind`, kind, 'a kind of model that does not pick others itself');
  if (typeof kind !== 'string' || !isModelKind(kind))
    throw bad(
      `${at}.kind`,
      kind,
      `one of ${MODEL_KINDS.filter((known) => known !== 'ensemble' && known !== 'auto').join(', ')}`,
    );
  if (!isObject(params)) throw bad(`${at}.params`, params, 'an object');
  if (weight !== undefined && !(typeof weight === 'number' && weight > 0 && weight < Infinity))
    throw bad(`${at}.weight`, weight, 'a number above 0');
  return {
    kind,
    params: params as MemberParams['params'],
    ...(weight !== undefined && { weight: weight as number }),
  };
}

function parseNumber(
  given: Readonly<Record<string, unknown>>,
  name: (typeof NAMES)[number],
  [least, most]: readonly [number, number],
  fallback: number,
): number {
  const value = given[name] ?? fallback;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw bad(name, value, `a number from ${least} to ${most}`);
}

function checkNames(given: object, known: readonly string[], what: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ModelError('unknown-param', `${what} has no parameter ${unknown}; it has ${known.join(', ')}`);
}

function bad(name: string, value: unknown, wanted: string): ModelError {
  return new ModelError('bad-param', `ensemble ${name} is ${JSON.stringify(value)}, not ${wanted}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same whatever the order of the keys. */
function canonical(value: unknown): string {
  if (!isObject(value))
    return Array.isArray(value) ? `[${value.map(canonical).join()}]` : JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}
