/** Tasks one after the other, or several side by side in threads of their own. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { closePeers } from './judge-file.ts';
import { type Outcome, runTask, type Task } from './run-task.ts';

/** @returns outcomes in the order of the tasks */
export async function runAll(given: {
  readonly tasks: readonly Task[];
  /** 1: in this thread. */
  readonly jobs: number;
  readonly onOutcome: (task: Task, outcome: Outcome, seconds: number) => void;
}): Promise<readonly Outcome[]> {
  const { tasks, jobs, onOutcome } = given;
  const outcomes: Outcome[] = [];
  let next = 0;
  const takeTurns = async (run: (task: Task) => Promise<Outcome>): Promise<void> => {
    while (next < tasks.length) {
      const index = next++;
      const task = tasks[index]!;
      const begun = performance.now();
      const outcome = await run(task);
      outcomes[index] = outcome;
      onOutcome(task, outcome, (performance.now() - begun) / 1000);
    }
  };
  if (jobs === 1) {
    await takeTurns(runTask).finally(closePeers);
    return outcomes;
  }
  const workers = Array.from(
    { length: Math.min(jobs, tasks.length) },
    () => new Worker(join(import.meta.dirname, 'worker.ts')),
  );
  try {
    await Promise.all(
      workers.map(async (worker) => {
        await takeTurns(async (task) => {
          // An error in the thread rejects this.
          const answer = once(worker, 'message');
          worker.postMessage(task);
          const [outcome] = (await answer) as [Outcome];
          return outcome;
        });
        const ended = once(worker, 'exit');
        worker.postMessage(undefined);
        await ended;
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return outcomes;
}
