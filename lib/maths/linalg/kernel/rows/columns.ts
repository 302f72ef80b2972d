/** Rows of float32 as they lie in a matrix: sums of their columns, and the coordinates that vectors are made of. */

/** The natural logarithm of the engine: the same as where JavaScript takes it. */
// @ts-ignore: a decorator of the compiler
@external('env', 'log')
declare function log(x: f64): f64;

/**
 * Adds what `count` rows have to each column's sums. Arrays have room for a multiple of 4 columns; rows may be read up
 * to 12 bytes past their end. A missing value adds nothing.
 *
 * @param counts int32, of measured values
 * @param sums float64
 * @param lows float32, as are `highs`
 */
export function addColumns(
  rows: usize,
  count: i32,
  width: i32,
  counts: usize,
  sums: usize,
  lows: usize,
  highs: usize,
): void {
  const stride: usize = <usize>width << 2;
  for (let c = 0; c < width; c += 4) {
    const at: usize = <usize>c << 2;
    let n = v128.load(counts + at);
    let low = v128.load(lows + at);
    let high = v128.load(highs + at);
    let s0 = v128.load(sums + 2 * at);
    let s1 = v128.load(sums + 2 * at, 16);
    let row = rows + at;
    for (let r = 0; r < count; r++) {
      const value = v128.load(row);
      const measured = f32x4.eq(value, value);
      n = i32x4.sub(n, measured);
      // These keep the first where the second is NaN.
      low = f32x4.pmin(low, value);
      high = f32x4.pmax(high, value);
      const known = v128.and(value, measured);
      s0 = f64x2.add(s0, f64x2.promote_low_f32x4(known));
      s1 = f64x2.add(s1, f64x2.promote_low_f32x4(i8x16.shuffle(known, known, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)));
      row += stride;
    }
    v128.store(counts + at, n);
    v128.store(lows + at, low);
    v128.store(highs + at, high);
    v128.store(sums + 2 * at, s0);
    v128.store(sums + 2 * at, s1, 16);
  }
}

/**
 * Leaves of each row only some columns, in place.
 * @param columns uint32, ascending
 */
export function takeColumns(rows: usize, count: i32, width: i32, columns: usize, taken: i32): void {
  const stride: usize = <usize>width << 2;
  let to = rows;
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < taken; i++) {
      const c = <usize>load<u32>(columns + (<usize>i << 2));
      store<f32>(to, load<f32>(rows + (c << 2)));
      to += 4;
    }
    rows += stride;
  }
}

/**
 * Rows of float32 become rows of coordinates, the last one first, so that a row and those before it lie next to each
 * other. A value less its column's center is divided by the scale of its side; `toCoordinate` has what is rare.
 *
 * @param width of the rows
 * @param centers float64 per column, as are `above` and `below`, which are inverse scales
 * @param fill whether what is missing becomes 0; else it stays NaN
 * @param out where the last row goes
 * @param singles where it goes in float32 as well; 0: nowhere
 */
export function toCoordinates(
  rows: usize,
  count: i32,
  width: i32,
  centers: usize,
  above: usize,
  below: usize,
  knee: f64,
  constantLimit: f64,
  fill: bool,
  out: usize,
  singles: usize,
): void {
  const bytes: usize = <usize>width << 3;
  const fours: usize = <usize>(width & ~3) << 3;
  const limit = f64x2.splat(knee);
  const zero = f64x2.splat(0);
  let to = out + <usize>(count - 1) * bytes;
  let single = singles + ((<usize>(count - 1) * bytes) >> 1);
  for (let r = 0; r < count; r++) {
    let at: usize = 0;
    for (; at < fours; at += 32) {
      const d0 = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(rows)), v128.load(centers + at));
      const d1 = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(rows, 8)), v128.load(centers + at, 16));
      let u0 = f64x2.mul(d0, v128.bitselect(v128.load(above + at), v128.load(below + at), f64x2.gt(d0, zero)));
      let u1 = f64x2.mul(d1, v128.bitselect(v128.load(above + at, 16), v128.load(below + at, 16), f64x2.gt(d1, zero)));
      v128.store(to + at, u0);
      v128.store(to + at, u1, 16);
      const usual = v128.and(f64x2.le(f64x2.abs(u0), limit), f64x2.le(f64x2.abs(u1), limit));
      if (i64x2.bitmask(usual) != 3) {
        for (let entry: usize = 0; entry < 32; entry += 8)
          toCoordinate(rows + (entry >> 1), at + entry, centers, above, below, knee, constantLimit, fill, to);
        u0 = v128.load(to + at);
        u1 = v128.load(to + at, 16);
      }
      if (singles != 0) {
        const low = f32x4.demote_f64x2_zero(u0);
        const high = f32x4.demote_f64x2_zero(u1);
        v128.store(single + (at >> 1), i8x16.shuffle(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
      }
      rows += 16;
    }
    for (; at < bytes; at += 8) {
      toCoordinate(rows, at, centers, above, below, knee, constantLimit, fill, to);
      if (singles != 0) store<f32>(single + (at >> 1), <f32>load<f64>(to + at));
      rows += 4;
    }
    to -= bytes;
    single -= bytes >> 1;
  }
}

/**
 * Beyond the knee the logarithm counts. Of a column without a scale (an infinite inverse) a move of d counts
 * L d / (L + d).
 */
function toCoordinate(
  value: usize,
  at: usize,
  centers: usize,
  above: usize,
  below: usize,
  knee: f64,
  constantLimit: f64,
  fill: bool,
  out: usize,
): void {
  const offset = <f64>load<f32>(value) - load<f64>(centers + at);
  const per = offset > 0 ? load<f64>(above + at) : load<f64>(below + at);
  let u = offset * per;
  if (offset != offset) u = fill ? 0 : offset;
  else if (per == Infinity) u = (constantLimit * offset) / (constantLimit + abs(offset));
  else if (u > knee) u = knee * (1 + log(u / knee));
  else if (u < -knee) u = -knee * (1 + log(-u / knee));
  store<f64>(out + at, u);
}
