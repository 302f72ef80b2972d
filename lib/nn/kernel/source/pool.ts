/**
 * Threads share a job by claiming shards. Which thread runs a shard changes nothing: it reads what no shard writes,
 * and writes its own gradient, loss and output.
 */
import { DONE, FAILED, REMAINING, SHARDS, SIGNAL, STOP } from '../layout';
import { runShard } from './shard';

/** Turns of the empty loop in which the last shard of another thread usually ends; then the caller sleeps. */
const SPINS = 2000;

/** Runs the job that the control block describes, and returns once all shards are done: 0, or 1 if a worker failed. */
export function runJob(): i32 {
  const shards = load<i32>(SHARDS);
  atomic.store<i32>(DONE, 0);
  atomic.store<i32>(REMAINING, shards);
  atomic.add<i32>(SIGNAL, 1);
  atomic.notify(SIGNAL, -1);
  claimShards(0);
  for (let i = 0; i < SPINS; ++i) if (atomic.load<i32>(DONE) == shards) return 0;
  let done = atomic.load<i32>(DONE);
  while (done != shards) {
    if (atomic.load<i32>(FAILED) != 0) return 1;
    atomic.wait<i32>(DONE, done, -1);
    done = atomic.load<i32>(DONE);
  }
  return 0;
}

/** A worker's life. Returns when told to stop. `thread` ≥ 1. */
export function serve(thread: i32): void {
  let seen = 0;
  while (atomic.load<i32>(STOP) == 0) {
    const signal = atomic.load<i32>(SIGNAL);
    if (signal == seen) {
      atomic.wait<i32>(SIGNAL, seen, -1);
      continue;
    }
    seen = signal;
    claimShards(thread);
  }
}

/** What a claim says is read after it: a thread that wakes late works on the job of that moment. */
function claimShards(thread: i32): void {
  for (;;) {
    const left = atomic.sub<i32>(REMAINING, 1);
    if (left <= 0) return;
    runShard(left - 1, thread);
    const done = atomic.add<i32>(DONE, 1) + 1;
    if (done == load<i32>(SHARDS)) atomic.notify(DONE, -1);
  }
}
