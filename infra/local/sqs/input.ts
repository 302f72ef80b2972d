/** Reads the members of a request. Both protocols arrive as the JSON one shapes them; numbers may be text. */
import { invalidValue, sqsError } from './errors.ts';

export type Input = Readonly<Record<string, unknown>>;

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function requireString(input: Input, name: string): string {
  const value = optionalString(input, name);
  if (value !== undefined) return value;
  throw sqsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

export function optionalString(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw sqsError('SerializationException', `${name} must be a string, not ${JSON.stringify(value)}`);
}

export function requireInteger(input: Input, name: string, range: Range): number {
  const value = optionalInteger(input, name, range);
  if (value !== undefined) return value;
  throw sqsError('MissingParameter', `The request must contain the parameter ${name}.`);
}

/** @throws InvalidParameterValue outside of `range`, both ends included */
export function optionalInteger(input: Input, name: string, range: Range): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= range.min && number <= range.max)
    return number;
  throw invalidValue(name, value, `Must be an integer from ${range.min} to ${range.max}, if provided.`);
}

export function stringList(input: Input, name: string): readonly string[] {
  const value = input[name] ?? [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw sqsError('SerializationException', `${name} must be a list of strings`);
}

export function recordList(input: Input, name: string): readonly Input[] {
  const value = input[name] ?? [];
  if (Array.isArray(value) && value.every(isRecord)) return value;
  throw sqsError('SerializationException', `${name} must be a list of structures`);
}

export function recordMap(input: Input, name: string): Readonly<Record<string, Input>> {
  const value = input[name] ?? {};
  if (isRecord(value) && Object.values(value).every(isRecord)) return value as Record<string, Input>;
  throw sqsError('SerializationException', `${name} must be a map of structures`);
}

export function stringMap(input: Input, name: string): Readonly<Record<string, string>> {
  const value = input[name] ?? {};
  if (isRecord(value) && Object.values(value).every((one) => typeof one === 'string'))
    return value as Record<string, string>;
  throw sqsError('SerializationException', `${name} must be a map of strings`);
}

export function isRecord(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
