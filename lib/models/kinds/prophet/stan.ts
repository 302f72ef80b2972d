/**
 * Prophet's Stan program with Stan's optimiser, compiled to WebAssembly by augurs (@bsull/augurs-prophet-wasmstan), and
 * nothing around it: the package's own JavaScript brings a WASI with workers, files, a clock and randomness, which does
 * not survive bundling and has no business here. The module gets a WASI in which there is nothing: no environment, no
 * files, time 0; what Stan prints is dropped. So the same data gives the same parameters.
 *
 * The call follows the WebAssembly component model's canonical ABI; the layouts are those of the package's
 * interfaces/augurs-prophet-wasmstan-types.d.ts.
 * https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
 */
import wasmFile from '#prophet-stan-file';
import { readBundledFile } from '../../../base/bundled-file.ts';

/** The data block of Prophet's Stan program. */
export interface StanData {
  /** Values, scaled so that the largest magnitude is 1. */
  readonly y: Float64Array;
  /** Of each value, scaled from 0 to 1. */
  readonly t: Float64Array;
  readonly changepoints: Float64Array;
  /** Row-major, y.length × sigmas.length. */
  readonly features: Float64Array;
  /** Standard deviation of each coefficient's prior; at least one. */
  readonly sigmas: Float64Array;
  /** Scale of the prior of rate changes. */
  readonly tau: number;
}

export interface StanParams {
  /** Growth from t = 0 to 1. */
  readonly k: number;
  /** Value at t = 0. */
  readonly m: number;
  readonly sigma: number;
  /** Change of the growth at each changepoint. */
  readonly delta: Float64Array;
  /** One for each feature. */
  readonly beta: Float64Array;
}

export interface Stan {
  /** @returns undefined where Stan gave up, whatever its reason */
  optimize(data: StanData, initial: { readonly k: number; readonly m: number }): StanParams | undefined;
}

/** L-BFGS, its place in the interface's enumeration. Newton's method, which Prophet falls back on, traps in this build. */
const LBFGS = 2;
/**
 * Relative change of the likelihood, in machine epsilons, at which the optimum is found: Stan's own 1e4 first. Its line
 * search often fails where rounding hides any further rise, and Stan takes that for an error; 1e10 is 2e-6.
 */
const TOLERANCES: readonly number[] = [1e4, 1e10];
/** As Prophet asks for. */
const MOST_ITERATIONS = 10_000;
const OPTIMIZE = 'augurs:prophet-wasmstan/optimizer#optimize';
const BAD_DESCRIPTOR = 8;

let compiled: WebAssembly.Module | undefined;

/** An instance of its own: its memory goes when it does. */
export function startStan(): Stan {
  compiled ??= new WebAssembly.Module(readBundledFile(wasmFile));
  const module = compiled;
  let instance = instantiate(module);
  return {
    optimize(data, initial) {
      const json = renderData(data);
      const level = { k: 0, m: data.y.reduce((sum, value) => sum + value, 0) / data.y.length };
      for (const start of [initial, level])
        for (const tolerance of TOLERANCES) {
          try {
            const params = call(instance, { data, json, initial: start, tolerance });
            if (params !== undefined) return params;
          } catch (error) {
            if (!(error instanceof WebAssembly.RuntimeError || error instanceof StanExit)) throw error;
            // After a trap its memory is in no defined state.
            instance = instantiate(module);
          }
        }
      return undefined;
    },
  };
}

class StanExit extends Error {}

interface StanInstance {
  readonly memory: WebAssembly.Memory;
  allocate(align: number, bytes: number): number;
  optimize(args: number): number;
  free(result: number): void;
}

function instantiate(module: WebAssembly.Module): StanInstance {
  const view = (): DataView => new DataView((exports['memory'] as WebAssembly.Memory).buffer);
  const nothing = (): number => BAD_DESCRIPTOR;
  const wasi = {
    environ_get: () => 0,
    environ_sizes_get: (count: number, size: number) => {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return 0;
    },
    clock_time_get: (_clock: number, _precision: bigint, time: number) => {
      view().setBigUint64(time, 0n, true);
      return 0;
    },
    fd_close: nothing,
    fd_fdstat_get: nothing,
    fd_prestat_get: nothing,
    fd_prestat_dir_name: nothing,
    fd_read: nothing,
    fd_seek: nothing,
    /** Says that everything was written. */
    fd_write: (_file: number, vectors: number, count: number, written: number) => {
      let bytes = 0;
      for (let i = 0; i < count; i++) bytes += view().getUint32(vectors + 8 * i + 4, true);
      view().setUint32(written, bytes, true);
      return 0;
    },
    proc_exit: (code: number) => {
      throw new StanExit(`Stan exited with code ${code}`);
    },
    sched_yield: () => 0,
    random_get: (to: number, bytes: number) => {
      new Uint8Array(view().buffer, to, bytes).fill(0);
      return 0;
    },
  };
  const { exports } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi });
  (exports['_initialize'] as () => void)();
  const reallocate = exports['cabi_realloc'] as (
    old: number,
    size: number,
    align: number,
    to: number,
  ) => number;
  return {
    memory: exports['memory'] as WebAssembly.Memory,
    allocate: (align, bytes) => reallocate(0, 0, align, bytes),
    optimize: exports[OPTIMIZE] as (args: number) => number,
    free: exports[`cabi_post_${OPTIMIZE}`] as (result: number) => void,
  };
}

/** Stan reads its data as JSON. */
function renderData({ y, t, changepoints, features, sigmas, tau }: StanData): string {
  const width = sigmas.length;
  return JSON.stringify({
    T: y.length,
    y: [...y],
    t: [...t],
    cap: new Array(y.length).fill(0),
    S: changepoints.length,
    t_change: [...changepoints],
    // Linear growth.
    trend_indicator: 0,
    K: width,
    // Every feature adds; none multiplies.
    s_a: new Array(width).fill(1),
    s_m: new Array(width).fill(0),
    X: Array.from(y, (_, row) => [...features.subarray(row * width, (row + 1) * width)]),
    sigmas: [...sigmas],
    tau,
  });
}

/** Offsets are those of the record's fields: 200 bytes in all. An option is a byte that says whether it is set, then its value. */
function call(
  stan: StanInstance,
  given: {
    readonly data: StanData;
    readonly json: string;
    readonly initial: { readonly k: number; readonly m: number };
    /** In machine epsilons. */
    readonly tolerance: number;
  },
): StanParams | undefined {
  const { data, json, initial, tolerance } = given;
  const args = stan.allocate(8, 200);
  const delta = putZeros(stan, data.changepoints.length);
  const beta = putZeros(stan, data.sigmas.length);
  const bytes = new TextEncoder().encode(json);
  const text = stan.allocate(1, bytes.length);
  new Uint8Array(stan.memory.buffer, text, bytes.length).set(bytes);
  new Uint8Array(stan.memory.buffer, args, 200).fill(0);
  const view = new DataView(stan.memory.buffer);
  view.setFloat64(args, initial.k, true);
  view.setFloat64(args + 8, initial.m, true);
  view.setUint32(args + 16, delta, true);
  view.setUint32(args + 20, data.changepoints.length, true);
  view.setUint32(args + 24, beta, true);
  view.setUint32(args + 28, data.sigmas.length, true);
  view.setFloat64(args + 32, 1, true);
  view.setUint32(args + 40, text, true);
  view.setUint32(args + 44, bytes.length, true);
  view.setUint8(args + 48, 1);
  view.setUint8(args + 49, LBFGS);
  setOption(view, args + 52, 1);
  setOption(view, args + 60, 1);
  view.setUint8(args + 104, 1);
  view.setFloat64(args + 112, tolerance, true);
  setOption(view, args + 176, MOST_ITERATIONS);
  const result = stan.optimize(args);
  const params = readResult(new DataView(stan.memory.buffer), result);
  stan.free(result);
  return params;
}

function putZeros(stan: StanInstance, length: number): number {
  const at = stan.allocate(8, 8 * length);
  new Uint8Array(stan.memory.buffer, at, 8 * length).fill(0);
  return at;
}

function setOption(view: DataView, at: number, value: number): void {
  view.setUint8(at, 1);
  view.setUint32(at + 4, value, true);
}

/** Undefined for an error, and for parameters that are no numbers. */
function readResult(view: DataView, result: number): StanParams | undefined {
  if (view.getUint8(result) !== 0) return undefined;
  const list = (at: number): Float64Array => {
    const from = view.getUint32(at, true);
    return Float64Array.from({ length: view.getUint32(at + 4, true) }, (_, i) =>
      view.getFloat64(from + 8 * i, true),
    );
  };
  const params = {
    k: view.getFloat64(result + 48, true),
    m: view.getFloat64(result + 56, true),
    delta: list(result + 64),
    beta: list(result + 72),
    sigma: view.getFloat64(result + 80, true),
  };
  const { k, m, sigma, delta, beta } = params;
  return [k, m, sigma, ...delta, ...beta].every(Number.isFinite) ? params : undefined;
}
