/** The kernel's exports. Its one import is the memory. */
export { sigmoidAll, tanhAll } from './activation';
export { isFused } from './madd';
export { adam, pack, sumGradients } from './optimizer';
export { runJob, serve } from './pool';
export { multiply, multiplyTransposed } from './product';

/** Below this address are the control block and the kernel's constants. */
export function heapBase(): usize {
  return __heap_base;
}
