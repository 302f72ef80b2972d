/** Sigmoid and tanh of four numbers at a time, to about 2 units in the last place. NaN stays NaN. */
import { madd } from './madd';

/** 1.5 × 2²³: adding it rounds to a whole number, which then stands in the low bits. */
const ROUNDER: f32 = 12582912;
const LOG2_E: f32 = 1.44269504088896341;
/** ln 2 in two parts, the first one short enough for n × it to be exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/**
 * (e^r − 1) for |r| ≤ ln 2 / 2, from its Taylor series up to r⁷ / 7!: the next term is below 1.5e-8 of the result.
 */
@inline
function expm1Near(r: v128): v128 {
  let p = madd(f32x4.splat(1.0 / 5040.0), r, f32x4.splat(1.0 / 720.0));
  p = madd(p, r, f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  return madd(f32x4.mul(p, r), r, r);
}

/** 1 / (1 + e^−x). Below −87 it stays at 1.6e-38. */
@inline
export function sigmoid4(x: v128): v128 {
  const y = f32x4.min(f32x4.max(f32x4.neg(x), f32x4.splat(-87)), f32x4.splat(87));
  const shifted = madd(y, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  const r = madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), y));
  const power = i32x4.add(i32x4.shl(shifted, 23), f32x4.splat(1));
  const e = madd(power, expm1Near(r), power);
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), e));
}

/** (e^2x − 1) / (e^2x + 1), with e^2x − 1 formed without cancellation. Beyond ±9.02 it is ±1 in 32 bits. */
@inline
export function tanh4(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-9.02)), f32x4.splat(9.02));
  const y = f32x4.add(clamped, clamped);
  const shifted = madd(y, f32x4.splat(LOG2_E), f32x4.splat(ROUNDER));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDER));
  const r = madd(n, f32x4.splat(-LN2_LOW), madd(n, f32x4.splat(-LN2_HIGH), y));
  const power = i32x4.add(i32x4.shl(shifted, 23), f32x4.splat(1));
  const e = madd(power, expm1Near(r), f32x4.sub(power, f32x4.splat(1)));
  return f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
}

/** For the tests: `count` numbers, a multiple of 4, in place. */
export function sigmoidAll(at: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) v128.store(at + (i << 2), sigmoid4(v128.load(at + (i << 2))));
}

export function tanhAll(at: usize, count: i32): void {
  for (let i = 0; i < count; i += 4) v128.store(at + (i << 2), tanh4(v128.load(at + (i << 2))));
}
