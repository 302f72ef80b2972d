/** Hands out parts of a kernel's memory, which is made once all are known. */

const PAGE_BYTES = 65_536;
/** Where vectors of a kernel may begin. */
const ALIGNMENT = 16;

export interface MemoryPlan {
  /** @returns the address of that many bytes, at a multiple of 16 */
  take(bytes: number): number;
  /** The memory, with room for 16 bytes past what was taken. */
  open(): WebAssembly.Memory;
}

export function planMemory(): MemoryPlan {
  let end = 0;
  return {
    take: (bytes) => {
      const at = end;
      end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
      return at;
    },
    open: () => {
      const pages = Math.ceil((end + ALIGNMENT) / PAGE_BYTES);
      return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: false });
    },
  };
}
