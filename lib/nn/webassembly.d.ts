/** What load-kernel.ts uses beside lib/window/webassembly.d.ts. */
declare namespace WebAssembly {
  function validate(bytes: Uint8Array): boolean;
  let Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => Memory;
}
