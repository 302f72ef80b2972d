/** Reads a model's stored state: nothing in it is trusted before it was checked. */
import { ArtifactError } from '../../base/errors.ts';
import type { JsonValue, ModelKind, ModelState, TypedArray } from './contract.ts';

/** @throws ArtifactError where the state is of another kind or of a format version that this build does not read */
export function checkFormat(
  { kind, formatVersion }: ModelState,
  expected: { readonly kind: ModelKind; readonly versions: readonly number[] },
): void {
  if (kind !== expected.kind)
    throw badState(expected.kind, `state is of kind ${JSON.stringify(kind)}, not ${expected.kind}`);
  if (!expected.versions.includes(formatVersion))
    throw badState(
      expected.kind,
      `state has format version ${formatVersion}, this build reads ${expected.versions.join(', ')}`,
    );
}

/** @throws ArtifactError where the settings are no object */
export function readSettings({ kind, json }: ModelState): { readonly [key: string]: JsonValue | undefined } {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw badState(kind, `settings are ${JSON.stringify(json)}, not an object`);
  return json as { readonly [key: string]: JsonValue };
}

/** @throws ArtifactError where it is no list of names */
export function readNames(kind: ModelKind, value: JsonValue | undefined, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw badState(kind, `${what} are ${JSON.stringify(value)}, not a list of names`);
}

/** @throws ArtifactError @param limits both ends included */
export function readStoredNumber(
  kind: ModelKind,
  value: JsonValue | undefined,
  limits: { readonly name: string; readonly min: number; readonly max: number; readonly whole?: boolean },
): number {
  const { name, min, max, whole = true } = limits;
  if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value)))
    return value;
  throw badState(
    kind,
    `${name} is ${JSON.stringify(value)}, not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
  );
}

/** A copy: the caller may keep and change its own. @throws ArtifactError */
export function takeArray<T extends TypedArray>(
  { kind, arrays }: ModelState,
  name: string,
  type: new (values: T) => T,
  length: number,
): T {
  const array = arrays[name];
  if (!(array instanceof type)) throw badState(kind, `array ${name} is missing or not a ${type.name}`);
  if (array.length !== length)
    throw badState(kind, `array ${name} has ${array.length} elements, expected ${length}`);
  return new type(array);
}

export function badState(kind: ModelKind, message: string): ArtifactError {
  return new ArtifactError('bad-model', `${kind}: ${message}`);
}
