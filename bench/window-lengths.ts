/**
 * `npm run bench -- window-lengths`: bucket calls of a quiet window at several lengths, export and scoring together, and
 * how long a row waits for its window's end. Counted over a bucket in memory, by the product's own jobs; the mean of a whole day's
 * windows, since some of them list, and some write copies.
 */
import { formatTable } from '../lib/cli/table.ts';
import { exportDue } from '../lib/jobs/export/export-due.ts';
import { openLocalBucket } from '../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../lib/jobs/train/train-model.ts';
import { onlySource } from '../lib/source/open-sources.ts';
import type { ObjectStore } from '../lib/store/object-store.ts';
import { createMemoryTelemetry } from '../test/helpers/memory-telemetry.ts';
import { EPOCH, makeWindow, STEP } from '../test/helpers/synthetic-window.ts';
import { tellWindow } from '../test/helpers/window-source.ts';
import type { Study } from './study.ts';

const LENGTHS = [5, 15, 60] as const;
const DAY = 1440;
/** Runs of the export within which a day's backlog is there. */
const BACKLOG_RUNS = 10;

interface Calls {
  /** GET and HEAD. */
  reads: number;
  /** PUT, LIST and DELETE, at the price of a PUT. */
  writes: number;
}

export const reportWindowLengths: Study = async () => {
  const rows = [];
  for (const minutes of LENGTHS) {
    const { reads, writes } = await countCalls(minutes);
    const perDay = DAY / minutes;
    rows.push({ minutes, reads, writes, callsADay: perDay * (reads + writes) });
  }
  const table = formatTable([
    ['window, min', 'reads', 'writes and lists', 'calls a day', 'wait of a row, min: mean', 'worst'],
    ...rows.map(({ minutes, reads, writes, callsADay }) =>
      [minutes, reads.toFixed(1), writes.toFixed(1), callsADay.toFixed(0), minutes / 2, minutes].map(String),
    ),
  ]);
  return { text: table, figures: rows };
};

async function countCalls(minutes: number): Promise<Calls> {
  let clock = EPOCH + DAY * STEP;
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock });
  const calls: Calls = { reads: 0, writes: 0 };
  const context = {
    ...bucket.context,
    telemetry,
    store: countStore(bucket.store, calls),
    withoutReports: true as const,
  };
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(describeDetector(minutes)));
  const source = tellWindow(makeWindow({ from: 0, rows: 3 * DAY }));
  for (let run = 0; run < BACKLOG_RUNS; run++) await exportDue(onlySource(source), context);
  await trainModel(await loadDetector(context, 'shop'), context);
  await scoreWindows(await loadDetector(context, 'shop'), context);
  Object.assign(calls, { reads: 0, writes: 0 });
  const windows = DAY / minutes;
  for (let window = 0; window < windows; window++) {
    clock += minutes * STEP;
    const { exported } = await exportDue(onlySource(source), context);
    // As the event has it.
    const arrived = exported.get('shop')?.exported;
    await scoreWindows(await loadDetector(context, 'shop'), context, { arrived });
  }
  return { reads: calls.reads / windows, writes: calls.writes / windows };
}

function describeDetector(minutes: number): string {
  return `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  detection_window: ${minutes}m
  ingest_delay: 0
  backfill: 1d
  entity: [pod]
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
`;
}

function countStore(store: ObjectStore, calls: Calls): ObjectStore {
  const count = <Args extends unknown[], Answer>(
    kind: keyof Calls,
    call: (...args: Args) => Answer,
  ): ((...args: Args) => Answer) => {
    return (...args) => {
      calls[kind]++;
      return call(...args);
    };
  };
  return {
    ...store,
    get: count('reads', store.get.bind(store)),
    head: count('reads', store.head.bind(store)),
    put: count('writes', store.put.bind(store)),
    list: count('writes', store.list.bind(store)),
    delete: count('writes', store.delete.bind(store)),
  };
}
