/** The kernel over rows of float32 (kernel/rows): which build this engine takes, and an instance over a memory. */
import { ROWS_FUSED_KERNEL } from './rows-fused-kernel.ts';
import { ROWS_PLAIN_KERNEL } from './rows-plain-kernel.ts';

/** Arguments are addresses, unless they are named for what they are; kernel/rows has what each means. */
export interface RowKernel {
  isFused(): number;
  addColumns(
    rows: number,
    count: number,
    width: number,
    counts: number,
    sums: number,
    lows: number,
    highs: number,
  ): void;
  takeColumns(rows: number, count: number, width: number, columns: number, taken: number): void;
  toCoordinates(
    rows: number,
    count: number,
    width: number,
    centers: number,
    above: number,
    below: number,
    knee: number,
    constantLimit: number,
    fill: boolean,
    out: number,
    singles: number,
  ): void;
  squareProducts(
    vectors: number,
    count: number,
    matrix: number,
    size: number,
    isTriangle: boolean,
    start: number,
    sums: number,
    squares: number,
    parts: number,
  ): void;
  squareSingles(
    vectors: number,
    count: number,
    matrix: number,
    size: number,
    start: number,
    sums: number,
    squares: number,
  ): void;
  addOuterProducts(vectors: number, count: number, size: number, sums: number): void;
  addVectors(vectors: number, count: number, size: number, roots: number, sum: number): void;
}

/** `fused` has multiply-adds that round once: half as many instructions, and other last bits than `plain`. */
export type RowBuild = 'fused' | 'plain';

const TEXTS: Readonly<Record<RowBuild, string>> = { fused: ROWS_FUSED_KERNEL, plain: ROWS_PLAIN_KERNEL };

const modules: Partial<Record<RowBuild, WebAssembly.Module>> = {};
let best: RowBuild | undefined;

/** `fused` where the engine knows relaxed SIMD and this processor rounds its multiply-add once. */
export function chooseRowBuild(): RowBuild {
  best ??= WebAssembly.validate(Buffer.from(TEXTS.fused, 'base64')) && fuses() ? 'fused' : 'plain';
  return best;
}

function fuses(): boolean {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: false });
  return openRowKernel(memory, 'fused').isFused() === 1;
}

/** @param build by default what suits the processor */
export function openRowKernel(memory: WebAssembly.Memory, build: RowBuild = chooseRowBuild()): RowKernel {
  modules[build] ??= new WebAssembly.Module(Buffer.from(TEXTS[build], 'base64'));
  const imports = { env: { memory, log: Math.log } };
  return new WebAssembly.Instance(modules[build], imports).exports as unknown as RowKernel;
}
