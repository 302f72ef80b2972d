/**
 * AssemblyScript: columns of a matrix of float32 as arrays of what was measured, and values of a rank among them, found
 * without sorting: of the values between two (`takeBetween`), which a sample tells, a histogram of the first 13 bits, then
 * of those that share them one of the next 10, then of the last 9.
 * Floats are compared as whole numbers, negative ones turned around, so that -0 lies below 0.
 */
const FIRST_SHIFT = 19;
const FIRST_DIGITS = 1 << 13;
const SECOND_SHIFT = 9;
const SECOND_DIGITS = 1 << 10;
const LAST_DIGITS = 1 << 9;

/**
 * Appends what `count` rows have measured to their columns' arrays.
 *
 * @param stride of a row, in floats; the first `columns` are taken
 * @param ends uint32 per column: the address where its next value goes, moved on
 */
export function splitRows(rows: usize, count: i32, stride: i32, columns: i32, ends: usize): void {
  const row: usize = <usize>stride << 2;
  const whole = columns & ~3;
  for (let c = 0; c < whole; c += 4) {
    const end = ends + (<usize>c << 2);
    let e0 = <usize>load<u32>(end);
    let e1 = <usize>load<u32>(end, 4);
    let e2 = <usize>load<u32>(end, 8);
    let e3 = <usize>load<u32>(end, 12);
    let from = rows + (<usize>c << 2);
    let r = 0;
    for (; r + 4 <= count; r += 4) {
      const v0 = v128.load(from);
      const v1 = v128.load(from + row);
      const v2 = v128.load(from + 2 * row);
      const v3 = v128.load(from + 3 * row);
      const measured = v128.and(
        v128.and(f32x4.eq(v0, v0), f32x4.eq(v1, v1)),
        v128.and(f32x4.eq(v2, v2), f32x4.eq(v3, v3)),
      );
      if (i32x4.all_true(measured)) {
        const a0 = i8x16.shuffle(v0, v1, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const a1 = i8x16.shuffle(v2, v3, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
        const a2 = i8x16.shuffle(v0, v1, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        const a3 = i8x16.shuffle(v2, v3, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
        v128.store(e0, i8x16.shuffle(a0, a1, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
        v128.store(e1, i8x16.shuffle(a0, a1, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
        v128.store(e2, i8x16.shuffle(a2, a3, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
        v128.store(e3, i8x16.shuffle(a2, a3, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31));
        e0 += 16;
        e1 += 16;
        e2 += 16;
        e3 += 16;
      } else {
        for (let i: usize = 0; i < 4; i++) {
          e0 = append(e0, load<f32>(from + i * row));
          e1 = append(e1, load<f32>(from + i * row, 4));
          e2 = append(e2, load<f32>(from + i * row, 8));
          e3 = append(e3, load<f32>(from + i * row, 12));
        }
      }
      from += 4 * row;
    }
    for (; r < count; r++) {
      e0 = append(e0, load<f32>(from));
      e1 = append(e1, load<f32>(from, 4));
      e2 = append(e2, load<f32>(from, 8));
      e3 = append(e3, load<f32>(from, 12));
      from += row;
    }
    store<u32>(end, <u32>e0);
    store<u32>(end, <u32>e1, 4);
    store<u32>(end, <u32>e2, 8);
    store<u32>(end, <u32>e3, 12);
  }
  for (let c = whole; c < columns; c++) {
    const end = ends + (<usize>c << 2);
    let e = <usize>load<u32>(end);
    let from = rows + (<usize>c << 2);
    for (let r = 0; r < count; r++) {
      e = append(e, load<f32>(from));
      from += row;
    }
    store<u32>(end, <u32>e);
  }
}

// @ts-ignore: a decorator of the compiler
@inline
function append(to: usize, value: f32): usize {
  store<f32>(to, value);
  return value == value ? to + 4 : to;
}

/**
 * Values from `low` to `high`, both inclusive, one after the other.
 *
 * @param patterns of `appendHits`
 * @param out 4 bytes a value, and 16
 * @param result int32 how many, int32 how many are less than `low`
 */
export function takeBetween(values: usize, count: i32, low: f32, high: f32, patterns: usize, out: usize, result: usize): void {
  const least = f32x4.splat(low);
  const most = f32x4.splat(high);
  const from = out;
  const whole = values + (<usize>(count & ~3) << 2);
  const end = values + (<usize>count << 2);
  let below = i32x4.splat(0);
  for (; values < whole; values += 16) {
    const v = v128.load(values);
    below = i32x4.sub(below, f32x4.lt(v, least));
    const hits = v128.and(f32x4.ge(v, least), f32x4.le(v, most));
    out = appendHits(out, v, i32x4.bitmask(hits), patterns);
  }
  let less = addLanes(below);
  for (; values < end; values += 4) {
    const v = load<f32>(values);
    less += i32(v < low);
    store<f32>(out, v);
    out += <usize>(v >= low && v <= high) << 2;
  }
  store<i32>(result, <i32>((out - from) >> 2));
  store<i32>(result, less, 4);
}

/** The same of values whose rounded distances from the center (as of `measureDistances`) lie between. */
export function takeNear(
  values: usize,
  count: i32,
  center: f64,
  low: f32,
  high: f32,
  patterns: usize,
  out: usize,
  result: usize,
): void {
  const least = f32x4.splat(low);
  const most = f32x4.splat(high);
  const middle = f64x2.splat(center);
  const from = out;
  const whole = values + (<usize>(count & ~3) << 2);
  const end = values + (<usize>count << 2);
  let below = i32x4.splat(0);
  for (; values < whole; values += 16) {
    const v = v128.load(values);
    const distances = roundDistances(values, middle);
    below = i32x4.sub(below, f32x4.lt(distances, least));
    const hits = v128.and(f32x4.ge(distances, least), f32x4.le(distances, most));
    out = appendHits(out, v, i32x4.bitmask(hits), patterns);
  }
  let less = addLanes(below);
  for (; values < end; values += 4) {
    const v = load<f32>(values);
    const distance = <f32>abs(<f64>v - center);
    less += i32(distance < low);
    store<f32>(out, v);
    out += <usize>(distance >= low && distance <= high) << 2;
  }
  store<i32>(result, <i32>((out - from) >> 2));
  store<i32>(result, less, 4);
}

/** Lanes that a mask has, one after the other. @param patterns where a mask's lanes lie: 16 bytes a mask */
// @ts-ignore: a decorator of the compiler
@inline
function appendHits(to: usize, values: v128, mask: i32, patterns: usize): usize {
  v128.store(to, i8x16.swizzle(values, v128.load(patterns + (<usize>mask << 4))));
  return to + (<usize>popcnt(mask) << 2);
}

function addLanes(counts: v128): i32 {
  return (
    i32x4.extract_lane(counts, 0) +
    i32x4.extract_lane(counts, 1) +
    i32x4.extract_lane(counts, 2) +
    i32x4.extract_lane(counts, 3)
  );
}

// @ts-ignore: a decorator of the compiler
@inline
function roundDistances(values: usize, middle: v128): v128 {
  const low = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(values)), middle);
  const high = f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(values, 8)), middle);
  const near = f32x4.demote_f64x2_zero(f64x2.abs(low));
  const far = f32x4.demote_f64x2_zero(f64x2.abs(high));
  return i8x16.shuffle(near, far, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

/** out_i = |value_i - center|, in float64 and then rounded to float32; up to a multiple of 4. */
export function measureDistances(values: usize, count: i32, center: f64, out: usize): void {
  const middle = f64x2.splat(center);
  const end = values + (<usize>count << 2);
  while (values < end) {
    v128.store(out, roundDistances(values, middle));
    values += 16;
    out += 16;
  }
}

/**
 * |value_i - center| in float64 for each i whose rounded distance is the given one, one after the other.
 * @returns how many
 */
export function takeDistances(
  values: usize,
  distances: usize,
  count: i32,
  center: f64,
  distance: f32,
  out: usize,
): i32 {
  const from = out;
  for (let i: usize = 0; i < <usize>count << 2; i += 4)
    if (load<f32>(distances + i) == distance) {
      store<f64>(out, abs(<f64>load<f32>(values + i) - center));
      out += 8;
    }
  return <i32>((out - from) >> 3);
}

// @ts-ignore: a decorator of the compiler
@inline
function toKey(bits: i32): i32 {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Counts values by their first digit. @param counts uint32 × 8192, twice */
export function countDigits(values: usize, count: i32, counts: usize): void {
  memory.fill(counts, 0, <usize>FIRST_DIGITS << 3);
  const middle = counts + (<usize>FIRST_DIGITS << 1);
  // In turns into two halves: values that are alike would wait for each other's count.
  const other = middle + (<usize>FIRST_DIGITS << 2);
  const pairs: usize = <usize>(count & ~1) << 2;
  for (let i: usize = 0; i < pairs; i += 8) {
    const a = middle + ((toKey(load<i32>(values + i)) >> FIRST_SHIFT) << 2);
    const b = other + ((toKey(load<i32>(values + i, 4)) >> FIRST_SHIFT) << 2);
    store<u32>(a, load<u32>(a) + 1);
    store<u32>(b, load<u32>(b) + 1);
  }
  if (count & 1) {
    const a = middle + ((toKey(load<i32>(values + pairs)) >> FIRST_SHIFT) << 2);
    store<u32>(a, load<u32>(a) + 1);
  }
  const end: usize = <usize>FIRST_DIGITS << 2;
  for (let i: usize = 0; i < end; i += 16)
    v128.store(counts + i, i32x4.add(v128.load(counts + i), v128.load(counts + i + end)));
}

/**
 * The value of a rank, ascending, from 0. Values may be read up to 12 bytes past their end.
 *
 * @param counts of `countDigits`
 * @param later uint32 × 1024, scratch
 * @param patterns of `appendHits`
 * @param scratch 4 bytes a value, and 16
 * @param result float32 the value, int32 how many are less
 */
export function selectRank(
  values: usize,
  count: i32,
  rank: i32,
  counts: usize,
  later: usize,
  patterns: usize,
  scratch: usize,
  result: usize,
): void {
  let rest = rank;
  let digit = findDigit(counts, rest);
  rest -= found;
  const first = digit - (FIRST_DIGITS >> 1);
  let left = takeDigit(values, count, first, patterns, scratch);

  countLater(scratch, left, SECOND_SHIFT, SECOND_DIGITS, later);
  digit = findDigit(later, rest);
  rest -= found;
  const second = (first << (FIRST_SHIFT - SECOND_SHIFT)) | digit;
  let to = scratch;
  for (let i: usize = 0; i < <usize>left << 2; i += 4) {
    const key = load<i32>(scratch + i);
    store<i32>(to, key);
    to += <usize>(key >> SECOND_SHIFT == second) << 2;
  }
  left = <i32>((to - scratch) >> 2);

  countLater(scratch, left, 0, LAST_DIGITS, later);
  digit = findDigit(later, rest);
  rest -= found;
  store<i32>(result, toKey((second << SECOND_SHIFT) | digit));
  store<i32>(result, rank - rest, 4);
}

/** Values below the digit that `findDigit` found. */
let found: i32 = 0;

function findDigit(counts: usize, rank: i32): i32 {
  let below = 0;
  let digit = 0;
  for (;;) {
    const next = below + load<i32>(counts + (<usize>digit << 2));
    if (next > rank) break;
    below = next;
    digit++;
  }
  found = below;
  return digit;
}

function countLater(keys: usize, count: i32, shift: i32, digits: i32, counts: usize): void {
  memory.fill(counts, 0, <usize>digits << 2);
  for (let i: usize = 0; i < <usize>count << 2; i += 4) {
    const at = counts + (<usize>((load<i32>(keys + i) >> shift) & (digits - 1)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/** Keys of the values that have this first digit. @returns how many */
function takeDigit(values: usize, count: i32, digit: i32, patterns: usize, out: usize): i32 {
  const wanted = i32x4.splat(digit);
  const turned = i32x4.splat(0x7fffffff);
  const from = out;
  const whole: usize = <usize>(count & ~3) << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    const bits = v128.load(values + i);
    const keys = v128.xor(bits, v128.and(i32x4.shr_s(bits, 31), turned));
    const hits = i32x4.eq(i32x4.shr_s(keys, FIRST_SHIFT), wanted);
    out = appendHits(out, keys, i32x4.bitmask(hits), patterns);
  }
  for (let i = whole; i < <usize>count << 2; i += 4) {
    const key = toKey(load<i32>(values + i));
    store<i32>(out, key);
    out += <usize>(key >> FIRST_SHIFT == digit) << 2;
  }
  return <i32>((out - from) >> 2);
}
