/** What happens between two batches: gradients are added up, Adam moves the weights, the weights are packed. */
import {
  PACK_COLUMNS,
  PACK_DEPTH,
  PACK_SOURCE,
  PACK_STRIDE,
  PACK_TARGET,
  PACK_TRANSPOSED,
  PACKING_BYTES,
} from '../layout';

/**
 * The shards' gradients, added in their order into the first one's place.
 * @param bytes of one gradient, a multiple of 16
 * @returns the square of the sum's Euclidean norm
 */
export function sumGradients(at: usize, bytes: usize, shards: i32): f64 {
  let square = f64x2.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    let from = at + i;
    let sum = v128.load(from);
    for (let shard = 1; shard < shards; ++shard) {
      from += bytes;
      sum = f32x4.add(sum, v128.load(from));
    }
    v128.store(at + i, sum);
    const low = f64x2.promote_low_f32x4(sum);
    const high = f64x2.promote_low_f32x4(i32x4.shuffle(sum, sum, 2, 3, 2, 3));
    square = f64x2.add(square, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1);
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) with β₁ 0.9, β₂ 0.999, ε 1e-7 outside the root.
 * @param rate learning rate / (1 − β₁ᵗ) @param root 1 / √(1 − β₂ᵗ) @param scale of the gradient, for clipping
 */
export function adam(
  weights: usize,
  gradient: usize,
  first: usize,
  second: usize,
  bytes: usize,
  rate: f32,
  root: f32,
  scale: f32,
): void {
  const rates = f32x4.splat(rate);
  const roots = f32x4.splat(root);
  const scales = f32x4.splat(scale);
  for (let i: usize = 0; i < bytes; i += 16) {
    const g = f32x4.mul(v128.load(gradient + i), scales);
    const m = f32x4.add(f32x4.mul(v128.load(first + i), f32x4.splat(0.9)), f32x4.mul(g, f32x4.splat(0.1)));
    const v = f32x4.add(
      f32x4.mul(v128.load(second + i), f32x4.splat(0.999)),
      f32x4.mul(f32x4.mul(g, g), f32x4.splat(0.001)),
    );
    const step = f32x4.div(
      f32x4.mul(m, rates),
      f32x4.add(f32x4.mul(f32x4.sqrt(v), roots), f32x4.splat(1e-7)),
    );
    v128.store(first + i, m);
    v128.store(second + i, v);
    v128.store(weights + i, f32x4.sub(v128.load(weights + i), step));
  }
}

/** Weights to panels of 8 columns, for `count` entries of the table at `table`. */
export function pack(table: usize, count: i32): void {
  for (let i = 0; i < count; ++i) packOne(table + <usize>i * PACKING_BYTES);
}

function packOne(entry: usize): void {
  const source = load<usize>(entry + PACK_SOURCE);
  const stride: usize = load<usize>(entry + PACK_STRIDE) << 2;
  const depth = load<i32>(entry + PACK_DEPTH);
  const columns = load<i32>(entry + PACK_COLUMNS);
  let to = load<usize>(entry + PACK_TARGET);
  if (load<i32>(entry + PACK_TRANSPOSED) == 0) {
    for (let column = 0; column < columns; column += 8) {
      let from = source + (<usize>column << 2);
      for (let k = 0; k < depth; ++k) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        from += stride;
        to += 32;
      }
    }
  } else {
    // Column c of the panels is row c of the source.
    for (let column = 0; column < columns; column += 8) {
      for (let k = 0; k < depth; ++k) {
        let from = source + <usize>column * stride + (<usize>k << 2);
        for (let i: usize = 0; i < 32; i += 4) {
          store<f32>(to + i, load<f32>(from));
          from += stride;
        }
        to += 32;
      }
    }
  }
}
