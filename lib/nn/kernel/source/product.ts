/**
 * Matrix products. A panel is 8 columns of the right-hand matrix, row after row; tiles are 4 × 8, so that eight sums,
 * two panel vectors and one broadcast stay in the sixteen registers of x64. Every element is one chain of `madd` over
 * ascending depth, hence the same bits whatever tile it falls in.
 *
 * The inner loops are not unrolled: V8's scheduler then strings each sum's steps together and spills sums to the stack
 * (36 GFLOP/s with four steps a turn, 55 with one, on one machine).
 */
import { madd } from './madd';

/**
 * C = init + A · B. `rows` is a multiple of 4, `columns` of 8; leading dimensions in floats. An `initStride` of 0
 * starts each row from the same numbers (a bias). `init` may be `c`. `depth` is at least 1.
 *
 * @param panelDepth rows that each panel of `b` holds, ≥ depth
 */
export function multiply(
  a: usize,
  aStride: i32,
  rows: i32,
  depth: i32,
  b: usize,
  panelDepth: i32,
  columns: i32,
  init: usize,
  initStride: i32,
  c: usize,
  cStride: i32,
): void {
  const aBytes: usize = <usize>aStride << 2;
  const iBytes: usize = <usize>initStride << 2;
  const cBytes: usize = <usize>cStride << 2;
  const panelBytes: usize = <usize>panelDepth << 5;
  for (let column = 0; column < columns; column += 8) {
    let aRow = a;
    let iRow = init + (<usize>column << 2);
    let cRow = c + (<usize>column << 2);
    for (let row = 0; row < rows; row += 4) {
      let s00 = v128.load(iRow);
      let s01 = v128.load(iRow, 16);
      let s10 = v128.load(iRow + iBytes);
      let s11 = v128.load(iRow + iBytes, 16);
      let s20 = v128.load(iRow + 2 * iBytes);
      let s21 = v128.load(iRow + 2 * iBytes, 16);
      let s30 = v128.load(iRow + 3 * iBytes);
      let s31 = v128.load(iRow + 3 * iBytes, 16);
      let a0 = aRow;
      let a1 = aRow + aBytes;
      let a2 = a1 + aBytes;
      let a3 = a2 + aBytes;
      let p = b;
      let k = depth;
      do {
        const b0 = v128.load(p);
        const b1 = v128.load(p, 16);
        let x = v128.load32_splat(a0);
        s00 = madd(x, b0, s00);
        s01 = madd(x, b1, s01);
        x = v128.load32_splat(a1);
        s10 = madd(x, b0, s10);
        s11 = madd(x, b1, s11);
        x = v128.load32_splat(a2);
        s20 = madd(x, b0, s20);
        s21 = madd(x, b1, s21);
        x = v128.load32_splat(a3);
        s30 = madd(x, b0, s30);
        s31 = madd(x, b1, s31);
        p += 32;
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
      } while (--k > 0);
      v128.store(cRow, s00);
      v128.store(cRow, s01, 16);
      v128.store(cRow + cBytes, s10);
      v128.store(cRow + cBytes, s11, 16);
      v128.store(cRow + 2 * cBytes, s20);
      v128.store(cRow + 2 * cBytes, s21, 16);
      v128.store(cRow + 3 * cBytes, s30);
      v128.store(cRow + 3 * cBytes, s31, 16);
      aRow += 4 * aBytes;
      iRow += 4 * iBytes;
      cRow += 4 * cBytes;
    }
    b += panelBytes;
  }
}

/**
 * C = Aᵀ · B for one panel of B (or C += with `add`), where A is packed in blocks of 4 columns, row after row, and
 * `depth` is at least 1.
 */
export function multiplyTransposed(
  a: usize,
  columnsOfA: i32,
  depth: i32,
  b: usize,
  add: bool,
  c: usize,
  cStride: i32,
): void {
  const cBytes: usize = <usize>cStride << 2;
  let x = a;
  for (let row = 0; row < columnsOfA; row += 4) {
    let s00 = f32x4.splat(0);
    let s01 = f32x4.splat(0);
    let s10 = f32x4.splat(0);
    let s11 = f32x4.splat(0);
    let s20 = f32x4.splat(0);
    let s21 = f32x4.splat(0);
    let s30 = f32x4.splat(0);
    let s31 = f32x4.splat(0);
    if (add) {
      s00 = v128.load(c);
      s01 = v128.load(c, 16);
      s10 = v128.load(c + cBytes);
      s11 = v128.load(c + cBytes, 16);
      s20 = v128.load(c + 2 * cBytes);
      s21 = v128.load(c + 2 * cBytes, 16);
      s30 = v128.load(c + 3 * cBytes);
      s31 = v128.load(c + 3 * cBytes, 16);
    }
    let p = b;
    let k = depth;
    do {
      const b0 = v128.load(p);
      const b1 = v128.load(p, 16);
      let v = v128.load32_splat(x);
      s00 = madd(v, b0, s00);
      s01 = madd(v, b1, s01);
      v = v128.load32_splat(x, 4);
      s10 = madd(v, b0, s10);
      s11 = madd(v, b1, s11);
      v = v128.load32_splat(x, 8);
      s20 = madd(v, b0, s20);
      s21 = madd(v, b1, s21);
      v = v128.load32_splat(x, 12);
      s30 = madd(v, b0, s30);
      s31 = madd(v, b1, s31);
      p += 32;
      x += 16;
    } while (--k > 0);
    v128.store(c, s00);
    v128.store(c, s01, 16);
    v128.store(c + cBytes, s10);
    v128.store(c + cBytes, s11, 16);
    v128.store(c + 2 * cBytes, s20);
    v128.store(c + 2 * cBytes, s21, 16);
    v128.store(c + 3 * cBytes, s30);
    v128.store(c + 3 * cBytes, s31, 16);
    c += 4 * cBytes;
  }
}
