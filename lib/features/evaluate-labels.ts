/**
 * A parsed criterion over all rows of a window. A condition is 1, 0 or NaN: unknown, where something that it needs was
 * not measured. Unknown spreads as in Kleene's logic: `not` keeps it, `or` is true beside one true side, `and` is false
 * beside one false side.
 */

import { LabelError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { BinaryExpression, CallExpression, Expression } from '../labels/expression.ts';
import {
  counterIncrease,
  lagValues,
  robustZ,
  rollingMax,
  rollingMean,
  rollingMedian,
  rollingMin,
} from '../labels/look-back.ts';
import type { MetricWindow } from '../window/window.ts';

type Operation = (left: number, right: number) => number;

const OPERATIONS: Readonly<Record<BinaryExpression['operator'], Operation>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => finiteOrUnknown(left / right),
  '<': (left, right) => known(left, right, left < right),
  '<=': (left, right) => known(left, right, left <= right),
  '>': (left, right) => known(left, right, left > right),
  '>=': (left, right) => known(left, right, left >= right),
  '==': (left, right) => known(left, right, left === right),
  '!=': (left, right) => known(left, right, left !== right),
  and: (left, right) => (left === 0 || right === 0 ? 0 : left * right),
  or: (left, right) => (left === 1 || right === 1 ? 1 : left + right),
};

/**
 * @param window rows that stand on its step's grid
 * @returns per row a number, or 1, 0, NaN for a condition
 * @throws LabelError `unknown-column`
 */
export function evaluate(expression: Expression, window: MetricWindow): Float64Array {
  switch (expression.kind) {
    case 'number':
      return new Float64Array(window.times.length).fill(expression.value);
    case 'column':
      return columnOf(expression.name, expression.at, window);
    case 'negate':
      return evaluate(expression.operand, window).map((value) => -value);
    case 'not':
      return evaluate(expression.operand, window).map((value) => 1 - value);
    case 'call':
      return call(expression, window);
    case 'binary': {
      const left = evaluate(expression.left, window);
      const right = evaluate(expression.right, window);
      const operation = OPERATIONS[expression.operator];
      return left.map((value, row) => operation(value, right[row]!));
    }
  }
}

function call({ name, operand, settings }: CallExpression, window: MetricWindow): Float64Array {
  const values = evaluate(operand, window);
  const [first = Number.NaN, second = Number.NaN] = settings;
  switch (name) {
    case 'increase':
      return counterIncrease(values, window, first);
    case 'mean':
      return rollingMean(values, window, first);
    case 'median':
      return rollingMedian(values, window, first);
    case 'min':
      return rollingMin(values, window, first);
    case 'max':
      return rollingMax(values, window, first);
    case 'lag':
      return lagValues(values, window, first);
    case 'jump':
      return robustZ(values, window, second).map((z) => known(z, first, z > first));
    case 'abs':
      return values.map(Math.abs);
    case 'missing':
      return values.map((value) => (Number.isNaN(value) ? 1 : 0));
  }
}

function columnOf(name: string, at: number, window: MetricWindow): Float64Array {
  const column = window.columns[window.metrics.indexOf(name)];
  if (column !== undefined) return column;
  const near = nearestName(name, window.metrics);
  const hint = near === undefined ? `it has ${window.metrics.join(', ')}` : `did you mean ${near}?`;
  throw new LabelError('unknown-column', `at character ${at + 1}, the data has no column ${name}; ${hint}`);
}

/** 1 or 0; NaN where a side is. */
function known(left: number, right: number, holds: boolean): number {
  return Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : Number(holds);
}

/** A share of nothing tells nothing. */
function finiteOrUnknown(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
