/**
 * Worker threads over one shared memory. They sleep on a futex between jobs, need no file and no message, and end with
 * the process: none keeps it alive.
 */
import { Worker } from 'node:worker_threads';
import { FAILED, SIGNAL, STOP } from './kernel/layout.ts';

/** Evaluated as it stands: a bundle has no file for it. A trap is told to the thread that waits. */
const SOURCE = `
const { workerData: { module, memory, thread, failed, done } } = require('node:worker_threads');
try {
  new WebAssembly.Instance(module, { env: { memory } }).exports.serve(thread);
} catch (error) {
  const control = new Int32Array(memory.buffer, 0, 64);
  Atomics.store(control, failed / 4, 1);
  Atomics.notify(control, done / 4);
  throw error;
}`;

/** @param threads the caller's own included; it is thread 0 */
export function startWorkers(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  threads: number,
  done: number,
): void {
  for (let thread = 1; thread < threads; thread++) {
    const worker = new Worker(SOURCE, {
      eval: true,
      workerData: { module, memory, thread, failed: FAILED, done },
      // The process's own flags (a loader, a test runner) are not for these.
      execArgv: [],
      name: `network-${thread}`,
    });
    worker.unref();
  }
}

/** They end once they are done with what they have claimed. */
export function stopWorkers(memory: WebAssembly.Memory): void {
  const control = new Int32Array(memory.buffer, 0, 64);
  Atomics.store(control, STOP / 4, 1);
  Atomics.add(control, SIGNAL / 4, 1);
  Atomics.notify(control, SIGNAL / 4);
}
