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
  addOuterProducts(vectors: number, count: number, size: number, sums: number): void;
  addVectors(vectors: number, count: number, size: number, roots: number, sum: number): void;
}

/** `fused` has multiply-adds that round once: half as many instructions, and other last bits than `plain`. */
export type RowBuild = 'fused' | 'plain';

const TEXTS: Readonly<Record<RowBuild, string>> = { fused: ROWS_FUSED_KERNEL, plain: ROWS_PLAIN_KERNEL };
const PAGE_BYTES = 65_536;
/** Where vectors of the kernel may begin. */
const ALIGNMENT = 16;

const modules: Partial<Record<RowBuild, WebAssembly.Module>> = {};
let best: RowBuild | undefined;

/** Hands out parts of a memory that is made once all are known. */
export interface MemoryPlan {
  /** @returns the address of that many bytes, at a multiple of 16 */
  take(bytes: number): number;
  /** The memory, with room for 16 bytes past its end, and the kernel over it. */
  open(build?: RowBuild): { readonly buffer: ArrayBuffer; readonly kernel: RowKernel };
}

export function planMemory(): MemoryPlan {
  let end = 0;
  return {
    take: (bytes) => {
      const at = end;
      end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
      return at;
    },
    open: (build = chooseRowBuild()) => {
      const pages = Math.ceil((end + ALIGNMENT) / PAGE_BYTES);
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: false });
      return { buffer: memory.buffer, kernel: instantiate(build, memory) };
    },
  };
}

/** `fused` where the engine knows relaxed SIMD and this processor rounds its multiply-add once. */
export function chooseRowBuild(): RowBuild {
  best ??= WebAssembly.validate(Buffer.from(TEXTS.fused, 'base64')) && fuses() ? 'fused' : 'plain';
  return best;
}

function fuses(): boolean {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: false });
  return instantiate('fused', memory).isFused() === 1;
}

function instantiate(build: RowBuild, memory: WebAssembly.Memory): RowKernel {
  modules[build] ??= new WebAssembly.Module(Buffer.from(TEXTS[build], 'base64'));
  const imports = { env: { memory, log: Math.log } };
  return new WebAssembly.Instance(modules[build], imports).exports as unknown as RowKernel;
}
