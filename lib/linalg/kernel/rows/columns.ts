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
 * other. Each value is taken off its column's center and divided by the scale of its side; `toRare` has the rest.
 *
 * @param width of the rows
 * @param centers float64 per column, as are `above` and `below`, which are inverse scales
 * @param fill whether what is missing becomes 0; else it stays NaN
 * @param out where the last row goes
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
): void {
  const bytes: usize = <usize>width << 3;
  const pairs: usize = <usize>(width & ~1) << 3;
  const limit = f64x2.splat(knee);
  const zero = f64x2.splat(0);
  let to = out + <usize>(count - 1) * bytes;
  for (let r = 0; r < count; r++) {
    let at: usize = 0;
    for (; at < pairs; at += 16) {
      const offset = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(rows)), v128.load(centers + at));
      const scale = v128.bitselect(v128.load(above + at), v128.load(below + at), f64x2.gt(offset, zero));
      const u = f64x2.mul(offset, scale);
      v128.store(to + at, u);
      if (!i64x2.all_true(f64x2.le(f64x2.abs(u), limit))) {
        for (let lane: usize = 0; lane < 16; lane += 8) {
          const d = <f64>load<f32>(rows + (lane >> 1)) - load<f64>(centers + at + lane);
          const per = d > 0 ? load<f64>(above + at + lane) : load<f64>(below + at + lane);
          store<f64>(to + at + lane, toRare(d, per, knee, constantLimit, fill));
        }
      }
      rows += 8;
    }
    if (at < bytes) {
      const d = <f64>load<f32>(rows) - load<f64>(centers + at);
      const per = d > 0 ? load<f64>(above + at) : load<f64>(below + at);
      store<f64>(to + at, toRare(d, per, knee, constantLimit, fill));
      rows += 4;
    }
    to -= bytes;
  }
}

/**
 * Beyond the knee the logarithm counts. Of a column without a scale (an infinite inverse) a move of d counts
 * L d / (L + d).
 */
function toRare(offset: f64, per: f64, knee: f64, constantLimit: f64, fill: bool): f64 {
  if (offset != offset) return fill ? 0 : offset;
  if (per == Infinity) return (constantLimit * offset) / (constantLimit + abs(offset));
  const u = offset * per;
  if (u > knee) return knee * (1 + log(u / knee));
  if (u < -knee) return -knee * (1 + log(-u / knee));
  return u;
}
