/**
 * Subscription filter policies: what a message must look like to be delivered.
 * docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
import { BlockList, isIP } from 'node:net';
import { invalidParameter } from './errors.ts';

export type Scalar = string | number | boolean | null;

export interface Condition {
  /** True for a value that satisfies it; asked for each value of an array. */
  readonly test: (value: Scalar) => boolean;
  /** Satisfied by the absence of the key. */
  readonly onAbsence: boolean;
}

/** All of its keys and all of its alternatives must hold. */
export interface FilterRule {
  readonly keys: readonly { readonly name: string; readonly conditions: readonly Condition[] }[];
  readonly nested: readonly { readonly name: string; readonly rule: FilterRule }[];
  /** `$or`: one rule of each must hold. */
  readonly alternatives: readonly (readonly FilterRule[])[];
}

export interface FilterPolicy {
  readonly scope: 'MessageAttributes' | 'MessageBody';
  readonly rule: FilterRule;
}

const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;
const MAX_BYTES = 262_144;
/** Numbers are compared within this, both ends included. */
const MAX_NUMBER = 1e9;

/** @throws InvalidParameter that names what is wrong with the policy */
export function parseFilterPolicy(text: string, scope = 'MessageAttributes'): FilterPolicy {
  if (scope !== 'MessageAttributes' && scope !== 'MessageBody')
    throw invalidParameter(
      'FilterPolicyScope',
      `Invalid value [${scope}]. Please use either MessageBody or MessageAttributes`,
    );
  if (Buffer.byteLength(text) > MAX_BYTES) throw refuse(`it is longer than ${MAX_BYTES} bytes`);
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse(`failed to parse JSON: ${text.slice(0, 200)}`);
  }
  if (!isObject(policy)) throw refuse('Filter policy must be an object');
  const rule = parseRule(policy, scope);
  const keys = listKeys(rule, '').length;
  if (keys > MAX_KEYS) throw refuse(`Filter policy has ${keys} keys; at most ${MAX_KEYS} are allowed`);
  const combinations = countCombinations(rule, 1);
  if (combinations > MAX_COMBINATIONS)
    throw refuse(
      `Filter policy is too complex: ${combinations} combinations; at most ${MAX_COMBINATIONS} are allowed`,
    );
  return { scope, rule };
}

function parseRule(policy: Readonly<Record<string, unknown>>, scope: FilterPolicy['scope']): FilterRule {
  const keys: FilterRule['keys'][number][] = [];
  const nested: FilterRule['nested'][number][] = [];
  const alternatives: FilterRule[][] = [];
  for (const [name, value] of Object.entries(policy)) {
    if (name === '$or' && isAlternatives(value)) alternatives.push(value.map((one) => parseRule(one, scope)));
    else if (Array.isArray(value)) {
      if (value.length === 0) throw refuse(`Empty arrays are not allowed: ${name}`);
      keys.push({ name, conditions: value.map((one) => parseCondition(name, one)) });
    } else if (isObject(value)) {
      if (scope === 'MessageAttributes')
        throw refuse(`Filter policy scope MessageAttributes does not support nested filter policy: ${name}`);
      if (Object.keys(value).length === 0) throw refuse(`Empty objects are not allowed: ${name}`);
      nested.push({ name, rule: parseRule(value, scope) });
    } else throw refuse(`"${name}" must be an object or an array, not ${JSON.stringify(value)}`);
  }
  return { keys, nested, alternatives };
}

function parseCondition(key: string, condition: unknown): Condition {
  if (isScalar(condition)) return onValue((value) => value === condition);
  if (!isObject(condition))
    throw refuse(
      `Match value must be String, number, true, false, or null: ${key}: ${JSON.stringify(condition)}`,
    );
  const [operator, operand] = oneMember(key, condition);
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean')
        throw refuse(
          `${key}: exists match pattern must be either true or false, not ${JSON.stringify(operand)}`,
        );
      return operand ? onValue(() => true) : { test: () => false, onAbsence: true };
    case 'anything-but': {
      const excluded = parseExcluded(key, operand);
      return onValue((value) => !excluded.some((test) => test(value)));
    }
    case 'numeric':
      return onValue(parseNumeric(key, operand));
    case 'cidr':
      return onValue(parseCidr(key, operand));
    default:
      return onValue(parseText(key, operator, operand));
  }
}

function parseText(key: string, operator: string, operand: unknown): Condition['test'] {
  const tests: Readonly<Record<string, (value: string, text: string) => boolean>> = {
    prefix: (value, text) => value.startsWith(text),
    suffix: (value, text) => value.endsWith(text),
    'equals-ignore-case': (value, text) => value.toLowerCase() === text.toLowerCase(),
  };
  const test = Object.hasOwn(tests, operator) ? tests[operator] : undefined;
  if (test === undefined) throw refuse(`${key}: Unrecognized match type ${operator}`);
  if (typeof operand !== 'string')
    throw refuse(`${key}: ${operator} match pattern must be a string, not ${JSON.stringify(operand)}`);
  return (value) => typeof value === 'string' && test(value, operand);
}

/** A value, a list of values of one type, or a prefix, suffix or such. */
function parseExcluded(key: string, operand: unknown): Condition['test'][] {
  if (isObject(operand)) {
    const [operator, text] = oneMember(key, operand);
    return [parseText(key, operator, text)];
  }
  const list: unknown[] = Array.isArray(operand) ? operand : [operand];
  const types = new Set(list.map((one) => typeof one));
  const isAllowed = list.every((one) => typeof one === 'string' || typeof one === 'number');
  if (list.length === 0 || !isAllowed || types.size > 1)
    throw refuse(
      `${key}: anything-but takes strings or numbers, not both nor anything else: ${JSON.stringify(operand)}`,
    );
  return list.map((one) => (value: Scalar) => value === one);
}

/** `["=", n]`, `["<", n]`, `[">", low, "<=", high]` and so on: the lower bound stands first. */
function parseNumeric(key: string, operand: unknown): Condition['test'] {
  const shown = JSON.stringify(operand);
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4))
    throw refuse(
      `${key}: Value of numeric must be an array of one or two operators, each with a number: ${shown}`,
    );
  const [first, low, second, high] = operand as unknown[];
  const lower = compare(key, first, low);
  if (operand.length === 2) return (value) => typeof value === 'number' && lower(value);
  if ((first !== '>' && first !== '>=') || (second !== '<' && second !== '<='))
    throw refuse(`${key}: Bad numeric range operators: ${shown}`);
  const upper = compare(key, second, high);
  if (Number(low) >= Number(high)) throw refuse(`${key}: Bottom must be less than top: ${shown}`);
  return (value) => typeof value === 'number' && lower(value) && upper(value);
}

function compare(key: string, operator: unknown, bound: unknown): (value: number) => boolean {
  if (typeof bound !== 'number' || Math.abs(bound) > MAX_NUMBER)
    throw refuse(
      `${key}: Value of ${operator} must be numeric, from -${MAX_NUMBER} to ${MAX_NUMBER}: ${JSON.stringify(bound)}`,
    );
  switch (operator) {
    case '=':
      return (value) => value === bound;
    case '<':
      return (value) => value < bound;
    case '<=':
      return (value) => value <= bound;
    case '>':
      return (value) => value > bound;
    case '>=':
      return (value) => value >= bound;
    default:
      throw refuse(`${key}: Unrecognized numeric range operator: ${JSON.stringify(operator)}`);
  }
}

function parseCidr(key: string, operand: unknown): Condition['test'] {
  const [address = '', bits = ''] = typeof operand === 'string' ? operand.split('/') : [];
  const version = isIP(address);
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128))
    throw refuse(`${key}: cidr takes an address range such as 10.0.0.0/24, not ${JSON.stringify(operand)}`);
  const range = new BlockList();
  range.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return (value) =>
    typeof value === 'string' &&
    isIP(value) === version &&
    range.check(value, version === 4 ? 'ipv4' : 'ipv6');
}

function oneMember(key: string, value: Readonly<Record<string, unknown>>): readonly [string, unknown] {
  const [first, ...more] = Object.entries(value);
  if (first && more.length === 0) return first;
  throw refuse(`${key}: Only one key allowed in match expression: ${JSON.stringify(value)}`);
}

/** Any other value of `$or` makes it a key like all others. */
function isAlternatives(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 1 && value.every((one) => isObject(one) && !isOperator(one));
}

function isOperator(value: Readonly<Record<string, unknown>>): boolean {
  const operators = ['exists', 'anything-but', 'numeric', 'cidr', 'prefix', 'suffix', 'equals-ignore-case'];
  return Object.keys(value).some((key) => operators.includes(key));
}

function listKeys(rule: FilterRule, path: string): string[] {
  const found = [
    ...rule.keys.map(({ name }) => `${path}${name}`),
    ...rule.nested.flatMap(({ name, rule: inner }) => listKeys(inner, `${path}${name}.`)),
    ...rule.alternatives.flat().flatMap((inner) => listKeys(inner, path)),
  ];
  return [...new Set(found)];
}

/** The product over all keys of their values, times how deep they are nested; alternatives add up. */
function countCombinations(rule: FilterRule, depth: number): number {
  const factors = [
    ...rule.keys.map(({ conditions }) => conditions.length * depth),
    ...rule.nested.map(({ rule: inner }) => countCombinations(inner, depth + 1)),
    ...rule.alternatives.map((rules) =>
      rules.reduce((sum, inner) => sum + countCombinations(inner, depth), 0),
    ),
  ];
  return factors.reduce((product, factor) => product * factor, 1);
}

function onValue(test: Condition['test']): Condition {
  return { test, onAbsence: false };
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(reason: string): Error {
  return invalidParameter('FilterPolicy', reason);
}
