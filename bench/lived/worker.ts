/** One of several threads that tasks are shared among: see run-all.ts. */
import { parentPort } from 'node:worker_threads';
import { closePeers } from './judge-file.ts';
import { runTask, type Task } from './run-task.ts';

const port = parentPort!;
port.on('message', async (task: Task | undefined) => {
  if (task === undefined) {
    await closePeers();
    port.close();
    return;
  }
  port.postMessage(await runTask(task));
});
