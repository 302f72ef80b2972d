/**
 * False incidents a day under several thresholds: `npm run bench -- threshold-defaults --data DIR`.
 *
 * The pods of Sock Shop in a week without faults, 19 metrics a minute each (DIR/sockshop_k8s/pods/train/*.csv.gz). The
 * detector learns from the days so far, as the defaults say, and every incident on the next day is a false one.
 * The thresholds share each fit and its scores. What was decided from it: docs/decisions/0006-threshold-defaults.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULTS, defaultDetector } from '../lib/config/defaults.ts';
import type { ScoredRows } from '../lib/decision/contract.ts';
import { decideWindow } from '../lib/decision/decide.ts';
import { calibrateExtreme } from '../lib/decision/extreme-deviation.ts';
import { calibrateThreshold } from '../lib/decision/threshold.ts';
import { buildMatrix, deviations } from '../lib/features/build-matrix.ts';
import { planFeatures } from '../lib/features/plan.ts';
import { prepareRows } from '../lib/features/prepare-rows.ts';
import { fitScaler } from '../lib/features/scaler.ts';
import { getModel } from '../lib/models/registry.ts';
import { mergeWindows, sliceWindow } from '../lib/window/combine.ts';
import { alignToGrid } from '../lib/window/grid.ts';
import type { MetricWindow } from '../lib/window/window.ts';

interface Rule {
  readonly percentile: number;
  readonly k: number;
  readonly n: number;
}

/** Scores of one fold under one seed: of the days learned from, and of the day after. */
interface Fold {
  readonly learned: ScoredRows;
  readonly next: ScoredRows;
}

const DAY = 86_400_000;
const STEP = 60_000;
/** Days to learn from; the day after is judged. */
const FOLDS: readonly number[] = [1, 2, 3, 4];
const SEEDS: readonly number[] = [1, 2];
const PERCENTILES: readonly number[] = [99.5, 99.8, 99.9];
const PERSISTENCE: readonly (readonly [k: number, n: number])[] = [
  [3, 5],
  [4, 5],
  [3, 3],
];
/** As scripts/make-samples.ts: copies of two others, and a high-water mark, which only ever rises. */
const LEFT_OUT: readonly string[] = [
  'timestamp',
  'net_in',
  'net_out',
  'container_memory_max_usage_bytes',
  'label',
];

export async function reportThresholds(
  data: string,
  say: (line: string) => void,
): Promise<{ readonly text: string; readonly figures: unknown }> {
  const week = readWeek(join(data, 'sockshop_k8s/pods/train'));
  const folds: Fold[] = [];
  for (const days of FOLDS)
    for (const seed of SEEDS) {
      say(`learning from ${days} days, seed ${seed} …`);
      folds.push(await scoreFold(week, days, seed));
    }
  const rules = PERCENTILES.flatMap((percentile) => PERSISTENCE.map(([k, n]) => ({ percentile, k, n })));
  const figures = rules.map((rule) => ({
    ...rule,
    incidents: folds.map((fold) => countIncidents(fold, rule, true)),
    byScoreAlone: folds.map((fold) => countIncidents(fold, rule, false)),
  }));
  const heading = `False incidents a day over ${week.entities.length} pods: ${folds.length} days (${FOLDS.length} folds × ${SEEDS.length} seeds), minimum deviation ${DEFAULTS.minDeviation}`;
  const table = figures.map(({ percentile, k, n, incidents, byScoreAlone }) => [
    String(percentile),
    `${k} of ${n}`,
    String(Math.min(...incidents)),
    meanOf(incidents),
    String(Math.max(...incidents)),
    incidents.join(' '),
    meanOf(byScoreAlone),
  ]);
  const headings = ['percentile', 'rows', 'least', 'mean', 'most', 'each day', 'mean by score alone'];
  return { text: `${heading}\n\n${formatTable([headings, ...table])}`, figures };
}

async function scoreFold(week: MetricWindow, days: number, seed: number): Promise<Fold> {
  const end = week.range.start + days * DAY;
  const detector = defaultDetector('bench');
  const learned = prepareRows(sliceWindow(week, { start: week.range.start, end }), detector, STEP);
  const next = prepareRows(sliceWindow(week, { start: end, end: end + DAY }), detector, STEP);
  const plan = planFeatures(week.metrics);
  const scaler = fitScaler({ ...learned, plan });
  const x = buildMatrix({ ...learned, plan, scaler });
  const model = await getModel(detector.model.kind);
  const fitted = await model.fit(x, model.parseParams(detector.model.params), {
    seed,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  });
  const xNext = buildMatrix({ ...next, plan, scaler });
  return {
    learned: { ...x, scores: await fitted.score(x), deviations: deviations(x, scaler).values },
    next: { ...xNext, scores: await fitted.score(xNext), deviations: deviations(xNext, scaler).values },
  };
}

/** @param withExtreme as the product decides; false: by the score alone */
function countIncidents({ learned, next }: Fold, { percentile, k, n }: Rule, withExtreme: boolean): number {
  const { minDeviation, resolveAfter } = DEFAULTS;
  const { threshold } = calibrateThreshold(learned.scores, percentile);
  const extremeDeviation = calibrateExtreme({
    rows: learned,
    labels: undefined,
    policy: { k, n },
    step: STEP,
  });
  const { transitions } = decideWindow({
    rows: next,
    policy: { threshold, minDeviation, k, n, resolveAfter, ...(withExtreme && { extremeDeviation }) },
    tracks: {},
    watchFrom: Number.NEGATIVE_INFINITY,
    step: STEP,
    detector: 'bench',
    modelVersion: 'bench',
  });
  return transitions.filter(({ state }) => state === 'opened').length;
}

function meanOf(counts: readonly number[]): string {
  return (counts.reduce((sum, count) => sum + count, 0) / counts.length).toFixed(1);
}

function readWeek(folder: string): MetricWindow {
  if (!existsSync(folder))
    throw new Error(`${folder} does not exist: --data holds sockshop_k8s/pods/train/*.csv.gz`);
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv.gz'));
  return mergeWindows(files.map((file) => readPod(join(folder, file), file.replace('.csv.gz', ''))));
}

function readPod(file: string, pod: string): MetricWindow {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const names = header.split(',');
  const cells = lines.map((line) => line.split(','));
  const read = (name: string): Float64Array => {
    const at = names.indexOf(name);
    return Float64Array.from(cells, (row) => (row[at] ? Number(row[at]) : Number.NaN));
  };
  const metrics = names.filter((name) => !LEFT_OUT.includes(name));
  const times = read('timestamp').map((seconds) => seconds * 1000);
  const start = Math.floor(times[0]! / STEP) * STEP;
  const end = Math.floor(times.at(-1)! / STEP) * STEP + STEP;
  const window = {
    detector: 'bench',
    range: { start, end },
    step: STEP,
    metrics,
    entities: [pod],
    entityOf: new Uint32Array(times.length),
    times,
    columns: metrics.map(read),
    labels: undefined,
  };
  return alignToGrid(window, STEP);
}
