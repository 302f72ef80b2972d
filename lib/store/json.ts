/** JSON objects of the bucket: the same value always gives the same bytes, and a bad one names its key and field. */
import * as z from 'zod';
import { ArtifactError } from '../base/errors.ts';
import type { JsonValue } from '../models/framework/contract.ts';

/** Of an object that does not fit: a list of thousands has one for each of its members. */
const MOST_PROBLEMS = 10;
/** Characters of an offending value that a message shows. */
const LONGEST_GIVEN = 80;

/** Whatever JSON.parse gave, as it is: z.json() leaves out members called "__proto__", and checks what needs none. */
export const jsonValue: z.ZodType<JsonValue> = z.custom<JsonValue>((value) => value !== undefined, {
  error: 'expected a value',
});
export const jsonObject: z.ZodType<Readonly<Record<string, JsonValue>>> = z.custom<
  Readonly<Record<string, JsonValue>>
>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
  error: 'expected an object',
});

/**
 * UTF-8 JSON with the members of every object sorted by code unit, two spaces a level and a newline at the end.
 * Members that are undefined are left out.
 * @throws ArtifactError for a number that JSON cannot carry (NaN, Infinity), with its path
 */
export function encodeJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(canonical(value, '$'), undefined, 2)}\n`);
}

/**
 * @param key only for the error message
 * @throws ArtifactError naming the key, the field and what was expected there
 */
export function decodeJson<T>(key: string, body: Uint8Array, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new ArtifactError('not-json', `${key} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const problems = issues
    .slice(0, MOST_PROBLEMS)
    .map((issue) => `${issue.path.join('.') || '(whole)'}: ${issue.message}${sayGiven(issue, value)}`);
  if (issues.length > MOST_PROBLEMS) problems.push(`and ${issues.length - MOST_PROBLEMS} more`);
  throw new ArtifactError('bad-json', `${key} does not fit its format: ${problems.join('; ')}`);
}

/** Of one of a few values, what stands in its place: of others zod says it. */
function sayGiven({ code, path }: z.core.$ZodIssue, whole: unknown): string {
  if (code !== 'invalid_value') return '';
  let given = whole;
  for (const part of path)
    given =
      typeof given === 'object' && given !== null && Object.hasOwn(given, part)
        ? Reflect.get(given, part)
        : undefined;
  return given === undefined ? ', and is missing' : `, not ${JSON.stringify(given).slice(0, LONGEST_GIVEN)}`;
}

function canonical(value: unknown, path: string): unknown {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new ArtifactError('not-json-number', `${path} is ${value}, which JSON cannot carry`);
  if (Array.isArray(value)) return value.map((item, index) => canonical(item, `${path}.${index}`));
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries defines members, so that one called "__proto__" stays a member.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, canonical(member, `${path}.${name}`)]),
  );
}
