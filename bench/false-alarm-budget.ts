/**
 * Whether a false-alarm budget holds: `npm run bench -- false-alarm-budget --data DIR`.
 *
 * The training parts of five sets, which are free of faults or have them labelled. A detector learns from the first 60 %
 * and 80 % of each series by time, with a budget of ten incidents for the fifth that follows, which it then judges: as
 * many incidents are to open there, within a factor of two. Rows labelled anomalous count for neither side.
 *
 * A budget can only hold where what follows is like what was learned. A stretch counts as stable where few metrics
 * moved: that is asked of the metrics themselves and never of a score. The table has both: all stretches, stable ones.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULTS, defaultDetector } from '../lib/config/defaults.ts';
import type { ModelKind } from '../lib/config/model-kind.ts';
import { calibrateBudget } from '../lib/decision/calibration.ts';
import type { DecisionPolicy, ScoredRows } from '../lib/decision/contract.ts';
import { decideWindow } from '../lib/decision/decide.ts';
import { calibrateExtreme } from '../lib/decision/extreme-deviation.ts';
import { calibrateThreshold } from '../lib/decision/threshold.ts';
import { buildMatrix, deviations } from '../lib/features/build-matrix.ts';
import { planFeatures } from '../lib/features/plan.ts';
import { fitScaler } from '../lib/features/scaler.ts';
import { type PreparedRows, prepareRows } from '../lib/jobs/prepare-rows.ts';
import { fitTrainingTail, rehearse } from '../lib/jobs/rehearse.ts';
import { getModel } from '../lib/models/registry.ts';
import { quantileOf } from '../lib/statistics/quantile.ts';
import { mergeWindows } from '../lib/window/combine.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { readSeries } from './quality/read-series.ts';
import type { StudyResult } from './study.ts';

interface SetOfSeries {
  readonly name: string;
  readonly folder: string;
  /** All files are entities of one detector. */
  readonly together: boolean;
}

interface Outcome {
  readonly set: string;
  readonly series: string;
  readonly kind: ModelKind;
  readonly learned: number;
  /** Robust standard deviations that a metric has to be off: the default, or none, where the score alone decides. */
  readonly minDeviation: number;
  /** Share of the metrics that moved between what was learned and what was judged. */
  readonly moved: number;
  /** Incidents in the judged stretch, by budget and by the default percentile. */
  readonly byBudget: number;
  /** What the calibration said to expect: the budget, or less where no threshold opens as many. */
  readonly expected: number;
  readonly byPercentile: number;
  /** Incidents that the budget stood on. */
  readonly peaks: number;
}

const SETS: readonly SetOfSeries[] = [
  { name: 'Sock Shop', folder: 'sockshop_k8s/pods/train', together: false },
  { name: 'Sock Shop, all pods', folder: 'sockshop_k8s/pods/train', together: true },
  { name: 'SMD', folder: 'smd/train', together: false },
  { name: 'ASD', folder: 'asd/train', together: false },
  { name: 'JumpStarter', folder: 'jumpstarter/train', together: false },
  { name: 'KPI', folder: 'kpi_aiops2018/train', together: false },
];
const KINDS: readonly ModelKind[] = ['auto', 'isolation-forest', 'robust-z', 'pca', 'ensemble'];
const CUTS: readonly number[] = [0.6, 0.8];
const JUDGED_SHARE = 0.2;
const EXPECTED = 10;
/** The default, and none at all: on quiet metrics few rows are far enough off to use a budget up. */
const MIN_DEVIATIONS: readonly number[] = [DEFAULTS.minDeviation, 0];
/** A metric moved where its median left by so many of its robust standard deviations… */
const MOVED_BY = 1;
/** …and a stretch is stable where at most this share of its metrics did. */
const STABLE_SHARE = 0.1;
/** Copies of two others, and a high-water mark, which only ever rises: as scripts/make-samples.ts. */
const LEFT_OUT: readonly string[] = ['net_in', 'net_out', 'container_memory_max_usage_bytes'];

export async function reportBudget(data: string, say: (line: string) => void): Promise<StudyResult> {
  const outcomes: Outcome[] = [];
  for (const set of SETS)
    for (const [series, window] of readSet(set, data)) {
      say(`${set.name} ${series} …`);
      for (const cut of CUTS)
        for (const kind of KINDS)
          outcomes.push(...(await judge({ set: set.name, series, window, cut, kind })));
    }
  const rows = MIN_DEVIATIONS.flatMap((minDeviation) =>
    SETS.flatMap(({ name }) =>
      KINDS.map((kind) =>
        summarise(
          outcomes.filter(
            (one) => one.set === name && one.kind === kind && one.minDeviation === minDeviation,
          ),
        ),
      ),
    ),
  );
  const headings = [
    'off by',
    'set',
    'model',
    'stretches',
    'ratio',
    'stable',
    'ratio there',
    'by percentile',
    'each',
  ];
  const heading = `Incidents opened by those to be expected (${EXPECTED} a stretch, or fewer where the data opens fewer), on the ${100 * JUDGED_SHARE} % of each series that follow the first 60 % and 80 %`;
  return { text: `${heading}\n\n${formatTable([headings, ...rows])}`, figures: outcomes };
}

function summarise(own: readonly Outcome[]): readonly string[] {
  const stable = own.filter(({ moved }) => moved <= STABLE_SHARE);
  const ratio = (of: readonly Outcome[], count: (one: Outcome) => number): string =>
    of.length === 0 ? '' : (sumOf(of, count) / sumOf(of, ({ expected }) => expected)).toFixed(2);
  const [first] = own;
  return [
    String(first?.minDeviation),
    first?.set ?? '',
    first?.kind ?? '',
    String(own.length),
    ratio(own, ({ byBudget }) => byBudget),
    String(stable.length),
    ratio(stable, ({ byBudget }) => byBudget),
    ratio(stable, ({ byPercentile }) => byPercentile),
    own
      .map(
        ({ byBudget, expected, moved }) =>
          `${byBudget}/${expected.toFixed(0)}${moved <= STABLE_SHARE ? '' : '*'}`,
      )
      .join(' '),
  ];
}

function sumOf(of: readonly Outcome[], count: (one: Outcome) => number): number {
  return of.reduce((sum, one) => sum + count(one), 0);
}

async function judge(given: {
  readonly set: string;
  readonly series: string;
  readonly window: MetricWindow;
  readonly cut: number;
  readonly kind: ModelKind;
}): Promise<readonly Outcome[]> {
  const { set, series, window, cut, kind } = given;
  const detector = defaultDetector('bench');
  const { step } = window;
  const prepared = prepareRows(window, detector, step);
  const plan = planFeatures(prepared.window.metrics);
  const ordered = prepared.window.times.toSorted();
  const at = (share: number): number =>
    ordered[Math.floor(share * ordered.length)] ?? Number.POSITIVE_INFINITY;
  const [from, to] = [at(cut), at(cut + JUDGED_SHARE)];
  const pick = (isIn: (time: number) => boolean): Uint32Array =>
    Uint32Array.from(prepared.window.times.keys()).filter(
      (row) => isIn(prepared.window.times[row]!) && prepared.availability[row]! > 0,
    );
  const learnedRows = pick((time) => time < from);
  const judgedRows = pick((time) => time >= from && time < to);
  const learned = { ...prepared, plan, rows: learnedRows };
  const labels = prepared.window.labels;
  const learnedLabels = labels && Uint8Array.from(learnedRows, (row) => labels[row]!);
  const run = {
    seed: 1,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
    ...(learnedLabels !== undefined && { labels: learnedLabels }),
  };
  const model = await getModel(kind);
  const params = model.parseParams({});
  const scaler = fitScaler(learned);
  const x = buildMatrix({ ...learned, scaler });
  const fitted = await model.fit(x, params, run);
  const scores = await fitted.score(x);
  const far = deviations(x, scaler).values;
  const { k, n, resolveAfter } = DEFAULTS;
  const extremeDeviation = calibrateExtreme({
    rows: { ...x, deviations: far },
    labels: learnedLabels,
    policy: { k, n },
    step,
  });
  const rehearsal = await rehearse({ planned: learned, model, params, scaler: detector.scaler, run });
  if (rehearsal === undefined) throw new Error(`${series}: nothing could be rehearsed`);
  const judgedTime = new Set(Array.from(judgedRows, (row) => prepared.window.times[row]!)).size * step;
  const training = fitTrainingTail(scores, learnedLabels);
  const normal = learnedLabels === undefined ? scores : scores.filter((_, row) => learnedLabels[row] !== 1);
  const percentile = calibrateThreshold(normal, DEFAULTS.percentile).threshold;
  const wholeRows = pick((time) => time < to);
  const whole = buildMatrix({ ...prepared, plan, rows: wholeRows, scaler });
  const all: ScoredRows = {
    ...whole,
    scores: (await fitted.score(whole)).map((score, row) =>
      labels?.[wholeRows[row]!] === 1 ? Number.NaN : score,
    ),
    deviations: deviations(whole, scaler).values,
  };
  const moved = measureMoved(prepared, learnedRows, judgedRows);
  return MIN_DEVIATIONS.map((minDeviation) => {
    const rules = { minDeviation, k, n, resolveAfter };
    const { threshold, calibration } = calibrateBudget({
      training,
      heldBack: rehearsal.rows,
      isHeldBack: true,
      labels: rehearsal.labels,
      rules,
      step,
      budget: { count: EXPECTED, per: judgedTime },
    });
    const count = (at: number): number =>
      countIncidents(all, { ...rules, extremeDeviation, threshold: at }, step, from);
    return {
      set,
      series,
      kind,
      learned: cut,
      minDeviation,
      moved,
      byBudget: count(threshold),
      expected: calibration.budget?.expected ?? EXPECTED,
      byPercentile: count(percentile),
      peaks: calibration.budget?.peaks ?? 0,
    };
  });
}

function countIncidents(rows: ScoredRows, policy: DecisionPolicy, step: number, watchFrom: number): number {
  const { transitions } = decideWindow({
    rows,
    policy,
    tracks: {},
    watchFrom,
    step,
    detector: 'bench',
    modelVersion: 'bench',
  });
  return transitions.filter(({ state }) => state === 'opened').length;
}

/** Share of the metrics of all entities whose median moved by more than their spread. */
function measureMoved({ window }: PreparedRows, learned: Uint32Array, judged: Uint32Array): number {
  let moved = 0;
  let all = 0;
  for (const [entity] of window.entities.entries())
    for (const column of window.columns) {
      const values = (rows: Uint32Array): Float64Array =>
        Float64Array.from(
          rows.filter((row) => window.entityOf[row] === entity),
          (row) => column[row]!,
        )
          .filter((value) => !Number.isNaN(value))
          .sort();
      const [before, after] = [values(learned), values(judged)];
      if (before.length === 0 || after.length === 0) continue;
      all++;
      const iqr = quantileOf(before, 0.75) - quantileOf(before, 0.25);
      const wide = quantileOf(before, 0.995) - quantileOf(before, 0.005);
      const spread = Math.max(iqr / 1.349, wide / 5.152);
      const shift = Math.abs(quantileOf(after, 0.5) - quantileOf(before, 0.5));
      if (shift > MOVED_BY * spread) moved++;
    }
  return all === 0 ? 0 : moved / all;
}

function readSet(
  { folder, together }: SetOfSeries,
  data: string,
): readonly (readonly [string, MetricWindow])[] {
  const path = join(data, folder);
  if (!existsSync(path))
    throw new Error(`${path} does not exist: --data holds ${SETS.map((set) => set.folder).join(', ')}`);
  const files = readdirSync(path)
    .filter((file) => file.endsWith('.csv.gz'))
    .sort();
  const windows = files.map(
    (file) => [file.replace('.csv.gz', ''), readNamed(join(path, file), file)] as const,
  );
  if (!together) return windows;
  return [['all', mergeWindows(windows.map(([, window]) => window))]];
}

function readNamed(file: string, name: string): MetricWindow {
  const series = readSeries(file);
  const kept = [...series.metrics.keys()].filter((c) => !LEFT_OUT.includes(series.metrics[c]!));
  return {
    ...series,
    entities: [name.replace('.csv.gz', '')],
    metrics: kept.map((c) => series.metrics[c]!),
    columns: kept.map((c) => series.columns[c]!),
  };
}
