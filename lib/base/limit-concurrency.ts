/** Runs tasks at most `limit` at a time, first come first served. A task that fails frees its place like any other. */
export function limitConcurrency(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so that no newcomer slips in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}

/**
 * Waits for every visit that has begun, then throws the error of the first item that failed. Nothing more is begun once
 * as many have failed as run at a time: what fails so often fails for all.
 */
export async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  visit: (item: T) => Promise<void>,
): Promise<void> {
  const run = limitConcurrency(limit);
  let failed = 0;
  const visits = items.map((item) =>
    run(async () => {
      if (failed >= limit) return;
      try {
        await visit(item);
      } catch (error) {
        failed++;
        throw error;
      }
    }),
  );
  for (const result of await Promise.allSettled(visits))
    if (result.status === 'rejected') throw result.reason;
}
