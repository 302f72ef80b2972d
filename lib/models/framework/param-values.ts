/** Reads a model's parameters: each has a default and limits, and what breaks one is named with it. */
import { ModelError } from '../../base/errors.ts';
import type { ModelKind } from './contract.ts';

/** Both ends included. */
export interface NumberLimits {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface GivenParams {
  readonly kind: ModelKind;
  readonly given: Readonly<Record<string, unknown>>;
}

/** @throws ModelError naming a parameter that the kind does not have */
export function checkParamNames({ kind, given }: GivenParams, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw new ModelError(
        'unknown-param',
        `${kind} has no parameter ${name}; it has ${known.join(', ') || 'none at all'}`,
      );
  }
}

/** @throws ModelError */
export function readWholeNumber(params: GivenParams, name: string, limits: NumberLimits): number {
  return readParam(params, name, limits, 'a whole number', Number.isInteger);
}

/** @throws ModelError */
export function readNumber(params: GivenParams, name: string, limits: NumberLimits): number {
  return readParam(params, name, limits, 'a number', Number.isFinite);
}

function readParam(
  { kind, given }: GivenParams,
  name: string,
  { default: fallback, min, max }: NumberLimits,
  what: string,
  isKind: (value: number) => boolean,
): number {
  const value = given[name] === undefined ? fallback : given[name];
  if (typeof value === 'number' && isKind(value) && value >= min && value <= max) return value;
  const shown = typeof value === 'number' ? value : JSON.stringify(value);
  throw new ModelError('bad-param', `${kind} ${name} is ${shown}, not ${what} from ${min} to ${max}`);
}
