/** Files that people put into the bucket beside manifests: YAML, read strictly. */
import * as z from 'zod';
import { AnswerError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import { readYaml } from '../config/manifest-yaml.ts';
import { parseIsoTime } from '../window/iso-time.ts';
import { type MatchedName, type Matcher, readMatcher } from './matcher.ts';

const LONGEST_SHOWN = 80;

/**
 * @param from.source the file or key, for messages
 * @throws AnswerError that lists everything that is wrong, each with its path and value
 */
export function parseAnswerFile<T>(
  text: string,
  { source, schema }: { readonly source: string; readonly schema: z.ZodObject & z.ZodType<T> },
): T {
  const yaml = readYaml(text);
  if (!yaml.ok) throw refuse(source, yaml.problems);
  const result = schema.safeParse(yaml.value);
  if (result.success) return result.data;
  throw refuse(
    source,
    result.error.issues.flatMap((issue) => describe(issue, yaml.value, Object.keys(schema.shape))),
  );
}

/** Epoch ms, of a text such as 2026-11-22T08:30Z. */
export function isoTime(): z.z.ZodType<number> {
  const error = 'must be a time such as 2026-11-22 or 2026-11-22T08:30Z';
  return z.string({ error }).transform((text, context) => {
    const time = parseIsoTime(text);
    if (time !== undefined) return time;
    context.addIssue({ code: 'custom', message: error, input: text });
    return z.NEVER;
  });
}

/** @param names that it may be of */
export function matcherText<Name extends MatchedName>(names: readonly Name[]): z.z.ZodType<Matcher<Name>> {
  return z.string({ error: 'must be a matcher such as detector = checkout' }).transform((text, context) => {
    const read = readMatcher(text, names);
    if (!('problem' in read)) return read;
    context.addIssue({ code: 'custom', message: `must be ${read.problem}`, input: text });
    return z.NEVER;
  });
}

function refuse(source: string, problems: readonly string[]): AnswerError {
  const [only, ...more] = problems;
  const told = more.length === 0 ? only : `${problems.length} problems\n  ${problems.join('\n  ')}`;
  return new AnswerError('bad-answer', `${source}: ${told}`);
}

function describe(issue: z.core.$ZodIssue, whole: unknown, known: readonly string[]): readonly string[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const near = path === '' ? nearestName(key, known) : undefined;
      const hint = near === undefined ? '' : `; did you mean ${near}?`;
      return `${path === '' ? key : `${path}.${key}`} is no field here${hint}`;
    });
  const given = issue.path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    whole,
  );
  return [
    `${path || 'the file'} ${issue.message}, ${given === undefined ? 'and is missing' : `not ${show(given)}`}`,
  ];
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
