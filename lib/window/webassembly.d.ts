/** The part of WebAssembly that decoder.ts uses: TypeScript declares it in its browser library only. */
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  let Instance: new (module: Module, imports: Imports) => Instance;
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Pages of 64 KiB; detaches the old buffer. */
    grow(pages: number): number;
  }
  class RuntimeError extends Error {}
}
