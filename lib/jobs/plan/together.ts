/**
 * What detectors share of the time that functions run for. Those of one schedule are due in the same minute: they are exported side
 * by side, and their windows come to score within seconds of each other.
 */
import { DEFAULT_CONCURRENCY } from '../../source/prometheus-endpoint.ts';
import { MOST_AT_ONCE } from '../export/export-due.ts';
import { MOST_BYTES_AT_ONCE } from '../score/side-by-side.ts';
import { LOOKS_AT_ONCE } from '../shared/watch-detectors.ts';
import { SECONDS, STAYS_WARM } from './assumptions.ts';
import { SCORE_EVENTS } from './functions.ts';
import type { Workload } from './workload.ts';

export interface Together {
  /** Exports that run at once. */
  readonly exports: number;
  /** Units that one invocation scores at once. */
  readonly scorings: number;
  /** Of a unit's scorings, the share in which no process has its version; and cold starts of a scoring. */
  readonly unloaded: number;
  readonly coldStarts: number;
  /** Detectors that the hourly run looks at at once. */
  readonly looks: number;
}

/** @param all those of the deployment, this one among them */
export function shareTime(load: Workload, all: readonly Workload[]): Together {
  const period = periodOf(load);
  const peers = load.isExported ? all.filter((each) => each.isExported && periodOf(each) === period) : [load];
  const asked = peers.filter(({ isAsked }) => isAsked).length;
  const fitting = Math.floor(MOST_BYTES_AT_ONCE / (load.windowBytes * load.windowsAnExport));
  // A batch waits for others for so long, while exports go on.
  const inTime = 1 + SCORE_EVENTS.batchingSeconds / (secondsOfQueries(load, asked) || SECONDS.request);
  const most = Math.min(peers.length, SCORE_EVENTS.batchSize, fitting, Math.floor(inTime));
  const scorings = load.isExported ? Math.max(1, most) : 1;
  const isCold = Math.min(...all.map(periodOf)) > STAYS_WARM;
  return {
    exports: Math.max(1, Math.min(MOST_AT_ONCE, asked)),
    scorings,
    unloaded: isCold ? 1 : 0,
    coldStarts: isCold ? Math.min(1 / scorings, SCORE_EVENTS.processes / peers.length) : 0,
    looks: Math.min(LOOKS_AT_ONCE, all.length),
  };
}

/** Of an export, waiting for the source, which answers so many queries at once. @param exports that are due in that minute */
export function secondsOfQueries({ queries }: Workload, exports: number): number {
  const rounds = queries / DEFAULT_CONCURRENCY;
  return SECONDS.query * (exports > 1 ? rounds : Math.ceil(rounds));
}

/** Ms from one export to the next. */
function periodOf({ window, windowsAnExport }: Workload): number {
  return window * windowsAnExport;
}
