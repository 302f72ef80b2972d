/** Sigmoid and tanh of four numbers at a time, to about 2 units in the last place. NaN stays NaN. */
import { madd } from './madd';

/**
 * The constants, in memory: V8 puts together each constant vector anew from a 64-bit number, in three instructions;
 * a broadcasting load is one. `pmin` and `pmax` are one as well, `min` and `max` are seven; the order of their operands
 * lets NaN through.
 */
const CONSTANTS: usize = memory.data<f32>([
  1.44269504088896341, // log2 e
  12582912, // 1.5 × 2²³: adding it rounds to a whole number, which then stands in the low bits
  -0.693359375, // −ln 2 in two parts, the first one short enough for whole number × it to be exact
  2.1219444e-4,
  1.0 / 5040.0, // Taylor's series of e^r, from r⁷ down to r²
  1.0 / 720.0,
  1.0 / 120.0,
  1.0 / 24.0,
  1.0 / 6.0,
  0.5,
  1,
  2,
  -87,
  87,
  -9.02,
  9.02,
]);

@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/**
 * e^y − 1 for |y| ≤ 87, without cancellation near 0: 2ⁿ (e^r − 1) + (2ⁿ − 1) with |r| ≤ ln 2 / 2. The series' next term
 * is below 1.5e-8 of its sum.
 */
@inline
function expm1(y: v128): v128 {
  const rounder = constant(1);
  const shifted = madd(y, constant(0), rounder);
  const n = f32x4.sub(shifted, rounder);
  const r = madd(n, constant(3), madd(n, constant(2), y));
  let p = madd(constant(4), r, constant(5));
  p = madd(p, r, constant(6));
  p = madd(p, r, constant(7));
  p = madd(p, r, constant(8));
  p = madd(p, r, constant(9));
  p = madd(f32x4.mul(p, r), r, r);
  const one = constant(10);
  const power = i32x4.add(i32x4.shl(shifted, 23), one);
  return madd(power, p, f32x4.sub(power, one));
}

/** 1 / (1 + e^−x). Below −87 it stays at 1.6e-38. */
@inline
export function sigmoid4(x: v128): v128 {
  const y = f32x4.pmin(f32x4.pmax(f32x4.neg(x), constant(12)), constant(13));
  return f32x4.div(constant(10), f32x4.add(expm1(y), constant(11)));
}

/** (e^2x − 1) / (e^2x + 1). Beyond ±9.02 it is ±1 in 32 bits. */
@inline
export function tanh4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(x, constant(14)), constant(15));
  const e = expm1(f32x4.add(clamped, clamped));
  return f32x4.div(e, f32x4.add(e, constant(11)));
}

/** For the tests: `count` numbers, a multiple of 4, in place. */
export function sigmoidAll(at: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) v128.store(at + (i << 2), sigmoid4(v128.load(at + (i << 2))));
}

export function tanhAll(at: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) v128.store(at + (i << 2), tanh4(v128.load(at + (i << 2))));
}
