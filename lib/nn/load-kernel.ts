/**
 * The compiled kernel: which build this engine takes, and an instance over a memory.
 *
 * A bundler finds the two files as `#network-kernel-fused` and `-plain` (lib/window/decoder.ts tells how): the import
 * is then the path of the emitted file relative to the bundle.
 */
import fusedFile from '#network-kernel-fused';
import plainFile from '#network-kernel-plain';
import { readBundledFile } from '../base/bundled-file.ts';
import type { KernelBuild } from './contract.ts';

export interface Kernel {
  heapBase(): number;
  isFused(): number;
  runJob(): number;
  pack(table: number, entries: number): void;
  sumGradients(at: number, bytes: number, shards: number): number;
  adam(
    weights: number,
    gradient: number,
    first: number,
    second: number,
    bytes: number,
    rate: number,
    root: number,
    scale: number,
  ): void;
  sigmoidAll(at: number, count: number): void;
  tanhAll(at: number, count: number): void;
  /** C = init + A · B over addresses and strides; see kernel/source/product.ts. */
  multiply(...args: readonly number[]): void;
}

/** What the kernel's memory may grow to; the same in scripts/build-kernel.ts. */
export const MAX_BYTES: number = 2 ** 30;
export const PAGE_BYTES = 65_536;

/** A module of one function that returns relaxed_madd(0, 0, 0): valid where relaxed SIMD is. */
const RELAXED_PROBE: Uint8Array<ArrayBuffer> = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // One type, () → v128, and one function of it.
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  // Its code: i32.const 0, i32x4.splat, three times; f32x4.relaxed_madd; end.
  ...[0x0a, 0x13, 0x01, 0x11, 0x00],
  ...[0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd, 0x11],
  ...[0xfd, 0x85, 0x02, 0x0b],
);

const modules: Partial<Record<KernelBuild, WebAssembly.Module>> = {};
let best: KernelBuild | undefined;

export function loadModule(build: KernelBuild): WebAssembly.Module {
  modules[build] ??= new WebAssembly.Module(readBundledFile(build === 'fused' ? fusedFile : plainFile));
  return modules[build];
}

/**
 * `fused` where the engine knows relaxed SIMD and this processor rounds its multiply-add once. Then each result is
 * defined to the last bit, on x64 and arm64 alike.
 */
export function chooseBuild(): KernelBuild {
  best ??= WebAssembly.validate(RELAXED_PROBE) && fuses() ? 'fused' : 'plain';
  return best;
}

function fuses(): boolean {
  return instantiate(loadModule('fused'), makeMemory(PAGE_BYTES)).isFused() === 1;
}

export function makeMemory(bytes: number): WebAssembly.Memory {
  return new WebAssembly.Memory({
    initial: Math.ceil(bytes / PAGE_BYTES),
    maximum: MAX_BYTES / PAGE_BYTES,
    shared: true,
  });
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
}
