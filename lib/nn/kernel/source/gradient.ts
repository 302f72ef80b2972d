/** Gradients of weights: one product over all steps and sequences of a shard, both operands packed first. */
import { PACK_ROWS } from '../layout';
import { multiplyTransposed } from './product';

/**
 * dW = [X, H]ᵀ · dZ and db = column sums of dZ, where `rows` (a multiple of 4) counts steps × sequences. Row i of the
 * second operand is row i + `shift` of `hidden`, and zero where there is none: the state before.
 *
 * @param xColumns 0 without a first operand @param units 0 without a second one
 * @param bias 0 where nobody wants the sums
 * @param packed room for (xColumns + units) × min(rows, PACK_ROWS) floats @param panel for 8 × the same
 */
export function multiplyForWeights(
  x: usize,
  xColumns: i32,
  hidden: usize,
  units: i32,
  shift: i32,
  dz: usize,
  columns: i32,
  rows: i32,
  dw: usize,
  bias: usize,
  packed: usize,
  panel: usize,
): void {
  const width = xColumns + units;
  for (let from = 0; from < rows; from += PACK_ROWS) {
    const depth = min(PACK_ROWS, rows - from);
    packColumns(x, xColumns, from, depth, 0, rows, packed);
    packColumns(hidden, units, from, depth, shift, rows, packed + ((<usize>xColumns * <usize>depth) << 2));
    for (let column = 0; column < columns; column += 8) {
      packPanel(dz, columns, from, depth, column, panel, bias);
      multiplyTransposed(packed, width, depth, panel, from > 0, dw + (<usize>column << 2), columns);
    }
  }
}

/** Blocks of 4 columns, row after row. */
function packColumns(source: usize, width: i32, from: i32, depth: i32, shift: i32, rows: i32, target: usize): void {
  const stride = <usize>width << 2;
  for (let column = 0; column < width; column += 4) {
    for (let k = 0; k < depth; ++k) {
      const row = from + k + shift;
      const there = row >= 0 && row < rows;
      const value = there ? v128.load(source + <usize>row * stride + (<usize>column << 2)) : f32x4.splat(0);
      v128.store(target, value);
      target += 16;
    }
  }
}

/** 8 columns, row after row, and their sums. */
function packPanel(source: usize, stride: i32, from: i32, depth: i32, column: i32, panel: usize, bias: usize): void {
  const bytes = <usize>stride << 2;
  let at = source + <usize>from * bytes + (<usize>column << 2);
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  const sums = bias + (<usize>column << 2);
  if (bias != 0 && from > 0) {
    sum0 = v128.load(sums);
    sum1 = v128.load(sums, 16);
  }
  for (let k = 0; k < depth; ++k) {
    const v0 = v128.load(at);
    const v1 = v128.load(at, 16);
    v128.store(panel, v0);
    v128.store(panel, v1, 16);
    sum0 = f32x4.add(sum0, v0);
    sum1 = f32x4.add(sum1, v1);
    panel += 32;
    at += bytes;
  }
  if (bias != 0) {
    v128.store(sums, sum0);
    v128.store(sums, sum1, 16);
  }
}
