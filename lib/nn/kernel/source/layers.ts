/** The layers beside the LSTM, there and back. Tensors are [time][sequence][column]. */
import { sigmoid4, tanh4 } from './activation';
import { multiplyForWeights } from './gradient';
import {
  BIAS,
  BIAS_GRADIENT,
  CELL,
  DROPOUT_SEED,
  FLAG_ADD_IN_GRADIENT,
  FLAG_CROSS_ENTROPY,
  FLAG_IN_GRADIENT,
  FLAG_SIGMOID,
  FLAGS,
  GATES,
  IN,
  IN_DEPTH,
  IN_GRADIENT,
  IN_WIDTH,
  KEEP_SCALE,
  LOGICAL,
  OP_STEPS,
  OUT,
  OUT_GRADIENT,
  OUT_WIDTH,
  PACKED_IN,
  PACKED_IN_BACK,
  SCORER,
  SCORER_GRADIENT,
  SCRATCH,
  SCRATCH_PANEL,
  STREAM,
  THRESHOLD,
  WEIGHT_GRADIENT,
} from '../layout';
import { madd } from './madd';
import { multiply } from './product';

@inline
function field(op: usize, offset: usize): i32 {
  return load<i32>(op + offset);
}

// Dense

export function runDense(op: usize, work: usize, rows: i32): void {
  const width = field(op, OUT_WIDTH);
  const count = field(op, OP_STEPS) * rows;
  const out = work + field(op, OUT);
  project(op, work, count, out);
  if ((field(op, FLAGS) & FLAG_SIGMOID) == 0) return;
  const bytes: usize = (<usize>count * <usize>width) << 2;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, sigmoid4(v128.load(out + i)));
  // Padding is 0 everywhere, so that no gradient comes of it.
  const logical = field(op, LOGICAL);
  for (let row = 0; row < count; ++row) {
    const at = out + ((<usize>row * <usize>width) << 2);
    memory.fill(at + (<usize>logical << 2), 0, <usize>(width - logical) << 2);
  }
}

export function pullBackDense(op: usize, work: usize, gradient: usize, rows: i32): void {
  const flags = field(op, FLAGS);
  const count = field(op, OP_STEPS) * rows;
  const bytes: usize = (<usize>count * <usize>field(op, OUT_WIDTH)) << 2;
  const dy = work + field(op, OUT_GRADIENT);
  if ((flags & FLAG_SIGMOID) != 0 && (flags & FLAG_CROSS_ENTROPY) == 0) {
    const y = work + field(op, OUT);
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = v128.load(y + i);
      const slope = f32x4.mul(v, f32x4.sub(f32x4.splat(1), v));
      v128.store(dy + i, f32x4.mul(v128.load(dy + i), slope));
    }
  }
  pullBackProjection(op, work, gradient, count, dy, (flags & FLAG_ADD_IN_GRADIENT) != 0);
}

function project(op: usize, work: usize, count: i32, target: usize): void {
  const inWidth = field(op, IN_WIDTH);
  const width = field(op, OUT_WIDTH);
  const packed = <usize>field(op, PACKED_IN);
  multiply(
    work + field(op, IN),
    inWidth,
    count,
    field(op, IN_DEPTH),
    packed,
    inWidth,
    width,
    <usize>field(op, BIAS),
    0,
    target,
    width,
  );
}

/** Gradients of the weights, the bias and, where asked for, the input of `project`, from that of its result. */
function pullBackProjection(op: usize, work: usize, gradient: usize, count: i32, dy: usize, add: bool): void {
  const inWidth = field(op, IN_WIDTH);
  const width = field(op, OUT_WIDTH);
  const zeros = work + field(op, SCRATCH);
  const packed = zeros + (<usize>inWidth << 2);
  const panel = work + field(op, SCRATCH_PANEL);
  const dw = gradient + field(op, WEIGHT_GRADIENT);
  const db = gradient + field(op, BIAS_GRADIENT);
  multiplyForWeights(work + field(op, IN), inWidth, 0, 0, 0, dy, width, count, dw, db, packed, panel);
  if ((field(op, FLAGS) & FLAG_IN_GRADIENT) == 0) return;
  memory.fill(zeros, 0, <usize>inWidth << 2);
  const dx = work + field(op, IN_GRADIENT);
  const init = add ? dx : zeros;
  const stride = add ? inWidth : 0;
  const back = <usize>field(op, PACKED_IN_BACK);
  multiply(dy, width, count, width, back, width, inWidth, init, stride, dx, inWidth);
}

// Dropout

/** Multiplies by 0 or by 1 / (1 − rate); the same elements at each call with the same seed. */
export function drop(op: usize, from: usize, to: usize, rows: i32, firstSequence: i32): void {
  const steps = field(op, OP_STEPS);
  const width = field(op, OUT_WIDTH);
  const threshold = i32x4.splat(field(op, THRESHOLD));
  const scale = f32x4.splat(load<f32>(op + KEEP_SCALE));
  const seed = scramble(load<u32>(DROPOUT_SEED) ^ 0x5bf03635);
  const key = i32x4.splat(<i32>scramble(seed + <u32>field(op, STREAM)));
  const second = i32x4.splat(<i32>scramble(seed ^ (<u32>field(op, STREAM) + 0x68e31da4)));
  for (let t = 0; t < steps; ++t) {
    for (let row = 0; row < rows; ++row) {
      let element = i32x4.add(
        i32x4.splat(((firstSequence + row) * steps + t) * width),
        i32x4(0, 1, 2, 3),
      );
      for (let column = 0; column < width; column += 4) {
        const bits = scramble4(i32x4.add(scramble4(v128.xor(element, key)), second));
        const kept = i32x4.ge_u(bits, threshold);
        v128.store(to, v128.and(kept, f32x4.mul(v128.load(from), scale)));
        element = i32x4.add(element, i32x4.splat(4));
        from += 16;
        to += 16;
      }
    }
  }
}

/** A bijection of 32 bits whose output bits each depend on all input bits (constants: Wellons' lowbias32). */
function scramble(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x7feb352d;
  x = (x ^ (x >> 15)) * 0x846ca68b;
  return x ^ (x >> 16);
}

@inline
function scramble4(given: v128): v128 {
  let x = i32x4.mul(v128.xor(given, i32x4.shr_u(given, 16)), i32x4.splat(0x7feb352d));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
  return v128.xor(x, i32x4.shr_u(x, 16));
}

// Attention

/** out = Σ_t a_t h_t, a = softmax over t of scorer · tanh(W h_t + b). */
export function runAttention(op: usize, work: usize, rows: i32): void {
  const steps = field(op, OP_STEPS);
  const width = field(op, IN_WIDTH);
  const input = work + field(op, IN);
  const hiddenTanh = work + field(op, GATES);
  const shares = work + field(op, CELL);
  const scorer = <usize>field(op, SCORER);
  const bytes: usize = <usize>width << 2;
  const count = steps * rows;
  project(op, work, count, hiddenTanh);
  for (let i = 0; i < count; ++i) {
    const at = hiddenTanh + <usize>i * bytes;
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < bytes; j += 16) {
      const g = tanh4(v128.load(at + j));
      v128.store(at + j, g);
      sum = madd(g, v128.load(scorer + j), sum);
    }
    store<f32>(shares + (<usize>i << 2), sumOf(sum));
  }
  for (let row = 0; row < rows; ++row) shareOut(shares + (<usize>row << 2), steps, rows);
  const out = work + field(op, OUT);
  for (let row = 0; row < rows; ++row) {
    for (let j: usize = 0; j < bytes; j += 16) {
      let sum = f32x4.splat(0);
      for (let t = 0; t < steps; ++t) {
        const i = t * rows + row;
        const share = v128.load32_splat(shares + (<usize>i << 2));
        sum = madd(share, v128.load(input + <usize>i * bytes + j), sum);
      }
      v128.store(out + <usize>row * bytes + j, sum);
    }
  }
}

/** Softmax over time, in place, of one sequence. */
function shareOut(at: usize, steps: i32, rows: i32): void {
  const stride: usize = <usize>rows << 2;
  let highest = load<f32>(at);
  for (let t = 1; t < steps; ++t) highest = max(highest, load<f32>(at + <usize>t * stride));
  let sum: f64 = 0;
  for (let t = 0; t < steps; ++t) {
    const power = Math.exp(<f64>(load<f32>(at + <usize>t * stride) - highest));
    store<f32>(at + <usize>t * stride, <f32>power);
    sum += power;
  }
  for (let t = 0; t < steps; ++t) {
    const share = at + <usize>t * stride;
    store<f32>(share, <f32>(<f64>load<f32>(share) / sum));
  }
}

@inline
function sumOf(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

export function pullBackAttention(op: usize, work: usize, gradient: usize, rows: i32): void {
  const steps = field(op, OP_STEPS);
  const width = field(op, IN_WIDTH);
  const input = work + field(op, IN);
  const hiddenTanh = work + field(op, GATES);
  const shares = work + field(op, CELL);
  const scorer = <usize>field(op, SCORER);
  const scorerGradient = gradient + field(op, SCORER_GRADIENT);
  const dy = work + field(op, OUT_GRADIENT);
  const dx = work + field(op, IN_GRADIENT);
  const asked = (field(op, FLAGS) & FLAG_IN_GRADIENT) != 0;
  const bytes: usize = <usize>width << 2;
  const count = steps * rows;
  const byShare = shares + (<usize>count << 2);
  memory.fill(scorerGradient, 0, bytes);
  for (let row = 0; row < rows; ++row) {
    // By each share: dy · h. By each score, through the softmax: share × (that − Σ share × that).
    let mean: f32 = 0;
    for (let t = 0; t < steps; ++t) {
      const i = t * rows + row;
      let sum = f32x4.splat(0);
      for (let j: usize = 0; j < bytes; j += 16)
        sum = madd(v128.load(dy + <usize>row * bytes + j), v128.load(input + <usize>i * bytes + j), sum);
      const by = sumOf(sum);
      store<f32>(byShare + (<usize>i << 2), by);
      mean += load<f32>(shares + (<usize>i << 2)) * by;
    }
    for (let t = 0; t < steps; ++t) {
      const at = <usize>(t * rows + row) << 2;
      store<f32>(byShare + at, load<f32>(shares + at) * (load<f32>(byShare + at) - mean));
    }
  }
  const one = f32x4.splat(1);
  for (let i = 0; i < count; ++i) {
    const by = v128.load32_splat(byShare + (<usize>i << 2));
    const share = v128.load32_splat(shares + (<usize>i << 2));
    const from = dy + <usize>(i % rows) * bytes;
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = hiddenTanh + <usize>i * bytes + j;
      const g = v128.load(at);
      v128.store(scorerGradient + j, madd(by, g, v128.load(scorerGradient + j)));
      const slope = f32x4.sub(one, f32x4.mul(g, g));
      v128.store(at, f32x4.mul(f32x4.mul(by, v128.load(scorer + j)), slope));
      if (asked) v128.store(dx + <usize>i * bytes + j, f32x4.mul(share, v128.load(from + j)));
    }
  }
  pullBackProjection(op, work, gradient, count, hiddenTanh, true);
}
