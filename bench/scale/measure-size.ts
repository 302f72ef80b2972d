/**
 * One size, in a process of its own: `node measure-size.ts ENTITIES [SHARDS]` prints JSON. A detector learns a day, then exports and
 * scores a window that is like the others, over a bucket in this process's memory. Of one in shards, the first is trained and
 * scored.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { listUnits } from '../../lib/config/work-unit.ts';
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { openLocalBucket } from '../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { countRequests, countStore } from '../../lib/store/count-requests.ts';
import { manifestKey, unitOfWindowKey, windowKey } from '../../lib/store/keys.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { createMemoryTelemetry } from '../../test/helpers/memory-telemetry.ts';
import { EPOCH, STEP } from '../../test/helpers/synthetic-window.ts';
import type { JobFigures, SizeFigures } from './contract.ts';
import { DAY_ROWS, describeFleet, METRICS, makeFleetWindow, tellFleet, WINDOW_ROWS } from './worlds.ts';

const DETECTOR = 'shop';
const WINDOW = WINDOW_ROWS * STEP;
/** Windows of the same size that a warm function has exported and scored before the one that is measured. */
const BEFORE = 2;

const entities = Number(process.argv[2]);
const shards = Number(process.argv[3] ?? 1);
const unit = listUnits(DETECTOR, shards)[0]!;
const clock = { now: EPOCH };
const telemetry = createMemoryTelemetry();
const bucket = openLocalBucket({ telemetry, now: () => clock.now });
const store = countStore(bucket.store);
const context = { ...bucket.context, telemetry, store, withoutReports: true as const };

await store.put(manifestKey(DETECTOR), new TextEncoder().encode(describeFleet(DETECTOR, { shards })));
if (shards === 1)
  for (let at = 0; at < DAY_ROWS; at += WINDOW_ROWS) {
    const window = makeFleetWindow(DETECTOR, entities, at);
    clock.now = window.range.end;
    await store.put(windowKey(DETECTOR, window.range), writeWindow(window, { manifestHash: 'exported' }));
  }
const source = onlySource(tellFleet(entities));
let arrived: readonly string[] = [];
const runExport = async (): Promise<void> => {
  const { exported } = await exportDue(source, context);
  arrived = (exported.get(DETECTOR)?.exported ?? []).filter((key) => unitOfWindowKey(key) === unit);
};
const runScore = async (): Promise<void> => {
  await scoreWindows(await loadDetector(context, unit), context, { arrived });
};
clock.now = EPOCH + DAY_ROWS * STEP;
if (shards > 1) await runExport();
const train = await measure(async () => {
  await trainModel(await loadDetector(context, unit), context);
});
// The backfill finds that all of the day is there.
await runExport();
await runScore();
for (let i = 0; i < BEFORE; i++) {
  clock.now += WINDOW;
  await runExport();
  await runScore();
}
clock.now += WINDOW;
const exported = await measure(runExport);
if (arrived.length !== 1) throw new Error(`${arrived.length} windows were exported, not one`);
const scored = await measure(runScore);
const figures: SizeFigures = { series: entities * METRICS, shards, export: exported, score: scored, train };
console.log(JSON.stringify(figures));

async function measure(run: () => Promise<void>): Promise<JobFigures> {
  globalThis.gc?.();
  forgetPeak();
  const begin = performance.now();
  const { reads, lists, writes } = await countRequests(store, run);
  const seconds = (performance.now() - begin) / 1000;
  return { seconds, peakMb: readPeak(), requests: reads + lists + writes };
}

/** Linux keeps the most that a process ever held, until it is told not to. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Elsewhere the peak is that of the process so far.
  }
}

function readPeak(): number {
  try {
    const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return Number(kb) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
