/**
 * The networks once more, in plain double precision and one number at a time: gates, losses and gradients from the
 * definitions, nothing shared with the kernel. Keras layout throughout.
 */
import type { LayerSpec, NamedArray, NetworkSpec } from '../../../lib/nn/contract.ts';

/** [step][column] */
type Sequence = number[][];
type Weights = ReadonlyMap<string, Float64Array>;

export interface ReferenceBatch {
  readonly inputs: readonly Sequence[];
  readonly targets: readonly Sequence[];
  readonly weights: readonly number[];
  /** As targets. */
  readonly mask: readonly Sequence[];
}

export interface ReferenceResult {
  readonly outputs: readonly Sequence[];
  readonly loss: number;
  readonly gradient: ReadonlyMap<string, Float64Array>;
  readonly inputGradients: readonly Sequence[];
}

type PullBack = (outGradient: Sequence) => Sequence;

/** @param keeps factor of dropout layer `index` on an element; 1 by default */
export function runReference(
  spec: NetworkSpec,
  arrays: readonly NamedArray[],
  batch: ReferenceBatch,
  factor: (index: number, sequence: number, step: number, column: number) => number = () => 1,
): ReferenceResult {
  const weights = new Map(arrays.map(({ name, values }) => [name, Float64Array.from(values)]));
  const gradient = new Map(arrays.map(({ name, values }) => [name, new Float64Array(values.length)]));
  const measured = batch.mask.flat(2).reduce((sum, m) => sum + m, 0);
  let loss = 0;
  const outputs: Sequence[] = [];
  const inputGradients = batch.inputs.map((input, sequence) => {
    const back: PullBack[] = [];
    let values = input;
    for (const [index, layer] of spec.layers.entries()) {
      const run = forwardLayer(layer, index, values, weights, gradient, (t, c) =>
        factor(index, sequence, t, c),
      );
      values = run.out;
      back.push(run.back);
    }
    outputs.push(values);
    const weight = batch.weights[sequence]!;
    let slope: Sequence = values.map((row, t) =>
      row.map((y, c) => {
        const target = batch.targets[sequence]![t]![c]!;
        const share = (weight * batch.mask[sequence]![t]![c]!) / measured;
        if (share === 0) return 0;
        if (spec.loss === 'mse') {
          loss += share * (y - target) ** 2;
          return 2 * share * (y - target);
        }
        loss -= share * (target * Math.log(y) + (1 - target) * Math.log(1 - y));
        return (share * (y - target)) / (y * (1 - y));
      }),
    );
    for (const pull of back.reverse()) slope = pull(slope);
    return slope;
  });
  return { outputs, loss, gradient, inputGradients };
}

function forwardLayer(
  layer: LayerSpec,
  index: number,
  input: Sequence,
  weights: Weights,
  gradient: Weights,
  factor: (step: number, column: number) => number,
): { out: Sequence; back: PullBack } {
  const name = `${layer.type}_${index}`;
  switch (layer.type) {
    case 'lstm': {
      const { states, back } = forwardLstm(name, layer.units, input, weights, gradient);
      if (layer.returnSequences) return { out: states, back };
      return { out: [states.at(-1)!], back: (dy) => back(onlyAt(dy[0]!, states.length - 1, states.length)) };
    }
    case 'bidirectional-lstm': {
      const one = forwardLstm(`${name}/forward`, layer.units, input, weights, gradient);
      const two = forwardLstm(`${name}/backward`, layer.units, input.toReversed(), weights, gradient);
      const last = input.length - 1;
      const backward = two.states.toReversed();
      const out = layer.returnSequences
        ? one.states.map((row, t) => [...row, ...backward[t]!])
        : [[...one.states[last]!, ...two.states[last]!]];
      return {
        out,
        back: (dy) => {
          const left = dy.map((row) => row.slice(0, layer.units));
          const right = dy.map((row) => row.slice(layer.units));
          const spread = (rows: Sequence): Sequence =>
            layer.returnSequences ? rows : onlyAt(rows[0]!, last, input.length);
          const a = one.back(spread(left));
          const b = two.back(layer.returnSequences ? right.toReversed() : spread(right)).toReversed();
          return a.map((row, t) => row.map((value, c) => value + b[t]![c]!));
        },
      };
    }
    case 'dropout': {
      const scale = (rows: Sequence): Sequence =>
        rows.map((row, t) => row.map((v, c) => (factor(t, c) === 0 ? 0 : v * factor(t, c))));
      return { out: scale(input), back: scale };
    }
    case 'repeat':
      return {
        out: Array.from({ length: layer.steps }, () => input[0]!),
        back: (dy) => [dy[0]!.map((_, c) => dy.reduce((sum, row) => sum + row[c]!, 0))],
      };
    case 'dense': {
      const { out, back } = forwardDense(name, input, layer.units, weights, gradient);
      if (layer.activation === 'linear') return { out, back };
      const activated = out.map((row) => row.map(sigmoid));
      return {
        out: activated,
        back: (dy) => back(dy.map((row, t) => row.map((v, c) => v * slopeOf(activated[t]![c]!)))),
      };
    }
    case 'attention':
      return forwardAttention(name, input, weights, gradient);
  }
}

function forwardAttention(
  name: string,
  input: Sequence,
  weights: Weights,
  gradient: Weights,
): { out: Sequence; back: PullBack } {
  const width = input[0]!.length;
  const dense = forwardDense(name, input, width, weights, gradient);
  const g = dense.out.map((row) => row.map(Math.tanh));
  const scorer = weights.get(`${name}/scorer`)!;
  const scores = g.map((row) => row.reduce((sum, v, c) => sum + v * scorer[c]!, 0));
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, p) => sum + p, 0);
  const shares = powers.map((p) => p / total);
  const out = [input[0]!.map((_, c) => shares.reduce((sum, a, t) => sum + a * input[t]![c]!, 0))];
  return {
    out,
    back: ([dy]) => {
      const byShare = input.map((row) => row.reduce((sum, h, c) => sum + h * dy![c]!, 0));
      const mean = byShare.reduce((sum, by, t) => sum + by * shares[t]!, 0);
      const byScore = byShare.map((by, t) => shares[t]! * (by - mean));
      const scorerGradient = gradient.get(`${name}/scorer`)!;
      for (const [t, by] of byScore.entries())
        for (let c = 0; c < width; c++) scorerGradient[c]! += by * g[t]![c]!;
      const dx = dense.back(g.map((row, t) => row.map((v, c) => byScore[t]! * scorer[c]! * (1 - v * v))));
      return dx.map((row, t) => row.map((v, c) => v + shares[t]! * dy![c]!));
    },
  };
}

function forwardDense(
  name: string,
  input: Sequence,
  units: number,
  weights: Weights,
  gradient: Weights,
): { out: Sequence; back: PullBack } {
  const kernel = weights.get(`${name}/kernel`)!;
  const bias = weights.get(`${name}/bias`)!;
  const out = input.map((row) =>
    Array.from({ length: units }, (_, c) =>
      row.reduce((sum, v, k) => sum + v * kernel[k * units + c]!, bias[c]!),
    ),
  );
  return {
    out,
    back: (dy) =>
      input.map((row, t) => {
        for (let c = 0; c < units; c++) {
          gradient.get(`${name}/bias`)![c]! += dy[t]![c]!;
          for (let k = 0; k < row.length; k++)
            gradient.get(`${name}/kernel`)![k * units + c]! += row[k]! * dy[t]![c]!;
        }
        return row.map((_, k) => dy[t]!.reduce((sum, v, c) => sum + v * kernel[k * units + c]!, 0));
      }),
  };
}

function forwardLstm(
  name: string,
  units: number,
  input: Sequence,
  weights: Weights,
  gradient: Weights,
): { states: Sequence; back: PullBack } {
  const kernel = weights.get(`${name}/kernel`)!;
  const recurrent = weights.get(`${name}/recurrent_kernel`)!;
  const bias = weights.get(`${name}/bias`)!;
  const wide = 4 * units;
  const zeros = new Array<number>(units).fill(0);
  let [h, c] = [zeros, zeros];
  const tape = input.map((x) => {
    const z = Array.from({ length: wide }, (_, j) => {
      let sum = bias[j]!;
      for (let k = 0; k < x.length; k++) sum += x[k]! * kernel[k * wide + j]!;
      for (let k = 0; k < units; k++) sum += h[k]! * recurrent[k * wide + j]!;
      return sum;
    });
    const i = z.slice(0, units).map(sigmoid);
    const f = z.slice(units, 2 * units).map(sigmoid);
    const g = z.slice(2 * units, 3 * units).map(Math.tanh);
    const o = z.slice(3 * units).map(sigmoid);
    const [before, cellBefore] = [h, c];
    c = c.map((v, u) => f[u]! * v + i[u]! * g[u]!);
    h = c.map((v, u) => o[u]! * Math.tanh(v));
    return { x, i, f, g, o, before, cellBefore, c, h };
  });
  return {
    states: tape.map((step) => step.h),
    back: (dy) => {
      let dhNext = zeros;
      let dcNext = zeros;
      const dx: Sequence = [];
      for (let t = tape.length - 1; t >= 0; t--) {
        const { x, i, f, g, o, before, cellBefore, c: cell } = tape[t]!;
        const dh = dhNext.map((v, u) => v + dy[t]![u]!);
        const tc = cell.map(Math.tanh);
        const dc = dcNext.map((v, u) => v + dh[u]! * o[u]! * (1 - tc[u]! ** 2));
        const dz = [
          ...dc.map((v, u) => v * g[u]! * slopeOf(i[u]!)),
          ...dc.map((v, u) => v * cellBefore[u]! * slopeOf(f[u]!)),
          ...dc.map((v, u) => v * i[u]! * (1 - g[u]! ** 2)),
          ...dh.map((v, u) => v * tc[u]! * slopeOf(o[u]!)),
        ];
        dcNext = dc.map((v, u) => v * f[u]!);
        addOuter(gradient.get(`${name}/kernel`)!, x, dz);
        addOuter(gradient.get(`${name}/recurrent_kernel`)!, before, dz);
        addOuter(gradient.get(`${name}/bias`)!, [1], dz);
        dhNext = before.map((_, k) => dz.reduce((sum, v, j) => sum + v * recurrent[k * wide + j]!, 0));
        dx[t] = x.map((_, k) => dz.reduce((sum, v, j) => sum + v * kernel[k * wide + j]!, 0));
      }
      return dx;
    },
  };
}

function addOuter(to: Float64Array, rows: readonly number[], columns: readonly number[]): void {
  for (let r = 0; r < rows.length; r++)
    for (let c = 0; c < columns.length; c++) to[r * columns.length + c]! += rows[r]! * columns[c]!;
}

function onlyAt(row: number[], at: number, steps: number): Sequence {
  return Array.from({ length: steps }, (_, t) => (t === at ? row : row.map(() => 0)));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function slopeOf(activated: number): number {
  return activated * (1 - activated);
}
