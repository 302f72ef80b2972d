/**
 * From PutObject of a window with an anomaly to the alert in a subscriber's queue, all of it on the local emulator:
 * S3 event, score function, SNS, SQS. Warm functions; the cold start is on rows of its own.
 */

import type { MetricWindow } from '../lib/window/window.ts';
import { type AlertFeed, openAlertFeed } from '../scripts/demo/alert-feed.ts';
import { readSamples } from '../scripts/demo/sample-data.ts';
import type { BenchRow } from './bench-row.ts';
import { median } from './in-turns.ts';
import { DETECTOR, type LocalFunctions, startLocalFunctions } from './local-functions.ts';

const ROUNDS = 5;
const WINDOW = 30 * 60_000;
const PATIENCE_MS = 60_000;

export async function benchLatency(): Promise<BenchRow[]> {
  await using functions = await startLocalFunctions({ environmentIdleMs: 600_000 });
  const { deployment, declare, drop } = functions;
  const { history, replay } = readSamples(Date.now(), WINDOW);
  await declare(DETECTOR, ['step: 1m']);
  for (const window of history) await drop(window);
  await deployment.idle();

  const arrivals = new Map<string, number>();
  const feed = await openAlertFeed(deployment.outputs['AlertTopicArn']!, ({ entity, state }) => {
    if (state === 'opened') arrivals.set(entity, performance.now());
  });
  try {
    const times: number[] = [];
    // Round 0 finds cold functions.
    for (let round = 0; round <= ROUNDS; round++) {
      const time = await timeAlert({
        functions,
        feed,
        arrivals,
        window: replay[round]!,
        pod: `~bench-${round}`,
      });
      if (round > 0) times.push(time);
    }
    return [
      {
        what: 'latency: PutObject of 30 min × 9 pods to alert received, emulator',
        ours: median(times),
        unit: 'ms',
      },
    ];
  } finally {
    await feed.close();
  }
}

async function timeAlert(given: {
  readonly functions: LocalFunctions;
  readonly feed: AlertFeed;
  readonly arrivals: ReadonlyMap<string, number>;
  readonly window: MetricWindow;
  readonly pod: string;
}): Promise<number> {
  const { functions, arrivals, pod } = given;
  const window = raiseLastPod(given.window, pod);
  const start = performance.now();
  await functions.drop(window);
  while (!arrivals.has(pod)) {
    if (performance.now() - start > PATIENCE_MS)
      throw new Error(
        `no alert for ${pod} after ${PATIENCE_MS} ms, but ${JSON.stringify(given.feed.alerts.at(-1))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await functions.deployment.idle();
  return arrivals.get(pod)! - start;
}

/** The last pod gets a name of its own, so that its incident is a new one, and a hundred times what it had. */
function raiseLastPod(window: MetricWindow, name: string): MetricWindow {
  const last = window.entities.length - 1;
  return {
    ...window,
    // A tilde sorts last, as the entities of a window have to be.
    entities: window.entities.map((entity, index) => (index === last ? name : entity)),
    columns: window.columns.map((column) =>
      column.map((value, row) => (window.entityOf[row] === last ? 100 * value + 1 : value)),
    ),
  };
}
