/**
 * `npm run bench -- unwatched-history [--seeds N]`: a fault in a history that nobody watched, and the same one again after the
 * training: learned (`training.incidents: include`) and left out (the default). And what the pass takes of histories in which
 * nothing went wrong. With a row a minute, and with a row each five minutes, where a shorter fault has fewer rows.
 */
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULTS } from '../lib/config/defaults.ts';
import type { Detector } from '../lib/config/detector.ts';
import type { ModelKind } from '../lib/config/model-kind.ts';
import { scoreRows } from '../lib/jobs/shared/score-rows.ts';
import { countLeftOut } from '../lib/report/left-out.ts';
import { simulate } from '../lib/simulate/simulate.ts';
import { sliceWindow } from '../lib/window/combine.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { findIncidents } from './lived/find-incidents.ts';
import { describeDetector, fitDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Thursday. */
const START = Date.UTC(2026, 0, 1);
const CUT = START + 7 * DAY;
const WHOSE = 'orders';
/** In the history, and after it. */
const FIRST = START + 3 * DAY + 13 * HOUR;
const AGAIN = CUT + DAY + 10 * HOUR;

interface Grid {
  readonly step: number;
  /** Of the fault. */
  readonly length: number;
}

const GRIDS: readonly Grid[] = [
  { step: MINUTE, length: 70 * MINUTE },
  { step: 5 * MINUTE, length: 40 * MINUTE },
];

interface Fault {
  readonly metric: string;
  readonly times: number;
}

const FAULTS: readonly Fault[] = [
  { metric: 'node_cpu_utilization', times: 4 },
  { metric: 'request_latency_seconds', times: 2 },
  { metric: 'request_error_ratio', times: 5 },
];

interface Row extends Grid {
  readonly seed: number;
  readonly fault: Fault | undefined;
  readonly rule: Detector['training']['incidents'];
  readonly leftOut: number;
  /** Minutes from the fault's second start to the row that opened; undefined: not told. */
  readonly delay: number | undefined;
  /** The highest evidence while it lasts. */
  readonly score: number;
  /** Anomalies of the last two days that are not of it. */
  readonly others: number;
}

export const reportUnwatched: Study = async (_, say, { seeds = 2, model = DEFAULTS.modelKind }) => {
  const rows: Row[] = [];
  for (let seed = 1; seed <= seeds; seed++)
    for (const grid of GRIDS)
      for (const fault of [undefined, ...FAULTS])
        for (const rule of ['include', 'settled'] as const) {
          const row = await liveOn({ seed, grid, fault, rule, model });
          rows.push(row);
          say(
            `seed ${seed}, ${nameOf(fault, grid)}, ${rule}: ${row.leftOut} rows left out, told after ${row.delay ?? '-'} min`,
          );
        }
  const lines = rows.map(({ seed, fault, rule, leftOut, delay, score, others, ...grid }) => [
    String(seed),
    nameOf(fault, grid),
    rule === 'include' ? 'learned' : 'left out',
    String(leftOut),
    fault === undefined ? '' : (delay?.toFixed(0) ?? 'not told'),
    fault === undefined ? '' : score.toFixed(2),
    String(others),
  ]);
  const header = [
    'seed',
    'fault',
    'history',
    'rows left out',
    'told after, min',
    'evidence',
    'other anomalies',
  ];
  return { text: formatTable([header, ...lines]), figures: rows };
};

function nameOf(fault: Fault | undefined, { step, length }: Grid): string {
  const what = fault === undefined ? 'none' : `${fault.metric} x${fault.times} for ${length / MINUTE} min`;
  return `${what}, a row each ${step / MINUTE} min`;
}

async function liveOn(given: {
  readonly seed: number;
  readonly grid: Grid;
  readonly fault: Fault | undefined;
  readonly rule: Row['rule'];
  readonly model: ModelKind;
}): Promise<Row> {
  const { seed, grid, fault, rule, model } = given;
  const { step, length } = grid;
  const defaults = describeDetector(model, step);
  const detector = { ...defaults, training: { ...defaults.training, incidents: rule } };
  const window = plant(simulateDays({ seed, step, detector: detector.name }), fault, length);
  const train = { ...sliceWindow(window, { start: START, end: CUT }), labels: undefined };
  const fitted = await fitDetector(detector, train);
  const last = sliceWindow(window, { start: CUT, end: window.range.end });
  const { scored } = await scoreRows({ detector, fitted, window: last, context: [train] });
  const { incidents } = findIncidents({ scored, policy: fitted.manifest.policy, step });
  const isOfIt = ({ entity, alertedAt }: (typeof incidents)[number]): boolean =>
    fault !== undefined && entity === WHOSE && alertedAt >= AGAIN && alertedAt < AGAIN + length;
  const right = incidents.filter(isOfIt).map(({ alertedAt }) => alertedAt);
  const { metrics, joint } = scored.evidence!;
  const during = metrics
    .map((own, row) => Math.max(own, joint[row]!))
    .filter(
      (_, row) =>
        scored.entities[scored.entityOf[row]!] === WHOSE &&
        scored.times[row]! >= AGAIN &&
        scored.times[row]! < AGAIN + length,
    );
  return {
    ...grid,
    seed,
    fault,
    rule,
    leftOut: countLeftOut(fitted.manifest.leftOut),
    delay: right.length === 0 ? undefined : (Math.min(...right) - AGAIN) / MINUTE,
    score: during.reduce((most, score) => Math.max(most, score), 0),
    others: incidents.length - right.length,
  };
}

function simulateDays(of: {
  readonly seed: number;
  readonly step: number;
  readonly detector: string;
}): MetricWindow {
  return simulate({ scenario: 'none', days: 9, services: 3, start: START, ...of }).window;
}

function plant(window: MetricWindow, fault: Fault | undefined, length: number): MetricWindow {
  if (fault === undefined) return window;
  const column = window.metrics.indexOf(fault.metric);
  const isWithin = (time: number): boolean =>
    [FIRST, AGAIN].some((from) => time >= from && time < from + length);
  const changed = window.columns[column]!.map((value, row) =>
    window.entities[window.entityOf[row]!] === WHOSE && isWithin(window.times[row]!)
      ? value * fault.times
      : value,
  );
  return { ...window, columns: window.columns.with(column, changed) };
}
