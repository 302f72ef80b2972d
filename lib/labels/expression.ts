/** A criterion once it is parsed: a tree in which every node is known to be a number or a condition. */

/** Numbers per row, or true / false / unknown per row. */
export type ValueType = 'number' | 'condition';

export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type ComparisonOperator = '<' | '<=' | '>' | '>=' | '==' | '!=';
export type LogicOperator = 'and' | 'or';

/** `at`: offset of the first character in the text, from 0. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'column'; readonly name: string; readonly at: number }
  | { readonly kind: 'negate'; readonly operand: Expression; readonly at: number }
  | { readonly kind: 'not'; readonly operand: Expression; readonly at: number }
  | BinaryExpression
  | CallExpression;

export interface BinaryExpression {
  readonly kind: 'binary';
  readonly operator: ArithmeticOperator | ComparisonOperator | LogicOperator;
  readonly left: Expression;
  readonly right: Expression;
  /** Of the operator. */
  readonly at: number;
}

export interface CallExpression {
  readonly kind: 'call';
  readonly name: FunctionName;
  /** What the function looks at. */
  readonly operand: Expression;
  /** Constants, in order: a duration in milliseconds, a threshold as it is. */
  readonly settings: readonly number[];
  readonly at: number;
}

/** What stands between a function's parentheses after its first argument, which is a number per row. */
export interface FunctionSignature {
  readonly settings: readonly {
    readonly name: string;
    readonly type: 'duration' | 'number';
    /** Of one that may be left out; those stand last. */
    readonly default?: number;
  }[];
  readonly result: ValueType;
  /** One line for people. */
  readonly summary: string;
}

const DAY = 86_400_000;
const OVER: FunctionSignature['settings'] = [{ name: 'duration', type: 'duration' }];

export type FunctionName =
  | 'increase'
  | 'mean'
  | 'median'
  | 'min'
  | 'max'
  | 'lag'
  | 'jump'
  | 'abs'
  | 'missing';

export const FUNCTIONS: Readonly<Record<FunctionName, FunctionSignature>> = {
  increase: {
    settings: OVER,
    result: 'number',
    summary: 'rise of a counter; a drop counts as a restart at 0',
  },
  mean: { settings: OVER, result: 'number', summary: 'mean of the values' },
  median: { settings: OVER, result: 'number', summary: 'median of the values' },
  min: { settings: OVER, result: 'number', summary: 'smallest value' },
  max: { settings: OVER, result: 'number', summary: 'largest value' },
  lag: { settings: OVER, result: 'number', summary: 'value so long ago' },
  jump: {
    settings: [
      { name: 'threshold', type: 'number' },
      { name: 'duration', type: 'duration', default: DAY },
    ],
    result: 'condition',
    summary: 'more than so many robust standard deviations above the median of its own past',
  },
  abs: { settings: [], result: 'number', summary: 'without its sign' },
  missing: { settings: [], result: 'condition', summary: 'nothing was measured' },
};

export const FUNCTION_NAMES: readonly FunctionName[] = Object.keys(FUNCTIONS) as FunctionName[];

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
    case 'column':
    case 'negate':
      return 'number';
    case 'not':
      return 'condition';
    case 'call':
      return FUNCTIONS[expression.name].result;
    case 'binary':
      return ['+', '-', '*', '/'].includes(expression.operator) ? 'number' : 'condition';
  }
}

/** Columns that it reads, each once, with the offset of its first mention. */
export function columnsOf(expression: Expression): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  const visit = (node: Expression): void => {
    if (node.kind === 'column' && !columns.has(node.name)) columns.set(node.name, node.at);
    if (node.kind === 'binary') {
      visit(node.left);
      visit(node.right);
    } else if (node.kind === 'negate' || node.kind === 'not' || node.kind === 'call') visit(node.operand);
  };
  visit(expression);
  return columns;
}
