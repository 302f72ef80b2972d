/**
 * a × b + c. With relaxed SIMD it rounds once wherever the processor can fuse (`isFused` tells); without, twice.
 */
// @ts-ignore: a decorator of the compiler
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f64x2.relaxed_madd(a, b, c);
  } else {
    return f64x2.add(f64x2.mul(a, b), c);
  }
}

// @ts-ignore: a decorator of the compiler
@inline
export function maddSingles(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f32x4.relaxed_madd(a, b, c);
  } else {
    return f32x4.add(f32x4.mul(a, b), c);
  }
}

/** 1 where both round once: (1 + 2⁻²⁷)² − 1 − 2⁻²⁶ is 2⁻⁵⁴ then, else 0; of float32 (1 + 2⁻¹³)² − 1 − 2⁻¹² is 2⁻²⁶. */
export function isFused(): i32 {
  const x = f64x2.splat(1.0000000074505806);
  const y = f64x2.splat(-1.0000000149011612);
  const a = f32x4.splat(1.0001220703125);
  const b = f32x4.splat(-1.000244140625);
  return f64x2.extract_lane(madd(x, x, y), 0) != 0 && f32x4.extract_lane(maddSingles(a, a, b), 0) != 0 ? 1 : 0;
}
