/**
 * The WebAssembly instance behind parquet-wasm: made on first use, thrown away after a failure.
 *
 * One source for plain Node and for a bundle. `#parquet-wasm-file` is declared under `imports` in package.json: Node
 * takes `wasm-file.ts`, which resolves the file inside node_modules; bundlers (esbuild's condition `module`) take the
 * `.wasm` itself. With esbuild's `loader: { '.wasm': 'file' }` and `assetNames: '[name]'` the import is then the path
 * of the emitted file relative to the bundle, and the file has to be shipped beside it. ESM and CJS bundles both work.
 */
import * as parquetWasm from 'parquet-wasm/esm';
import wasmFile from '#parquet-wasm-file';
import { readBundledFile } from '../base/bundled-file.ts';
import { windowLimits } from './limits.ts';

export type Decoder = typeof parquetWasm;

const PAGE_BYTES = 65_536;
const MEMORY_SECTION = 5;

let module: WebAssembly.Module | undefined;
let imports: WebAssembly.Imports | undefined;
let instance: WebAssembly.Instance | undefined;

/**
 * Runs `use` with parquet-wasm. A failure of any kind drops the instance: after a Rust panic its stack and heap are
 * in no defined state. So does a call that left it with a large memory.
 * @throws whatever `use` throws
 */
export function withDecoder<T>(use: (decoder: Decoder) => T): T {
  if (instance === undefined) start();
  let keep = false;
  try {
    const result = use(parquetWasm);
    keep = memoryOf(instance!).buffer.byteLength <= windowLimits().keptDecoderPages * PAGE_BYTES;
    return result;
  } finally {
    if (!keep) drop();
  }
}

function start(): void {
  if (imports === undefined) {
    bindGlue();
  } else {
    instance = new WebAssembly.Instance(module!, imports);
    (instance.exports.__wbindgen_start as () => void)();
  }
}

/**
 * parquet-wasm's JavaScript keeps the first instance's exports for good. So it is given exports that look up the
 * instance of the moment. Its loader takes nothing but a module, hence the constructor in its way for that one call.
 */
function bindGlue(): void {
  const Instance = WebAssembly.Instance;
  module ??= new WebAssembly.Module(limitMemory(readBundledFile(wasmFile)));
  const exports = new Proxy({}, { get: (_, name) => exportOf(name as string) });
  function capture(given: WebAssembly.Module, itsImports: WebAssembly.Imports): { exports: object } {
    instance = new Instance(given, itsImports);
    imports = itsImports;
    return { exports };
  }
  WebAssembly.Instance = capture as unknown as typeof Instance;
  try {
    parquetWasm.initSync({ module });
  } finally {
    WebAssembly.Instance = Instance;
  }
}

/**
 * The garbage collector may ask to free what a dropped instance held, at any time: its memory is gone, and an error in there
 * would end the process.
 */
function exportOf(name: string): unknown {
  if (instance === undefined && name.endsWith('_free')) return () => {};
  return instance!.exports[name];
}

function drop(): void {
  // Growing by nothing detaches the buffer: the glue sees that its cached views are dead and makes new ones.
  if (instance !== undefined) memoryOf(instance).grow(0);
  instance = undefined;
}

function memoryOf(of: WebAssembly.Instance): WebAssembly.Memory {
  return of.exports.memory as WebAssembly.Memory;
}

/**
 * Writes an upper bound into the module's memory section: an allocation beyond it traps, and the process lives on.
 * Layout: https://webassembly.github.io/spec/core/binary/modules.html#memory-section
 */
function limitMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let at = 8;
  while (at < bytes.length) {
    const [size, body] = readUnsigned(bytes, at + 1);
    if (bytes[at] === MEMORY_SECTION) {
      const [, flagsAt] = readUnsigned(bytes, body);
      const [initial] = readUnsigned(bytes, flagsAt + 1);
      const section = [1, 1, ...unsigned(initial), ...unsigned(windowLimits().decoderPages)];
      return Uint8Array.from(
        Buffer.concat([
          bytes.subarray(0, at),
          Uint8Array.of(MEMORY_SECTION, ...unsigned(section.length), ...section),
          bytes.subarray(body + size),
        ]),
      );
    }
    at = body + size;
  }
  throw new Error(`${wasmFile} has no memory section: not the parquet-wasm build that this was written for`);
}

/** LEB128. Returns the number and the offset behind it. */
function readUnsigned(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  let shift = 1;
  for (let at = from; ; at++) {
    const byte = bytes[at]!;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at + 1];
    shift *= 128;
  }
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
