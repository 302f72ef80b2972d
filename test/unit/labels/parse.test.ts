import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LabelError } from '../../../lib/base/errors.ts';
import { columnsOf, type Expression } from '../../../lib/labels/expression.ts';
import { parseCondition } from '../../../lib/labels/parse.ts';

/** Fully parenthesized, prefix notation. */
function show(node: Expression): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'column':
      return `[${node.name}]`;
    case 'negate':
      return `(neg ${show(node.operand)})`;
    case 'not':
      return `(not ${show(node.operand)})`;
    case 'call':
      return `(${[node.name, show(node.operand), ...node.settings].join(' ')})`;
    case 'binary':
      return `(${node.operator} ${show(node.left)} ${show(node.right)})`;
  }
}

test('precedence and associativity', () => {
  const cases: [text: string, tree: string][] = [
    ['a > 1 or b > 2 and c > 3', '(or (> [a] 1) (and (> [b] 2) (> [c] 3)))'],
    ['(a > 1 or b > 2) and c > 3', '(and (or (> [a] 1) (> [b] 2)) (> [c] 3))'],
    ['not a > 1 and b > 2', '(and (not (> [a] 1)) (> [b] 2))'],
    ['not not a > 1', '(not (not (> [a] 1)))'],
    ['a - b - c > 0', '(> (- (- [a] [b]) [c]) 0)'],
    ['a / b / c * d == 0', '(== (* (/ (/ [a] [b]) [c]) [d]) 0)'],
    ['a + b * c != -d', '(!= (+ [a] (* [b] [c])) (neg [d]))'],
    ['-a * --b <= 0', '(<= (* (neg [a]) (neg (neg [b]))) 0)'],
  ];
  for (const [text, tree] of cases) assert.equal(show(parseCondition(text)), tree, text);
});

test('numbers carry units, and a duration is its seconds', () => {
  const cases: [text: string, value: number][] = [
    ['95%', 0.95],
    ['1.5k', 1500],
    ['2M', 2e6],
    ['500Mi', 500 * 2 ** 20],
    ['.5Gi', 2 ** 29],
    ['500ms', 0.5],
    ['5m', 300],
    ['1h30m', 5400],
    ['1e-3', 0.001],
    ['0.1', 0.1],
  ];
  for (const [text, value] of cases) {
    const expression = parseCondition(`x > ${text}`);
    assert.ok(expression.kind === 'binary' && expression.right.kind === 'number');
    assert.equal(expression.right.value, value, text);
  }
});

test('functions take a number and constants', () => {
  assert.equal(show(parseCondition('increase(restarts, 5m) > 0')), '(> (increase [restarts] 300000) 0)');
  assert.equal(show(parseCondition('jump(cpu, 3)')), '(jump [cpu] 3 86400000)');
  assert.equal(show(parseCondition('jump(-cpu / 2, 3.5, 7d)')), '(jump (/ (neg [cpu]) 2) 3.5 604800000)');
  assert.equal(show(parseCondition('mean(max(x, 5m), 1h) > 1')), '(> (mean (max [x] 300000) 3600000) 1)');
  assert.equal(show(parseCondition('not missing(abs(x))')), '(not (missing (abs [x])))');
});

test('quoted names may hold anything, and be called as a word of the language is', () => {
  assert.equal(show(parseCondition('"odd name-1" > `b``x`')), '(> [odd name-1] [b`x])');
  assert.equal(show(parseCondition('"a ""b""" > 0 or "or" > 0')), '(or (> [a "b"] 0) (> [or] 0))');
  assert.equal(show(parseCondition('max > 0')), '(> [max] 0)');
  assert.equal(show(parseCondition('"mean" > 0')), '(> [mean] 0)');
});

test('columns that are read, with the place of their first mention', () => {
  assert.deepEqual(
    [...columnsOf(parseCondition('mean(a, 5m) > b and not -a < c'))],
    [
      ['a', 5],
      ['b', 14],
      ['c', 29],
    ],
  );
});

test('errors point at the character and tell what may stand there', () => {
  const cases: [text: string, place: string, ...says: string[]][] = [
    ['', 'at its end', 'a column, a number, a function or ( is expected'],
    ['cpu >', 'at its end', 'something is missing'],
    ['cpu', 'at character 1', 'a criterion needs a condition', 'this is a number'],
    ['cpu > 1 2', 'at character 9', '2 is one too many'],
    ['1 < cpu < 2', 'at character 9', 'comparisons are joined with and'],
    ['(cpu > 1', 'at its end', ') is missing'],
    ['cpu > (1', 'at its end', ') is missing'],
    ['(cpu > 1) + 2 > 0', 'at character 6', '+ needs a number', 'this is a condition'],
    ['cpu and mem > 1', 'at character 1', 'and needs a condition'],
    ['not cpu', 'at character 5', 'not needs a condition'],
    ['cpu && mem > 1', 'at character 5', 'write and in place of &&'],
    ['cpu > 1 || a > 1', 'at character 9', 'write or in place of ||'],
    ['!(cpu > 1)', 'at character 1', 'write not in place of !'],
    ['cpu = 1', 'at character 5', 'write == in place of ='],
    ["'cpu' > 1", 'at character 1', 'quoted with " or `'],
    ['cpu > 5 # hot', 'at character 9', '"#" means nothing here'],
    ['"cpu > 1', 'at character 1', 'the quote " is never closed'],
    ['"" > 1', 'at character 1', 'a column without a name'],
    ['cpu > 5q', 'at character 7', '5q is no number', 'Ki', 'ms'],
    ['cpu > 5constructor', 'at character 7', '5constructor is no number'],
    ['cpu > 1.2.3', 'at character 7', '1.2.3 is no number'],
    ['cpu > .', 'at character 7', '. is no number'],
    ['cpu > 400y', 'at character 7', '292 years'],
    ['means(cpu, 5m) > 1', 'at character 1', 'there is no function means', 'did you mean mean?'],
    ['zzzzzzzz(cpu) > 1', 'at character 1', 'known are increase, mean'],
    ['mean(cpu) > 1', 'at character 9', 'mean lacks its duration', 'mean(x, duration)'],
    ['mean(cpu, 5) > 1', 'at character 11', 'a duration such as 5m', 'not 5'],
    ['mean(cpu, 0s) > 1', 'at character 11', 'not 0s'],
    ['mean(cpu, d) > 1', 'at character 11', 'a duration is expected, not d'],
    ['jump(cpu, 5m)', 'at character 11', 'a number is expected, not the duration 5m'],
    ['jump(cpu, 3, 1d, 4)', 'at character 16', ') is expected, not ,', 'jump(x, threshold[, duration])'],
    ['mean(cpu > 1, 5m) > 0', 'at character 10', 'mean needs a number'],
    [`${'('.repeat(101)}a > 1`, 'at character 102', 'more than 100'],
  ];
  for (const [text, place, ...says] of cases) {
    assert.throws(
      () => parseCondition(text),
      (error: unknown) => {
        assert.ok(error instanceof LabelError, text);
        assert.equal(error.code, 'bad-expression');
        assert.ok(error.message.startsWith(`${JSON.stringify(text)}: ${place}, `), error.message);
        for (const part of says) assert.ok(error.message.includes(part), `${error.message} lacks ${part}`);
        return true;
      },
    );
  }
  assert.throws(
    () => parseCondition(`x > ${'1'.repeat(2000)}`),
    /has 2004 characters, and the limit is 2000/,
  );
});

test('any text parses or is a LabelError', () => {
  const word = fc.constantFrom(
    'a',
    '"b c"',
    '5m',
    '3',
    '95%',
    '(',
    ')',
    ',',
    '>',
    '==',
    '-',
    '+',
    'and',
    'or',
    'not',
    'mean',
    'jump',
    '!',
    '.',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word).map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseCondition(given);
      } catch (error) {
        assert.ok(error instanceof LabelError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
