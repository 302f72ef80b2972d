/**
 * AssemblyScript: the products of ../products.ts. Vectors lie in a block of 128, column-major, so that two neighbours
 * fill a register; every size is a multiple of 4. Each sum is one chain in a fixed order: the same bits everywhere.
 */
const COLUMN: usize = 128 << 3;

/** sums[i × n + j] += Σ u_i u_j over the first `count` vectors (a multiple of 2), for tiles that reach i <= j. */
export function addOuterProducts(block: usize, n: i32, count: i32, sums: usize): void {
  const row: usize = <usize>n << 3;
  const end: usize = <usize>count << 3;
  for (let i = 0; i < n; i += 4) {
    for (let j = i & ~1; j < n; j += 2) {
      const a: usize = block + <usize>i * COLUMN;
      const b: usize = block + <usize>j * COLUMN;
      let s00 = f64x2.splat(0);
      let s01 = f64x2.splat(0);
      let s10 = f64x2.splat(0);
      let s11 = f64x2.splat(0);
      let s20 = f64x2.splat(0);
      let s21 = f64x2.splat(0);
      let s30 = f64x2.splat(0);
      let s31 = f64x2.splat(0);
      for (let k: usize = 0; k < end; k += 16) {
        const v0 = v128.load(b + k);
        const v1 = v128.load(b + k, COLUMN);
        let u = v128.load(a + k);
        s00 = f64x2.add(s00, f64x2.mul(u, v0));
        s01 = f64x2.add(s01, f64x2.mul(u, v1));
        u = v128.load(a + k, COLUMN);
        s10 = f64x2.add(s10, f64x2.mul(u, v0));
        s11 = f64x2.add(s11, f64x2.mul(u, v1));
        u = v128.load(a + k, 2 * COLUMN);
        s20 = f64x2.add(s20, f64x2.mul(u, v0));
        s21 = f64x2.add(s21, f64x2.mul(u, v1));
        u = v128.load(a + k, 3 * COLUMN);
        s30 = f64x2.add(s30, f64x2.mul(u, v0));
        s31 = f64x2.add(s31, f64x2.mul(u, v1));
      }
      const at: usize = sums + <usize>i * row + (<usize>j << 3);
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
  f64.store(at, f64.load(at) + f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1));
  f64.store(at, f64.load(at, 8) + f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1), 8);
}

/** out[b] = |R u_b|² for the first `count` vectors (a multiple of 8), R upper triangular. */
export function squareProducts(factor: usize, n: i32, block: usize, count: i32, out: usize): void {
  const row: usize = <usize>n << 3;
  const zero = f64x2.splat(0);
  for (let b = 0; b < count; b += 8) {
    let q0 = zero;
    let q1 = zero;
    let q2 = zero;
    let q3 = zero;
    for (let i = 0; i < n; i += 2) {
      let s00 = zero;
      let s01 = zero;
      let s02 = zero;
      let s03 = zero;
      let s10 = zero;
      let s11 = zero;
      let s12 = zero;
      let s13 = zero;
      let r: usize = factor + <usize>i * row + (<usize>i << 3);
      let u: usize = block + <usize>i * COLUMN + (<usize>b << 3);
      for (let k = i; k < n; k++) {
        const u0 = v128.load(u);
        const u1 = v128.load(u, 16);
        const u2 = v128.load(u, 32);
        const u3 = v128.load(u, 48);
        const r0 = v128.load64_splat(r);
        s00 = f64x2.add(s00, f64x2.mul(r0, u0));
        s01 = f64x2.add(s01, f64x2.mul(r0, u1));
        s02 = f64x2.add(s02, f64x2.mul(r0, u2));
        s03 = f64x2.add(s03, f64x2.mul(r0, u3));
        const r1 = v128.load64_splat(r + row);
        s10 = f64x2.add(s10, f64x2.mul(r1, u0));
        s11 = f64x2.add(s11, f64x2.mul(r1, u1));
        s12 = f64x2.add(s12, f64x2.mul(r1, u2));
        s13 = f64x2.add(s13, f64x2.mul(r1, u3));
        r += 8;
        u += COLUMN;
      }
      q0 = f64x2.add(q0, f64x2.add(f64x2.mul(s00, s00), f64x2.mul(s10, s10)));
      q1 = f64x2.add(q1, f64x2.add(f64x2.mul(s01, s01), f64x2.mul(s11, s11)));
      q2 = f64x2.add(q2, f64x2.add(f64x2.mul(s02, s02), f64x2.mul(s12, s12)));
      q3 = f64x2.add(q3, f64x2.add(f64x2.mul(s03, s03), f64x2.mul(s13, s13)));
    }
    const at: usize = out + (<usize>b << 3);
    v128.store(at, q0);
    v128.store(at, q1, 16);
    v128.store(at, q2, 32);
    v128.store(at, q3, 48);
  }
}
