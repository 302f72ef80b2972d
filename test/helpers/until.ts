import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again until it holds; a test that waits for ever fails by the runner's timeout. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(5);
}
