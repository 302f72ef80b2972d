/** What zod found wrong with a manifest, in words for the person who wrote it. */
import type { z } from 'zod';
import { nearestName } from '../base/nearest-name.ts';
import { manifestJsonSchema } from './manifest-schema.ts';
import { percentOfShare } from './percentile.ts';

export interface Problem {
  readonly path: readonly PropertyKey[];
  /** Reads on from the path: "must be …, not 5". */
  readonly message: string;
}

/** Characters of an offending value that a message shows. */
const LONGEST_VALUE = 80;

/** @param value what was checked */
export function describeIssues(error: z.ZodError, value: unknown): Problem[] {
  return describeIssueList(error.issues, value);
}

function describeIssueList(issues: readonly z.core.$ZodIssue[], value: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    if (issue.code === 'unrecognized_keys') return describeUnknownFields(issue.path, issue.keys);
    const inner = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
    if (inner !== undefined)
      return describeIssueList(
        inner.map((each) => ({ ...each, path: [...issue.path, ...each.path] })),
        value,
      );
    const { found, given } = lookUp(value, issue.path);
    const told = `${issue.message}, ${found ? `not ${show(given)}` : 'and is missing'}`;
    return [
      {
        path: issue.path,
        message: `${told}${questionShare(issue.path, given)}${questionName(issue, given)}`,
      },
    ];
  });
}

function questionShare(path: readonly PropertyKey[], given: unknown): string {
  const meant = path.at(-1) === 'percentile' ? percentOfShare(given) : undefined;
  return meant === undefined ? '' : `; percentiles are in percent: did you mean ${meant}?`;
}

/** Of a name that is none of a few. */
function questionName(issue: z.core.$ZodIssue, given: unknown): string {
  if (issue.code !== 'invalid_value' || typeof given !== 'string') return '';
  const near = nearestName(given, issue.values.map(String));
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** Of a value that may have several forms, the one that it has but for something inside of it. */
function meantBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  return branches.find((issues) =>
    issues.some(
      ({ path, code }) =>
        path.length > 0 || code === 'unrecognized_keys' || code === 'too_big' || code === 'too_small',
    ),
  );
}

/** Whoever has more of them than one message lists has another problem than a slip of the pen. */
const MOST_GUESSED = 50;

function describeUnknownFields(path: readonly PropertyKey[], keys: readonly string[]): Problem[] {
  const known = fieldsAt(path);
  return keys.map((key, i) => {
    const near = i < MOST_GUESSED ? (nearestName(key, known) ?? longFormOf(key, known)) : undefined;
    const hint = near === undefined ? `known here: ${known.join(', ')}` : `did you mean ${near}?`;
    return { path: [...path, key], message: `is no field of a manifest; ${hint}` };
  });
}

/** Letters that two names have to begin with to be one word, of which one is short for the other. */
const LEAST_SHARED = 4;

/** `parameters` is `params` written out. */
function longFormOf(given: string, known: readonly string[]): string | undefined {
  const beginning = given.slice(0, LEAST_SHARED);
  const alike = known.filter((name) => name.startsWith(beginning));
  return alike.length === 1 && alike[0]!.length < given.length ? alike[0] : undefined;
}

/** Of the map at a path: also of one of a map of names, such as by_metric, and of a form beside others, such as off. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  let nodes: readonly unknown[] = [manifestJsonSchema()];
  for (const part of path)
    nodes = nodes
      .flatMap(formsOf)
      .map((node) =>
        typeof part === 'number'
          ? member(node, 'items')
          : (member(member(node, 'properties'), String(part)) ?? member(node, 'additionalProperties')),
      );
  return nodes.flatMap(formsOf).flatMap((node) => Object.keys(member(node, 'properties') ?? {}));
}

/** Of a value that may have several forms, each of them. */
function formsOf(node: unknown): readonly unknown[] {
  const forms: unknown = member(node, 'anyOf');
  return Array.isArray(forms) ? forms : [node];
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

/** A copy of the value without what the problems are about; a member that is missing takes its parent along. */
export function withoutFields(value: unknown, problems: readonly Problem[]): unknown {
  const copy: unknown = structuredClone(value);
  // From behind, so that places in a list stay what they are.
  const paths = problems.map(({ path }) => path).toSorted((a, b) => comparePaths(b, a));
  for (const path of paths) {
    for (let length = path.length; length > 0; length--) {
      const { found, given: parent } = lookUp(copy, path.slice(0, length - 1));
      const part = path[length - 1]!;
      if (!found || typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, part)) continue;
      if (Array.isArray(parent)) parent.splice(Number(part), 1);
      else Reflect.deleteProperty(parent, part);
      break;
    }
  }
  return copy;
}

function comparePaths(a: readonly PropertyKey[], b: readonly PropertyKey[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x === y) continue;
    return typeof x === 'number' && typeof y === 'number' ? x - y : String(x) < String(y) ? -1 : 1;
  }
  return a.length - b.length;
}
