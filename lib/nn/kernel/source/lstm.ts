/**
 * One LSTM over the sequences of a shard (Hochreiter and Schmidhuber 1997, with forget gates, as in Keras): gates
 * input, forget, cell, output side by side, 4 × units wide. Tensors are [time][sequence][column].
 */
import { sigmoid4, tanh4 } from './activation';
import { multiplyForWeights } from './gradient';
import {
  BIAS,
  BIAS_GRADIENT,
  CELL,
  CELL_TANH,
  CHUNK_STEPS,
  FLAG_ADD_IN_GRADIENT,
  FLAG_CONSTANT,
  FLAG_COPY_OUT,
  FLAG_IN_GRADIENT,
  FLAG_KEEP,
  FLAG_REVERSE,
  FLAG_SEQUENCES,
  FLAGS,
  GATES,
  HIDDEN,
  IN,
  IN_DEPTH,
  IN_GRADIENT,
  IN_WIDTH,
  OP_STEPS,
  OUT,
  OUT_COLUMN,
  OUT_GRADIENT,
  OUT_WIDTH,
  PACKED_HIDDEN,
  PACKED_HIDDEN_BACK,
  PACKED_IN,
  PACKED_IN_BACK,
  SCRATCH,
  SCRATCH_PANEL,
  UNITS,
  WEIGHT_GRADIENT,
} from '../layout';
import { multiply } from './product';

@inline
function field(op: usize, offset: usize): i32 {
  return load<i32>(op + offset);
}

/**
 * @param rows sequences, rounded up to a multiple of 4
 * @param shared where not 0: the job's rows times the weights plus bias, shared by overlapping sequences; sequence i's
 *   step t is row i × `spacing` + t
 */
export function runLstm(op: usize, work: usize, rows: i32, shared: usize, spacing: i32): void {
  const flags = field(op, FLAGS);
  const steps = field(op, OP_STEPS);
  const units = field(op, UNITS);
  const wide = 4 * units;
  const input = work + field(op, IN);
  const gates = work + field(op, GATES);
  const cell = work + field(op, CELL);
  const cellTanh = work + field(op, CELL_TANH);
  const hidden = work + field(op, HIDDEN);
  const once = work + field(op, SCRATCH);
  const packed = <usize>field(op, PACKED_HIDDEN);
  const reverse = (flags & FLAG_REVERSE) != 0;
  const constant = (flags & FLAG_CONSTANT) != 0;
  const keep = (flags & FLAG_KEEP) != 0;
  const stateBytes: usize = (<usize>rows * <usize>units) << 2;
  const gateBytes: usize = stateBytes << 2;
  const inWidth = field(op, IN_WIDTH);
  const inBytes: usize = (<usize>rows * <usize>inWidth) << 2;

  if (constant) project(op, input, inWidth, rows, once);
  // A few steps are projected at a time, so that their gates are still in the cache when the steps come to them.
  for (let done = 0; done < steps; done += CHUNK_STEPS) {
    const count = min(CHUNK_STEPS, steps - done);
    const low = reverse ? steps - done - count : done;
    const chunk = keep ? gates + <usize>low * gateBytes : gates;
    if (!constant && shared == 0) project(op, input + <usize>low * inBytes, inWidth, count * rows, chunk);
    for (let i = 0; i < count; ++i) {
      const t = reverse ? low + count - 1 - i : low + i;
      const before = reverse ? t + 1 : t - 1;
      const first = done + i == 0;
      const z = chunk + <usize>(t - low) * gateBytes;
      let init = z;
      let initStride = wide;
      if (constant) {
        init = once;
      } else if (shared != 0) {
        init = shared + ((<usize>t * <usize>wide) << 2);
        initStride = spacing * wide;
      }
      if (first) {
        if (init != z) copyRows(init, initStride, z, wide, wide, rows);
      } else {
        const state = hidden + <usize>before * stateBytes;
        multiply(state, units, rows, units, packed, units, wide, init, initStride, z, wide);
      }
      const cellNow = keep ? cell + <usize>t * stateBytes : cell;
      const cellBefore: usize = first ? 0 : keep ? cell + <usize>before * stateBytes : cell;
      const tanhNow = keep ? cellTanh + <usize>t * stateBytes : cellTanh;
      advance(z, units, rows, cellBefore, cellNow, tanhNow, hidden + <usize>t * stateBytes, keep);
    }
  }

  if ((flags & FLAG_COPY_OUT) == 0) return;
  const target = work + field(op, OUT) + (<usize>field(op, OUT_COLUMN) << 2);
  if ((flags & FLAG_SEQUENCES) != 0) {
    copyRows(hidden, units, target, field(op, OUT_WIDTH), units, steps * rows);
  } else {
    const last = reverse ? 0 : steps - 1;
    copyRows(hidden + <usize>last * stateBytes, units, target, field(op, OUT_WIDTH), units, rows);
  }
}

/** Input rows, `stride` floats apart, times the packed input weights, plus bias. `rows` is a multiple of 4. */
export function project(op: usize, input: usize, stride: i32, rows: i32, target: usize): void {
  const wide = 4 * field(op, UNITS);
  const packed = <usize>field(op, PACKED_IN);
  const bias = <usize>field(op, BIAS);
  multiply(input, stride, rows, field(op, IN_DEPTH), packed, field(op, IN_WIDTH), wide, bias, 0, target, wide);
}

function copyRows(from: usize, fromStride: i32, to: usize, toStride: i32, columns: i32, rows: i32): void {
  for (let row = 0; row < rows; ++row) {
    memory.copy(to, from, <usize>columns << 2);
    from += <usize>fromStride << 2;
    to += <usize>toStride << 2;
  }
}

/** Gates to states. With `keep`, the activated gates stay in `z` for the way back. `cellBefore` 0 stands for zeros. */
function advance(
  z: usize,
  units: i32,
  rows: i32,
  cellBefore: usize,
  cellNow: usize,
  tanhNow: usize,
  hiddenNow: usize,
  keep: bool,
): void {
  const bytes: usize = <usize>units << 2;
  for (let row = 0; row < rows; ++row) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const zi = z + j;
      const zf = zi + bytes;
      const zg = zf + bytes;
      const zo = zg + bytes;
      const i = sigmoid4(v128.load(zi));
      const g = tanh4(v128.load(zg));
      let c = f32x4.mul(i, g);
      const f = sigmoid4(v128.load(zf));
      if (cellBefore != 0) c = f32x4.add(f32x4.mul(f, v128.load(cellBefore + j)), c);
      const o = sigmoid4(v128.load(zo));
      const tc = tanh4(c);
      v128.store(cellNow + j, c);
      v128.store(hiddenNow + j, f32x4.mul(o, tc));
      if (keep) {
        v128.store(zi, i);
        v128.store(zf, f);
        v128.store(zg, g);
        v128.store(zo, o);
        v128.store(tanhNow + j, tc);
      }
    }
    z += 4 * bytes;
    if (cellBefore != 0) cellBefore += bytes;
    cellNow += bytes;
    tanhNow += bytes;
    hiddenNow += bytes;
  }
}

/** The way back of `runLstm` with FLAG_KEEP. Gates become their gradients before activation, in place. */
export function pullBackLstm(op: usize, work: usize, gradient: usize, rows: i32): void {
  const flags = field(op, FLAGS);
  const steps = field(op, OP_STEPS);
  const units = field(op, UNITS);
  const wide = 4 * units;
  const gates = work + field(op, GATES);
  const cell = work + field(op, CELL);
  const cellTanh = work + field(op, CELL_TANH);
  const hidden = work + field(op, HIDDEN);
  const reverse = (flags & FLAG_REVERSE) != 0;
  const sequences = (flags & FLAG_SEQUENCES) != 0;
  const constant = (flags & FLAG_CONSTANT) != 0;
  const stateBytes: usize = (<usize>rows * <usize>units) << 2;
  const gateBytes: usize = stateBytes << 2;
  const outStride = field(op, OUT_WIDTH);
  const outBytes: usize = (<usize>rows * <usize>outStride) << 2;
  const outGradient = work + field(op, OUT_GRADIENT) + (<usize>field(op, OUT_COLUMN) << 2);
  const packedBack = <usize>field(op, PACKED_HIDDEN_BACK);
  /** Two states' worth: gradients by the hidden state and by the cell, coming from the step after. A row of zeros. */
  const hiddenGradient = work + field(op, SCRATCH);
  const cellGradient = hiddenGradient + stateBytes;
  const zeros = cellGradient + stateBytes;
  memory.fill(hiddenGradient, 0, 2 * stateBytes);
  memory.fill(zeros, 0, <usize>max(units, field(op, IN_WIDTH)) << 2);

  for (let s = steps - 1; s >= 0; --s) {
    const t = reverse ? steps - 1 - s : s;
    const before = reverse ? t + 1 : t - 1;
    const z = gates + <usize>t * gateBytes;
    let from: usize = 0;
    if (sequences) from = outGradient + <usize>t * outBytes;
    else if (s == steps - 1) from = outGradient;
    const cellBefore: usize = s == 0 ? 0 : cell + <usize>before * stateBytes;
    retreat(z, units, rows, from, outStride, cellBefore, cellTanh + <usize>t * stateBytes, hiddenGradient, cellGradient);
    if (s > 0) multiply(z, wide, rows, wide, packedBack, wide, units, zeros, 0, hiddenGradient, units);
  }

  const inWidth = field(op, IN_WIDTH);
  const input = work + field(op, IN);
  const dw = gradient + field(op, WEIGHT_GRADIENT);
  const dwHidden = dw + ((<usize>inWidth * <usize>wide) << 2);
  const db = gradient + field(op, BIAS_GRADIENT);
  const count = steps * rows;
  const shift = reverse ? rows : -rows;
  const panel = work + field(op, SCRATCH_PANEL);
  const packed = zeros + (<usize>max(units, inWidth) << 2);
  if (constant) {
    // The input is the same at each step: so is its product, and one with the sum of the gradients does for all.
    const sum = gates;
    multiplyForWeights(0, 0, hidden, units, shift, gates, wide, count, dwHidden, db, packed, panel);
    for (let t = 1; t < steps; ++t) addTo(sum, gates + <usize>t * gateBytes, gateBytes);
    multiplyForWeights(input, inWidth, 0, 0, 0, sum, wide, rows, dw, 0, packed, panel);
  } else {
    multiplyForWeights(input, inWidth, hidden, units, shift, gates, wide, count, dw, db, packed, panel);
  }

  if ((flags & FLAG_IN_GRADIENT) == 0) return;
  const inGradient = work + field(op, IN_GRADIENT);
  const add = (flags & FLAG_ADD_IN_GRADIENT) != 0;
  const init = add ? inGradient : zeros;
  const initStride = add ? inWidth : 0;
  const back = <usize>field(op, PACKED_IN_BACK);
  multiply(gates, wide, constant ? rows : count, wide, back, wide, inWidth, init, initStride, inGradient, inWidth);
}

function addTo(target: usize, source: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16)
    v128.store(target + i, f32x4.add(v128.load(target + i), v128.load(source + i)));
}

/** One step back: activated gates to the gradients of what went into them. `outGradient` 0 stands for zeros. */
function retreat(
  z: usize,
  units: i32,
  rows: i32,
  outGradient: usize,
  outStride: i32,
  cellBefore: usize,
  tanhNow: usize,
  hiddenGradient: usize,
  cellGradient: usize,
): void {
  const bytes: usize = <usize>units << 2;
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; ++row) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const zi = z + j;
      const zf = zi + bytes;
      const zg = zf + bytes;
      const zo = zg + bytes;
      const i = v128.load(zi);
      const f = v128.load(zf);
      const g = v128.load(zg);
      const o = v128.load(zo);
      const tc = v128.load(tanhNow + j);
      let dh = v128.load(hiddenGradient + j);
      if (outGradient != 0) dh = f32x4.add(dh, v128.load(outGradient + j));
      const slope = f32x4.sub(one, f32x4.mul(tc, tc));
      const dc = f32x4.add(v128.load(cellGradient + j), f32x4.mul(f32x4.mul(dh, o), slope));
      const dO = f32x4.mul(dh, tc);
      const dI = f32x4.mul(dc, g);
      const dG = f32x4.mul(dc, i);
      v128.store(cellGradient + j, f32x4.mul(dc, f));
      v128.store(zi, f32x4.mul(dI, f32x4.mul(i, f32x4.sub(one, i))));
      v128.store(zg, f32x4.mul(dG, f32x4.sub(one, f32x4.mul(g, g))));
      v128.store(zo, f32x4.mul(dO, f32x4.mul(o, f32x4.sub(one, o))));
      let dF = f32x4.splat(0);
      if (cellBefore != 0)
        dF = f32x4.mul(f32x4.mul(dc, v128.load(cellBefore + j)), f32x4.mul(f, f32x4.sub(one, f)));
      v128.store(zf, dF);
    }
    z += 4 * bytes;
    if (outGradient != 0) outGradient += <usize>outStride << 2;
    if (cellBefore != 0) cellBefore += bytes;
    tanhNow += bytes;
    hiddenGradient += bytes;
    cellGradient += bytes;
  }
}
