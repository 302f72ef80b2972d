/**
 * The language of label criteria, from loosest to tightest binding:
 *
 *   or · and · not · < <= > >= == != · + - · * / · - (sign) · names, numbers, functions, ( )
 *
 * Recursive descent over tokens; types are checked on the way, so that what is parsed can be evaluated.
 */
import { nearestName } from '../base/nearest-name.ts';
import {
  type BinaryExpression,
  type Expression,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  type FunctionSignature,
  typeOf,
  type ValueType,
} from './expression.ts';
import { badExpression, type Token, tokenize } from './tokenize.ts';

/** Parentheses, signs and functions within one another. */
const DEEPEST = 100;
const COMPARISONS: readonly string[] = ['<', '<=', '>', '>=', '==', '!='];
const KEYWORDS: readonly string[] = ['and', 'or', 'not'];

interface Reader {
  readonly text: string;
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/**
 * @returns a condition
 * @throws LabelError `bad-expression` that tells the character, what stands there and what may
 */
export function parseCondition(text: string): Expression {
  const reader: Reader = { text, tokens: tokenize(text), at: 0, depth: 0 };
  const expression = readOr(reader);
  const rest = peek(reader);
  if (rest.kind !== 'end') {
    const chained = COMPARISONS.includes(rest.text) ? '; comparisons are joined with and' : '';
    throw wrong(reader, rest, `${rest.text} is one too many${chained}`);
  }
  expect(reader, expression, 'condition', 'a criterion');
  return expression;
}

function readOr(reader: Reader): Expression {
  return readChain(reader, ['or'], 'condition', readAnd);
}

function readAnd(reader: Reader): Expression {
  return readChain(reader, ['and'], 'condition', readNot);
}

function readNot(reader: Reader): Expression {
  const token = peek(reader);
  if (!takeWord(reader, ['not'])) return readComparison(reader);
  const operand = descend(reader, readNot);
  expect(reader, operand, 'condition', 'not');
  return { kind: 'not', operand, at: token.at };
}

function readComparison(reader: Reader): Expression {
  const left = readSum(reader);
  const token = peek(reader);
  const operator = takeWord(reader, COMPARISONS);
  if (operator === undefined) return left;
  const right = readSum(reader);
  expect(reader, left, 'number', operator);
  expect(reader, right, 'number', operator);
  return { kind: 'binary', operator: operator as BinaryExpression['operator'], left, right, at: token.at };
}

function readSum(reader: Reader): Expression {
  return readChain(reader, ['+', '-'], 'number', readProduct);
}

function readProduct(reader: Reader): Expression {
  return readChain(reader, ['*', '/'], 'number', readSign);
}

function readSign(reader: Reader): Expression {
  const token = peek(reader);
  if (!takeWord(reader, ['-'])) return readPrimary(reader);
  const operand = descend(reader, readSign);
  expect(reader, operand, 'number', '-');
  return { kind: 'negate', operand, at: token.at };
}

/** Left to right: a - b - c is (a - b) - c. */
function readChain(
  reader: Reader,
  operators: readonly BinaryExpression['operator'][],
  type: ValueType,
  readOperand: (reader: Reader) => Expression,
): Expression {
  let left = readOperand(reader);
  for (;;) {
    const { at } = peek(reader);
    const operator = takeWord(reader, operators);
    if (operator === undefined) return left;
    const right = readOperand(reader);
    expect(reader, left, type, operator);
    expect(reader, right, type, operator);
    left = { kind: 'binary', operator: operator as BinaryExpression['operator'], left, right, at };
  }
}

function readPrimary(reader: Reader): Expression {
  const token = peek(reader);
  if (token.kind === 'number') {
    reader.at++;
    return { kind: 'number', value: token.value, at: token.at };
  }
  if (token.kind === 'name' && (token.quoted || !KEYWORDS.includes(token.name))) {
    reader.at++;
    if (!token.quoted && peek(reader).text === '(') return readCall(reader, token.name, token);
    return { kind: 'column', name: token.name, at: token.at };
  }
  if (takeWord(reader, ['('])) {
    const inner = descend(reader, readOr);
    close(reader, 'the parenthesis');
    return inner;
  }
  const found = token.kind === 'end' ? 'something is missing' : `${token.text} stands where it cannot`;
  throw wrong(reader, token, `${found}: a column, a number, a function or ( is expected`);
}

function readCall(reader: Reader, given: string, token: Token): Expression {
  const name = FUNCTION_NAMES.find((known) => known === given);
  if (name === undefined) {
    const near = nearestName(given, FUNCTION_NAMES);
    const hint = near === undefined ? `known are ${FUNCTION_NAMES.join(', ')}` : `did you mean ${near}?`;
    throw wrong(reader, token, `there is no function ${given}; ${hint}`);
  }
  reader.at++;
  const signature: FunctionSignature = FUNCTIONS[name];
  const usage = describeUsage(name);
  const operand = descend(reader, readOr);
  expect(reader, operand, 'number', name);
  const settings = signature.settings.map((setting) => {
    const next = peek(reader);
    if (setting.default !== undefined && next.text === ')') return setting.default;
    if (!takeWord(reader, [','])) throw wrong(reader, next, `${name} lacks its ${setting.name}: ${usage}`);
    return readSetting(reader, setting.type, usage);
  });
  close(reader, usage);
  return { kind: 'call', name, operand, settings, at: token.at };
}

/** Plain constants: a look-back that changes from row to row could not be told beforehand. */
function readSetting(reader: Reader, type: 'duration' | 'number', usage: string): number {
  const token = peek(reader);
  if (token.kind !== 'number')
    throw wrong(reader, token, `a ${type} is expected, not ${token.text || 'the end'}: ${usage}`);
  reader.at++;
  if (type === 'number') {
    if (token.duration === undefined) return token.value;
    throw wrong(reader, token, `a number is expected, not the duration ${token.text}: ${usage}`);
  }
  if (token.duration !== undefined && token.duration > 0) return token.duration;
  throw wrong(reader, token, `a duration such as 5m or 1h is expected, not ${token.text}: ${usage}`);
}

function describeUsage(name: FunctionName): string {
  const signature: FunctionSignature = FUNCTIONS[name];
  const settings = signature.settings.map((setting) =>
    setting.default === undefined ? `, ${setting.name}` : `[, ${setting.name}]`,
  );
  return `${name}(x${settings.join('')})`;
}

function close(reader: Reader, what: string): void {
  const token = peek(reader);
  if (takeWord(reader, [')'])) return;
  const found = token.kind === 'end' ? ') is missing' : `) is expected, not ${token.text}`;
  throw wrong(reader, token, `${found} after ${what}`);
}

function expect(reader: Reader, expression: Expression, type: ValueType, where: string): void {
  const given = typeOf(expression);
  if (given === type) return;
  const [needs, is] =
    type === 'number' ? ['a number', 'a condition'] : ['a condition such as x > 5', 'a number'];
  throw badExpression(reader.text, expression.at, `${where} needs ${needs}, and this is ${is}`);
}

function descend(reader: Reader, read: (reader: Reader) => Expression): Expression {
  if (++reader.depth > DEEPEST)
    throw wrong(
      reader,
      peek(reader),
      `more than ${DEEPEST} parentheses, signs and functions within one another`,
    );
  const expression = read(reader);
  reader.depth--;
  return expression;
}

/** Undefined where something else stands there. */
function takeWord(reader: Reader, words: readonly string[]): string | undefined {
  const token = peek(reader);
  const isWord = token.kind === 'symbol' || (token.kind === 'name' && !token.quoted);
  if (!isWord || !words.includes(token.text)) return undefined;
  reader.at++;
  return token.text;
}

function peek(reader: Reader): Token {
  return reader.tokens[reader.at]!;
}

function wrong(reader: Reader, token: Token, problem: string): Error {
  return badExpression(reader.text, token.at, problem);
}
