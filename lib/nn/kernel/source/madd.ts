/**
 * a × b + c. With relaxed SIMD it rounds once wherever the processor can fuse (`isFused` in product.ts tells); without,
 * twice.
 */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return f32x4.relaxed_madd(a, b, c);
  } else {
    return f32x4.add(f32x4.mul(a, b), c);
  }
}

/** 1 where `madd` rounds once: (1 + 2⁻¹²)² − 1 − 2⁻¹¹ is 2⁻²⁴ then, else 0. */
export function isFused(): i32 {
  const x = f32x4.splat(<f32>1.000244140625);
  const y = f32x4.splat(<f32>-1.00048828125);
  return f32x4.extract_lane(madd(x, x, y), 0) != 0 ? 1 : 0;
}
