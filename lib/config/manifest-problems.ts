/** What zod found wrong with a manifest, in words for the person who wrote it. */
import type { z } from 'zod';
import { manifestJsonSchema } from './manifest-schema.ts';
import { nearestName } from './nearest-name.ts';

export interface Problem {
  readonly path: readonly PropertyKey[];
  /** Reads on from the path: "must be …, not 5". */
  readonly message: string;
}

/** Characters of an offending value that a message shows. */
const LONGEST_VALUE = 80;

/** @param value what was checked */
export function describeIssues(error: z.ZodError, value: unknown): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        message: describeUnknownField(issue.path, key),
      }));
    const { found, given } = lookUp(value, issue.path);
    return [
      { path: issue.path, message: `${issue.message}, ${found ? `not ${show(given)}` : 'and is missing'}` },
    ];
  });
}

function describeUnknownField(path: readonly PropertyKey[], key: string): string {
  const known = fieldsAt(path);
  const near = nearestName(key, known);
  return `is no field of a manifest; ${near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`}`;
}

function fieldsAt(path: readonly PropertyKey[]): string[] {
  let node: unknown = manifestJsonSchema();
  for (const part of path)
    node =
      typeof part === 'number' ? member(node, 'items') : member(member(node, 'properties'), String(part));
  return Object.keys(member(node, 'properties') ?? {});
}

function member(node: unknown, name: string): object | undefined {
  const value: unknown = typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;
  return typeof value === 'object' && value !== null ? value : undefined;
}

function lookUp(value: unknown, path: readonly PropertyKey[]): { found: boolean; given: unknown } {
  let given = value;
  for (const part of path) {
    if (typeof given !== 'object' || given === null || !Object.hasOwn(given, part))
      return { found: false, given: undefined };
    given = Reflect.get(given, part);
  }
  return { found: true, given };
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
