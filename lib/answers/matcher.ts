/**
 * Which anomalies a person means: `entity =~ "shop/.*"`, as Alertmanager's matchers are written. Expressions are RE2's, as
 * there: no expression takes longer than its length times the name's, and one person's mistake holds up nobody's alerts.
 */
import { RE2JS } from 're2js';
import { SEVERITIES } from '../config/severity.ts';

/** What an anomaly, and the incident that it is part of, can be told apart by. */
export const MATCHED_NAMES = ['detector', 'entity', 'workload', 'metric', 'severity'] as const;
export type MatchedName = (typeof MATCHED_NAMES)[number];

export interface Matcher<Name extends MatchedName = MatchedName> {
  readonly name: Name;
  readonly operator: '=' | '!=' | '=~' | '!~';
  /** Of `=~` and `!~` a regular expression that the whole value has to match. */
  readonly value: string;
}

const MATCHER = /^\s*([A-Za-z_]+)\s*(=~|!~|!=|=)\s*(.*?)\s*$/s;
/** Characters: a list of names fits. */
export const LONGEST_VALUE = 500;

/**
 * @param names that it may be of
 * @returns what is wrong with it, to be read on from "must be …", where it is none
 */
export function readMatcher<Name extends MatchedName>(
  text: string,
  names: readonly Name[],
): Matcher<Name> | { readonly problem: string } {
  const [, name, operator, given] = MATCHER.exec(text) ?? [];
  if (name === undefined || given === undefined)
    return { problem: 'a matcher such as detector = checkout or entity =~ "shop/.*"' };
  const known = names.find((each) => each === name);
  if (known === undefined) return { problem: `a matcher of ${names.join(', ')}` };
  const value = unquote(given);
  if (/^[=~]/.test(given))
    return {
      problem:
        'a matcher with one of the operators =, !=, =~, !~; a value that begins with = or ~ is in double quotes',
    };
  if (value === undefined)
    return { problem: 'a matcher whose value is in double quotes whole, or not at all' };
  if (value.length > LONGEST_VALUE)
    return { problem: `a matcher with a value of at most ${LONGEST_VALUE} characters` };
  const matcher: Matcher<Name> = { name: known, operator: operator as Matcher['operator'], value };
  const problem = findProblem(matcher);
  return problem === undefined ? matcher : { problem };
}

export function formatMatcher({ name, operator, value }: Matcher): string {
  return `${name} ${operator} ${JSON.stringify(value)}`;
}

/** Whether all of them hold. */
export function matchesAll<Name extends MatchedName>(
  matchers: readonly Matcher<Name>[],
  subject: Readonly<Record<Name, string>>,
): boolean {
  return matchers.every((matcher) => matches(matcher, subject[matcher.name]));
}

/** A matcher meets thousands of names, and an expression takes longer to read than to match. */
const expressions = new WeakMap<Matcher, RE2JS>();

function matches(matcher: Matcher, given: string): boolean {
  const { operator, value } = matcher;
  if (operator === '=' || operator === '!=') return (given === value) === (operator === '=');
  const expression = expressions.get(matcher) ?? RE2JS.compile(value);
  expressions.set(matcher, expression);
  return expression.matches(given) === (operator === '=~');
}

function findProblem({ name, operator, value }: Matcher): string | undefined {
  if (operator === '=' || operator === '!=')
    return name === 'severity' && !SEVERITIES.some((severity) => severity === value)
      ? `a matcher whose severity is ${SEVERITIES.join(' or ')}`
      : undefined;
  try {
    RE2JS.compile(value);
    return undefined;
  } catch (error) {
    return `a matcher with a regular expression that can be read (${(error as Error).message})`;
  }
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text.includes('"') ? undefined : text;
  try {
    // Backslashes of a regular expression are often written once: as they are meant, where JSON knows no such escape.
    const value: unknown = JSON.parse(
      text.replace(/\\(["\\])|\\/g, (all, escaped) => (escaped === undefined ? '\\\\' : all)),
    );
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
