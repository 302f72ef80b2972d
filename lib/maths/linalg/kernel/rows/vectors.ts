/**
 * Products over vectors that may lie anywhere, one after the other or one half over the next: a list has their
 * addresses. Tiles are 4 × 4, eight sums beside two vectors and a broadcast, and no loop is unrolled, so that all stay
 * in registers (docs/decisions/0013). Each sum is one chain in a fixed order.
 */
import { madd, maddSingles } from './madd';

/**
 * squares[b] = Σ_i (start_i + Σ_k m_ik u_bk)².
 *
 * @param vectors uint32 addresses; `count` is a multiple of 4
 * @param matrix panels of 4 rows i, each with 4 numbers per k: from k = i on where it is a triangle, else from 0
 * @param size of the vectors; rows beyond it, up to a multiple of 4, are 0
 * @param sums scratch: 16 bytes a vector
 * @param parts where each square of the sum goes, a multiple of 4 a vector; 0: nowhere
 */
export function squareProducts(
  vectors: usize,
  count: i32,
  matrix: usize,
  size: i32,
  isTriangle: bool,
  start: usize,
  sums: usize,
  squares: usize,
  parts: usize,
): void {
  const padded = (size + 3) & ~3;
  const end: usize = <usize>count << 2;
  memory.fill(sums, 0, <usize>count << 4);
  for (let i = 0; i < size; i += 4) {
    const first: usize = isTriangle ? <usize>i << 3 : 0;
    const depth = isTriangle ? size - i : size;
    const i0 = v128.load(start + (<usize>i << 3));
    const i1 = v128.load(start + (<usize>i << 3), 16);
    for (let b: usize = 0; b < end; b += 16) {
      let u0 = <usize>load<u32>(vectors + b) + first;
      let u1 = <usize>load<u32>(vectors + b, 4) + first;
      let u2 = <usize>load<u32>(vectors + b, 8) + first;
      let u3 = <usize>load<u32>(vectors + b, 12) + first;
      let s00 = i0;
      let s01 = i1;
      let s10 = i0;
      let s11 = i1;
      let s20 = i0;
      let s21 = i1;
      let s30 = i0;
      let s31 = i1;
      let m = matrix;
      let k = depth;
      do {
        const m0 = v128.load(m);
        const m1 = v128.load(m, 16);
        let x = v128.load64_splat(u0);
        s00 = madd(x, m0, s00);
        s01 = madd(x, m1, s01);
        x = v128.load64_splat(u1);
        s10 = madd(x, m0, s10);
        s11 = madd(x, m1, s11);
        x = v128.load64_splat(u2);
        s20 = madd(x, m0, s20);
        s21 = madd(x, m1, s21);
        x = v128.load64_splat(u3);
        s30 = madd(x, m0, s30);
        s31 = madd(x, m1, s31);
        m += 32;
        u0 += 8;
        u1 += 8;
        u2 += 8;
        u3 += 8;
      } while (--k > 0);
      s00 = f64x2.mul(s00, s00);
      s01 = f64x2.mul(s01, s01);
      s10 = f64x2.mul(s10, s10);
      s11 = f64x2.mul(s11, s11);
      s20 = f64x2.mul(s20, s20);
      s21 = f64x2.mul(s21, s21);
      s30 = f64x2.mul(s30, s30);
      s31 = f64x2.mul(s31, s31);
      if (parts != 0) {
        const row: usize = <usize>padded << 3;
        const at = parts + (b >> 2) * row + (<usize>i << 3);
        v128.store(at, s00);
        v128.store(at, s01, 16);
        v128.store(at + row, s10);
        v128.store(at + row, s11, 16);
        v128.store(at + 2 * row, s20);
        v128.store(at + 2 * row, s21, 16);
        v128.store(at + 3 * row, s30);
        v128.store(at + 3 * row, s31, 16);
      }
      const q = sums + 4 * b;
      v128.store(q, f64x2.add(v128.load(q), f64x2.add(s00, s01)));
      v128.store(q, f64x2.add(v128.load(q, 16), f64x2.add(s10, s11)), 16);
      v128.store(q, f64x2.add(v128.load(q, 32), f64x2.add(s20, s21)), 32);
      v128.store(q, f64x2.add(v128.load(q, 48), f64x2.add(s30, s31)), 48);
    }
    matrix += <usize>depth << 5;
  }
  for (let b: usize = 0; b < <usize>count; b++) {
    const q = v128.load(sums + 16 * b);
    store<f64>(squares + 8 * b, f64x2.extract_lane(q, 0) + f64x2.extract_lane(q, 1));
  }
}

/**
 * The same in float32 for a triangle: tiles of 4 vectors × 8 rows, with four numbers to a register.
 *
 * @param matrix panels of 8 rows i, each with 8 numbers per k from k = i on
 * @param start float32; rows beyond the size, up to a multiple of 8, are 0
 * @param squares float64
 */
export function squareSingles(
  vectors: usize,
  count: i32,
  matrix: usize,
  size: i32,
  start: usize,
  sums: usize,
  squares: usize,
): void {
  const end: usize = <usize>count << 2;
  memory.fill(sums, 0, <usize>count << 4);
  for (let i = 0; i < size; i += 8) {
    const first: usize = <usize>i << 2;
    const i0 = v128.load(start + first);
    const i1 = v128.load(start + first, 16);
    for (let b: usize = 0; b < end; b += 16) {
      let u0 = <usize>load<u32>(vectors + b) + first;
      let u1 = <usize>load<u32>(vectors + b, 4) + first;
      let u2 = <usize>load<u32>(vectors + b, 8) + first;
      let u3 = <usize>load<u32>(vectors + b, 12) + first;
      let s00 = i0;
      let s01 = i1;
      let s10 = i0;
      let s11 = i1;
      let s20 = i0;
      let s21 = i1;
      let s30 = i0;
      let s31 = i1;
      let m = matrix;
      let k = size - i;
      do {
        const m0 = v128.load(m);
        const m1 = v128.load(m, 16);
        let x = v128.load32_splat(u0);
        s00 = maddSingles(x, m0, s00);
        s01 = maddSingles(x, m1, s01);
        x = v128.load32_splat(u1);
        s10 = maddSingles(x, m0, s10);
        s11 = maddSingles(x, m1, s11);
        x = v128.load32_splat(u2);
        s20 = maddSingles(x, m0, s20);
        s21 = maddSingles(x, m1, s21);
        x = v128.load32_splat(u3);
        s30 = maddSingles(x, m0, s30);
        s31 = maddSingles(x, m1, s31);
        m += 32;
        u0 += 4;
        u1 += 4;
        u2 += 4;
        u3 += 4;
      } while (--k > 0);
      const q = sums + 4 * b;
      v128.store(q, maddSingles(s01, s01, maddSingles(s00, s00, v128.load(q))));
      v128.store(q, maddSingles(s11, s11, maddSingles(s10, s10, v128.load(q, 16))), 16);
      v128.store(q, maddSingles(s21, s21, maddSingles(s20, s20, v128.load(q, 32))), 32);
      v128.store(q, maddSingles(s31, s31, maddSingles(s30, s30, v128.load(q, 48))), 48);
    }
    matrix += <usize>(size - i) << 5;
  }
  for (let b: usize = 0; b < <usize>count; b++) {
    const q = v128.load(sums + 16 * b);
    const two = f64x2.add(
      f64x2.promote_low_f32x4(q),
      f64x2.promote_low_f32x4(i8x16.shuffle(q, q, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)),
    );
    store<f64>(squares + 8 * b, f64x2.extract_lane(two, 0) + f64x2.extract_lane(two, 1));
  }
}

/**
 * sums[i × padded + j] += Σ_b u_bi u_bj for tiles that reach i <= j. Vectors are read up to a multiple of 4 entries;
 * what lies past their size ends in sums that nobody reads.
 *
 * @param count at least 1
 */
export function addOuterProducts(vectors: usize, count: i32, size: i32, sums: usize): void {
  const padded = (size + 3) & ~3;
  const row: usize = <usize>padded << 3;
  for (let i = 0; i < size; i += 4) {
    const left: usize = <usize>i << 3;
    for (let j = i; j < size; j += 4) {
      const right: usize = <usize>j << 3;
      let s00 = f64x2.splat(0);
      let s01 = f64x2.splat(0);
      let s10 = f64x2.splat(0);
      let s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0);
      let s21 = f64x2.splat(0);
      let s30 = f64x2.splat(0);
      let s31 = f64x2.splat(0);
      let p = vectors;
      let b = count;
      do {
        const u = <usize>load<u32>(p);
        const v0 = v128.load(u + right);
        const v1 = v128.load(u + right, 16);
        const a = u + left;
        let x = v128.load64_splat(a);
        s00 = madd(x, v0, s00);
        s01 = madd(x, v1, s01);
        x = v128.load64_splat(a, 8);
        s10 = madd(x, v0, s10);
        s11 = madd(x, v1, s11);
        x = v128.load64_splat(a, 16);
        s20 = madd(x, v0, s20);
        s21 = madd(x, v1, s21);
        x = v128.load64_splat(a, 24);
        s30 = madd(x, v0, s30);
        s31 = madd(x, v1, s31);
        p += 4;
      } while (--b > 0);
      const at = sums + <usize>i * row + right;
      addPair(at, s00, s01);
      addPair(at + row, s10, s11);
      addPair(at + 2 * row, s20, s21);
      addPair(at + 3 * row, s30, s31);
    }
  }
}

// @ts-ignore: a decorator of the compiler
@inline
function addPair(at: usize, a: v128, b: v128): void {
  v128.store(at, f64x2.add(v128.load(at), a));
  v128.store(at, f64x2.add(v128.load(at, 16), b), 16);
}

/** sum_k += Σ_b root_b u_bk, for k up to a multiple of 4. @param roots float64 */
export function addVectors(vectors: usize, count: i32, size: i32, roots: usize, sum: usize): void {
  const bytes: usize = <usize>size << 3;
  for (let k: usize = 0; k < bytes; k += 32) {
    let s0 = v128.load(sum + k);
    let s1 = v128.load(sum + k, 16);
    let p = vectors;
    let r = roots;
    for (let b = 0; b < count; b++) {
      const u = <usize>load<u32>(p) + k;
      const root = v128.load64_splat(r);
      s0 = madd(root, v128.load(u), s0);
      s1 = madd(root, v128.load(u, 16), s1);
      p += 4;
      r += 8;
    }
    v128.store(sum + k, s0);
    v128.store(sum + k, s1, 16);
  }
}
