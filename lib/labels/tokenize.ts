import { DURATION, readDuration } from '../base/duration.ts';
import { LabelError } from '../base/errors.ts';

export type Token =
  /** A duration also counts as its number of seconds. */
  | {
      readonly kind: 'number';
      readonly value: number;
      readonly duration: number | undefined;
      readonly at: number;
      readonly text: string;
    }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly quoted: boolean;
      readonly at: number;
      readonly text: string;
    }
  | { readonly kind: 'symbol'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

/** Characters of one expression. */
export const LONGEST_EXPRESSION = 2_000;

/** What a number may be followed by. Prometheus' durations use m and lower case, Kubernetes' quantities the rest. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
]);

const SPACE = /\s+/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![.\w%])/y;
const QUANTITY = /((?:\d+(?:\.\d*)?|\.\d+))(%|[A-Za-z]+)(?![.\w%])/y;
const DURATION_TEXT = /(?:\d+[a-z]+)+(?![.\w%])/y;
const NAME = /[A-Za-z_][A-Za-z0-9_:.]*/y;
/** Double quotes or backticks; a doubled one stands for itself. */
const QUOTED = /"((?:[^"]|"")*)"|`((?:[^`]|``)*)`/y;
const SYMBOL = /<=|>=|==|!=|[-+*/<>(),]/y;

/** @throws LabelError that tells the character, counted from 1 */
export function tokenize(text: string): readonly Token[] {
  if (text.length > LONGEST_EXPRESSION)
    throw new LabelError(
      'bad-expression',
      `has ${text.length} characters, and the limit is ${LONGEST_EXPRESSION}`,
    );
  const tokens: Token[] = [];
  let at = match(SPACE, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    const token = readToken(text, at);
    tokens.push(token);
    at += token.text.length;
    at += match(SPACE, text, at)?.[0].length ?? 0;
  }
  tokens.push({ kind: 'end', text: '', at: text.length });
  return tokens;
}

/** @param at offset from 0 */
export function badExpression(text: string, at: number, problem: string): LabelError {
  const place = at >= text.length ? 'at its end' : `at character ${at + 1}`;
  return new LabelError('bad-expression', `${JSON.stringify(text)}: ${place}, ${problem}`);
}

function readToken(text: string, at: number): Token {
  const first = text[at]!;
  if (/[\d.]/.test(first)) return readNumber(text, at);
  const name = match(NAME, text, at)?.[0];
  if (name !== undefined) return { kind: 'name', name, quoted: false, at, text: name };
  const quoted = match(QUOTED, text, at);
  if (quoted) return readQuoted(text, at, quoted);
  if (first === '"' || first === '`') throw badExpression(text, at, `the quote ${first} is never closed`);
  const symbol = match(SYMBOL, text, at)?.[0];
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, at };
  throw badExpression(text, at, describeStranger(text.slice(at, at + 2)));
}

function readNumber(text: string, at: number): Token {
  const plain = match(NUMBER, text, at)?.[0];
  if (plain !== undefined)
    return { kind: 'number', value: Number(plain), duration: undefined, at, text: plain };
  const duration = match(DURATION_TEXT, text, at)?.[0];
  if (duration !== undefined && DURATION.test(duration)) {
    const milliseconds = readDuration(duration);
    if (milliseconds === undefined) throw badExpression(text, at, `${duration} is longer than 292 years`);
    return { kind: 'number', value: milliseconds / 1000, duration: milliseconds, at, text: duration };
  }
  const quantity = match(QUANTITY, text, at);
  const scaled = quantity ? scaleQuantity(quantity[1] ?? '', quantity[2] ?? '') : undefined;
  if (quantity && scaled !== undefined)
    return { kind: 'number', value: scaled, duration: undefined, at, text: quantity[0] };
  const given = /^[\w.%]+/.exec(text.slice(at))?.[0] ?? text[at];
  throw badExpression(
    text,
    at,
    `${given} is no number; after one may stand %, ${[...UNITS.keys()].join(', ')} or a duration's unit (ms, s, m, h, d, w, y)`,
  );
}

/** Percent by division: 95 × 0.01 is not 0.95. */
function scaleQuantity(digits: string, unit: string): number | undefined {
  if (unit === '%') return Number(digits) / 100;
  const scale = UNITS.get(unit);
  return scale === undefined ? undefined : Number(digits) * scale;
}

function readQuoted(text: string, at: number, found: RegExpExecArray): Token {
  const [all, double, back] = found;
  const name = double?.replaceAll('""', '"') ?? back?.replaceAll('``', '`') ?? '';
  if (name === '') throw badExpression(text, at, 'a column without a name');
  return { kind: 'name', name, quoted: true, at, text: all };
}

/** Habits of other languages. */
function describeStranger(given: string): string {
  if (given === '&&') return 'write and in place of &&';
  if (given === '||') return 'write or in place of ||';
  if (given[0] === '!') return 'write not in place of !';
  if (given[0] === '=') return 'write == in place of =';
  if (given[0] === "'") return 'column names are quoted with " or `';
  return `${JSON.stringify(given[0])} means nothing here`;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
