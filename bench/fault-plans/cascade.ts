/**
 * A cascade: the database slows down, then what calls it, then what calls that. Three services, each with a detector of its
 * own, whose anomalies are one incident by what their manifests say that they depend on. However late one of them comes,
 * people hear of one, and of its end once all three are over.
 */
import { createHash } from 'node:crypto';
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import type { QueryRange } from '../../lib/source/query-source.ts';
import { manifestKey } from '../../lib/store/keys.ts';
import { Cloud, GROUPED } from './cloud.ts';
import type { Fault } from './fault.ts';
import {
  exportUntil,
  HISTORY_WINDOWS,
  MINUTE,
  ROWS_A_WINDOW,
  START,
  settle,
  TICK,
  trainUntil,
  WINDOW,
} from './service.ts';

/** From the one that all depend on. Rows are of the time after the history. */
const SERVICES = [
  { name: 'db', dependsOn: [], from: 12, to: 30 },
  { name: 'api', dependsOn: ['db'], from: 14, to: 31 },
  { name: 'web', dependsOn: ['api'], from: 16, to: 32 },
] as const;
const DETECTORS: readonly string[] = SERVICES.map(({ name }) => name);
/** The cascade, its end, and time in which nothing comes back. */
const LIVE_WINDOWS = 5;
const HOUR = 3_600_000;
/**
 * @returns the deployment at the end of that life
 * @throws Error where it does not come to its end
 */
export async function runCascade(faults: readonly Fault[]): Promise<Cloud> {
  const history = START + HISTORY_WINDOWS * WINDOW;
  const cloud = new Cloud({ start: history + MINUTE + TICK, queryRange, faults, telling: GROUPED });
  for (const service of SERVICES)
    await cloud.store.put(manifestKey(service.name), new TextEncoder().encode(manifestOf(service)));
  await exportUntil(cloud, { end: history }, DETECTORS);
  await settle(cloud);
  for (const detector of DETECTORS) await trainUntil(cloud, history, detector);
  let end = history;
  for (let window = 0; window < LIVE_WINDOWS; window++) {
    end += WINDOW;
    cloud.clock.now = Math.max(cloud.clock.now, end + MINUTE + TICK);
    await exportUntil(cloud, { end }, DETECTORS);
  }
  await settle(cloud, { tellsLast: true });
  return cloud;
}

function manifestOf({ name, dependsOn }: (typeof SERVICES)[number]): string {
  return `kind: AnomalyDetector
metadata:
  name: ${name}
spec:
  metrics:
    - name: latency
      query: ${name}
  entity: [pod]
  detection_window: 15m
  ingest_delay: 1m
  backfill: ${(HISTORY_WINDOWS * WINDOW) / HOUR}h
  target_service: ${name}
  depends_on: ${JSON.stringify(dependsOn)}
  # Louder ones grow louder with time, which is that of runs.
  alert_severity: info
  step: 1m
  model:
    kind: robust-z
  training:
    warmup: ${HISTORY_WINDOWS * ROWS_A_WINDOW}
    every: 30d
`;
}

const queryRange: QueryRange = async ({ query, start, end, step }) => {
  const times: number[] = [];
  for (let time = start; time < end; time += step) times.push(time);
  const values = times.map((time) => valueAt(query, time));
  const series: MatrixSeries = {
    labels: { pod: `${query}-0` },
    times: Float64Array.from(times),
    values: Float64Array.from(values),
  };
  return [series];
};

function valueAt(service: string, time: number): number {
  const row = (time - START) / MINUTE - HISTORY_WINDOWS * ROWS_A_WINDOW;
  const noise = createHash('md5').update(`${service}/${row}`).digest().readUInt32LE(0) / 2 ** 31 - 1;
  const normal = 100 + 5 * Math.sin(row / 20) + 3 * noise;
  const { from, to } = SERVICES.find(({ name }) => name === service)!;
  return row >= from && row < to ? normal * 10 : normal;
}
