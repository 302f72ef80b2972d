/** One shard of a job: gather, forward, loss, backward, as the program says. */
import { pullBackAttention, drop, pullBackDense, runAttention, runDense } from './layers';
import {
  FEATURES,
  FLAG_CROSS_ENTROPY,
  FLAG_FIRST,
  FLAGS,
  GRADIENT_BYTES,
  GRADIENTS,
  IN,
  IN_GRADIENT,
  IN_WIDTH,
  INPUT_GRADIENTS,
  INPUT_ROWS,
  INPUT_STARTS,
  KIND,
  KIND_ATTENTION,
  KIND_DENSE,
  KIND_DROPOUT,
  KIND_GATHER,
  KIND_LOSS,
  KIND_LSTM,
  LOGICAL,
  LOSS_SCALE,
  LOSSES,
  MODE,
  MODE_GRADIENT,
  MODE_PREDICT,
  MODE_PULL_BACK,
  OP_STEPS,
  OPERATION_BYTES,
  OPERATIONS,
  OUT,
  OUT_GRADIENT,
  OUT_WIDTH,
  OUTPUT,
  PROGRAM,
  SAMPLE_WEIGHTS,
  SEQUENCES,
  SHARD,
  SHARED,
  SHARED_LENGTHS,
  STEPS,
  TARGET_MASK,
  TARGET_ROWS,
  TARGET_STARTS,
  WORKSPACE_BYTES,
  WORKSPACES,
} from '../layout';
import { project, pullBackLstm, runLstm } from './lstm';

@inline
function field(op: usize, offset: usize): i32 {
  return load<i32>(op + offset);
}

export function runShard(shard: i32, thread: i32): void {
  const mode = load<i32>(MODE);
  const first = shard * SHARD;
  const count = min(SHARD, load<i32>(SEQUENCES) - first);
  const rows = (count + 3) & ~3;
  const work = load<usize>(WORKSPACES) + <usize>thread * load<usize>(WORKSPACE_BYTES);
  const gradient = load<usize>(GRADIENTS) + <usize>shard * load<usize>(GRADIENT_BYTES);
  const program = load<usize>(PROGRAM);
  const operations = load<i32>(OPERATIONS);

  const spacing = mode == MODE_PREDICT ? findSpacing(program + OPERATION_BYTES, rows, first, count) : -1;

  for (let i = 0; i < operations; ++i) {
    const op = program + <usize>i * OPERATION_BYTES;
    switch (field(op, KIND)) {
      case KIND_GATHER:
        if (spacing < 0) gather(op, work, rows, first, count);
        break;
      case KIND_LSTM:
        if (spacing >= 0 && (field(op, FLAGS) & FLAG_FIRST) != 0) {
          const shared = projectRows(op, work, spacing, first, count);
          runLstm(op, work, rows, shared, spacing);
        } else {
          runLstm(op, work, rows, 0, 0);
        }
        break;
      case KIND_DROPOUT:
        drop(op, work + field(op, IN), work + field(op, OUT), rows, first);
        break;
      case KIND_ATTENTION:
        runAttention(op, work, rows);
        break;
      case KIND_DENSE:
        runDense(op, work, rows);
        break;
      case KIND_LOSS:
        if (mode == MODE_PREDICT) give(op, work, rows, first, count);
        else if (mode == MODE_PULL_BACK) take(op, work, rows, first, count);
        else store<f64>(load<usize>(LOSSES) + (<usize>shard << 3), compare(op, work, rows, first, count));
        break;
      default:
        unreachable();
    }
  }
  if (mode != MODE_GRADIENT && mode != MODE_PULL_BACK) return;
  for (let i = operations - 1; i >= 0; --i) {
    const op = program + <usize>i * OPERATION_BYTES;
    switch (field(op, KIND)) {
      case KIND_GATHER:
        if (load<usize>(INPUT_GRADIENTS) != 0) scatter(op, work, rows, first, count);
        break;
      case KIND_LSTM:
        pullBackLstm(op, work, gradient, rows);
        break;
      case KIND_DROPOUT:
        drop(op, work + field(op, OUT_GRADIENT), work + field(op, IN_GRADIENT), rows, first);
        break;
      case KIND_ATTENTION:
        pullBackAttention(op, work, gradient, rows);
        break;
      case KIND_DENSE:
        pullBackDense(op, work, gradient, rows);
        break;
      default:
        break;
    }
  }
}

/**
 * How many rows apart the shard's sequences start, where all overlap alike, enough to project each row once, and the
 * first operation after the gathering is an LSTM; else −1.
 */
function findSpacing(op: usize, rows: i32, first: i32, count: i32): i32 {
  if (field(op, KIND) != KIND_LSTM) return -1;
  const starts = load<usize>(INPUT_STARTS) + (<usize>first << 2);
  const spacing = count > 1 ? load<i32>(starts, 4) - load<i32>(starts) : 0;
  if (spacing < 0 || (rows - 1) * spacing > (SHARED_LENGTHS - 1) * load<i32>(STEPS)) return -1;
  for (let i = 1; i < count; ++i) {
    const at = starts + (<usize>i << 2);
    if (load<i32>(at) - load<i32>(at - 4) != spacing) return -1;
  }
  return spacing;
}

/** All rows under the shard's sequences, times the first layer's input weights. */
function projectRows(op: usize, work: usize, spacing: i32, first: i32, count: i32): usize {
  const features = load<i32>(FEATURES);
  const start = load<u32>(load<usize>(INPUT_STARTS) + (<usize>first << 2));
  const from = load<usize>(INPUT_ROWS) + ((<usize>start * <usize>features) << 2);
  const target = work + field(op, SHARED);
  project(op, from, features, ((count - 1) * spacing + load<i32>(STEPS) + 3) & ~3, target);
  return target;
}

/** The job's sequences to [time][sequence][column], padded with zeros. */
function gather(op: usize, work: usize, rows: i32, first: i32, count: i32): void {
  const steps = load<i32>(STEPS);
  const bytes: usize = load<usize>(FEATURES) << 2;
  const width: usize = <usize>field(op, OUT_WIDTH) << 2;
  const out = work + field(op, OUT);
  memory.fill(out, 0, <usize>steps * <usize>rows * width);
  for (let row = 0; row < count; ++row) {
    const start = load<u32>(load<usize>(INPUT_STARTS) + (<usize>(first + row) << 2));
    let from = load<usize>(INPUT_ROWS) + <usize>start * bytes;
    let to = out + <usize>row * width;
    for (let t = 0; t < steps; ++t) {
      memory.copy(to, from, bytes);
      from += bytes;
      to += <usize>rows * width;
    }
  }
}

/** The way back of `gather`: sequence after sequence. */
function scatter(op: usize, work: usize, rows: i32, first: i32, count: i32): void {
  const steps = load<i32>(STEPS);
  const bytes: usize = load<usize>(FEATURES) << 2;
  const width: usize = <usize>field(op, OUT_WIDTH) << 2;
  let to = load<usize>(INPUT_GRADIENTS) + <usize>(first * steps) * bytes;
  for (let row = 0; row < count; ++row) {
    let from = work + field(op, OUT_GRADIENT) + <usize>row * width;
    for (let t = 0; t < steps; ++t) {
      memory.copy(to, from, bytes);
      to += bytes;
      from += <usize>rows * width;
    }
  }
}

/** Output to the caller: sequence after sequence, without padding. */
function give(op: usize, work: usize, rows: i32, first: i32, count: i32): void {
  const steps = field(op, OP_STEPS);
  const bytes: usize = <usize>field(op, LOGICAL) << 2;
  const width: usize = <usize>field(op, IN_WIDTH) << 2;
  let to = load<usize>(OUTPUT) + <usize>(first * steps) * bytes;
  for (let row = 0; row < count; ++row) {
    let from = work + field(op, IN) + <usize>row * width;
    for (let t = 0; t < steps; ++t) {
      memory.copy(to, from, bytes);
      to += bytes;
      from += <usize>rows * width;
    }
  }
}

/** The output's gradient from the caller. */
function take(op: usize, work: usize, rows: i32, first: i32, count: i32): void {
  const steps = field(op, OP_STEPS);
  const bytes: usize = <usize>field(op, LOGICAL) << 2;
  const width: usize = <usize>field(op, IN_WIDTH) << 2;
  const out = work + field(op, IN_GRADIENT);
  memory.fill(out, 0, <usize>(steps * rows) * width);
  let from = load<usize>(TARGET_ROWS) + <usize>(first * steps) * bytes;
  for (let row = 0; row < count; ++row) {
    let to = out + <usize>row * width;
    for (let t = 0; t < steps; ++t) {
      memory.copy(to, from, bytes);
      from += bytes;
      to += <usize>rows * width;
    }
  }
}

/**
 * The shard's part of the loss, and its gradient by the output (by what goes into the sigmoid, with cross-entropy).
 * Padded columns and sequences get 0.
 */
function compare(op: usize, work: usize, rows: i32, first: i32, count: i32): f64 {
  const steps = field(op, OP_STEPS);
  const columns = field(op, LOGICAL);
  const width = field(op, IN_WIDTH);
  const crossEntropy = (field(op, FLAGS) & FLAG_CROSS_ENTROPY) != 0;
  const scale = load<f32>(LOSS_SCALE);
  const mask = load<usize>(TARGET_MASK);
  const output = work + field(op, IN);
  const gradient = work + field(op, IN_GRADIENT);
  if (load<i32>(MODE) == MODE_GRADIENT) memory.fill(gradient, 0, <usize>(steps * rows * width) << 2);
  let loss: f64 = 0;
  for (let row = 0; row < count; ++row) {
    const weight = load<f32>(load<usize>(SAMPLE_WEIGHTS) + (<usize>(first + row) << 2));
    const start = load<u32>(load<usize>(TARGET_STARTS) + (<usize>(first + row) << 2));
    let sum: f64 = 0;
    for (let t = 0; t < steps; ++t) {
      for (let column = 0; column < columns; ++column) {
        const at = <usize>((t * rows + row) * width + column) << 2;
        const element = ((<usize>start + <usize>t) * <usize>columns + <usize>column) << 2;
        const measured: f32 = mask == 0 ? 1 : load<f32>(mask + element);
        // Not a product with the mask: what was not measured may be anything.
        if (measured == 0) continue;
        const target = load<f32>(load<usize>(TARGET_ROWS) + element);
        const y = load<f32>(output + at);
        const difference = y - target;
        let slope: f32 = 0;
        if (crossEntropy) {
          sum += crossEntropyOf(y, target);
          slope = difference;
        } else {
          sum += <f64>difference * <f64>difference;
          slope = 2 * difference;
        }
        if (load<i32>(MODE) == MODE_GRADIENT) store<f32>(gradient + at, slope * weight * scale);
      }
    }
    loss += <f64>weight * sum;
  }
  return loss;
}

/** Probabilities are kept 1e-7 away from 0 and 1, as Keras does. */
function crossEntropyOf(probability: f32, target: f32): f64 {
  const p = min(max(<f64>probability, 1e-7), 1 - 1e-7);
  return -(<f64>target * Math.log(p) + (1 - <f64>target) * Math.log(1 - p));
}
