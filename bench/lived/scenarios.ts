/** Part B: the simulator's scenarios on several seeds, and what is aimed at. Also what the gate asks. */

import { formatTable } from '../../lib/cli/table.ts';
import type { ModelKind } from '../../lib/config/model-kind.ts';
import type { ScenarioName } from '../../lib/simulate/scenarios.ts';
import type { ScenarioFigures } from './judge-seed.ts';
import { minutesAt } from './render-sets.ts';
import { runAll } from './run-all.ts';

const MINUTE = 60_000;
const WEEK = 7 * 86_400_000;

/** Ms from the fault's start up to which (inclusive) people are to be told. */
const DELAY_AIMS: Readonly<Partial<Record<ScenarioName, number>>> = {
  'cpu-spike': 5 * MINUTE,
  // Before minute 10, at a row a minute.
  'cascading-failure': 9 * MINUTE,
  'slow-exfiltration': 26 * MINUTE,
  'memory-leak': 120 * MINUTE,
  'seasonal-break': 120 * MINUTE,
  'correlation-drift': 180 * MINUTE,
  'slow-pool': 20 * MINUTE,
};
export const SCENARIOS_JUDGED: readonly ScenarioName[] = [
  'none',
  'flash-sale',
  ...(Object.keys(DELAY_AIMS) as ScenarioName[]),
];
/** False incidents a week of three services, fewer than this. */
const FALSE_AIM = 1;
/** 19 of 20; all of five. */
const FOUND_AIM = 0.95;

export interface ScenarioSummary {
  readonly scenario: ScenarioName;
  readonly seeds: number;
  readonly found: number;
  /** Of those, within the aim. */
  readonly inTime: number;
  /** Ms, of those found. */
  readonly delays: readonly number[];
  /** Most incidents that a fault is told in. */
  readonly toldAs: number;
  /** Of those found, in which the first incident names first where the fault began. */
  readonly culpritFirst: number;
  readonly falseIncidents: number;
  readonly falsePerWeek: number;
  /** Ms. */
  readonly openAfter: readonly number[];
  readonly unresolved: number;
}

export interface ScenariosResult {
  readonly runs: readonly ScenarioFigures[];
  readonly scenarios: readonly ScenarioSummary[];
  readonly falsePerWeek: number;
  /** Sentences; empty where every aim is reached. */
  readonly missed: readonly string[];
  /** Those of them that say which scenario is not told of in time. */
  readonly late: readonly string[];
}

/** @param given.seeds how many: 1 to that number */
export async function judgeScenarios(given: {
  readonly scenarios: readonly ScenarioName[];
  readonly seeds: number;
  readonly kind: ModelKind;
  readonly jobs: number;
  readonly say: (line: string) => void;
}): Promise<ScenariosResult> {
  const { scenarios, seeds, kind, jobs, say } = given;
  const outcomes = await runAll({
    tasks: Array.from({ length: seeds }, (_, i) => ({ is: 'seed', seed: i + 1, scenarios, kind })),
    jobs,
    onOutcome: (task, _, seconds) => {
      if (task.is === 'seed') say(`seed ${task.seed}: ${seconds.toFixed(1)} s`);
    },
  });
  return summarizeScenarios(outcomes.flatMap((outcome) => (outcome.is === 'seed' ? outcome.figures : [])));
}

export function summarizeScenarios(runs: readonly ScenarioFigures[]): ScenariosResult {
  const scenarios = [...Map.groupBy(runs, ({ scenario }) => scenario)].map(([scenario, own]) =>
    summarizeScenario(scenario, own),
  );
  const falsePerWeek = rateOf(runs);
  const late = listLate(scenarios);
  const tooMany =
    falsePerWeek < FALSE_AIM
      ? []
      : [`${falsePerWeek.toFixed(2)} false incidents a week, not under ${FALSE_AIM}`];
  return { runs, scenarios, falsePerWeek, late, missed: [...late, ...tooMany] };
}

function summarizeScenario(scenario: ScenarioName, runs: readonly ScenarioFigures[]): ScenarioSummary {
  const delays = runs.flatMap(({ delay }) => (delay === undefined ? [] : [delay]));
  return {
    scenario,
    seeds: runs.length,
    found: delays.length,
    inTime: delays.filter((delay) => delay <= (DELAY_AIMS[scenario] ?? Infinity)).length,
    delays,
    toldAs: Math.max(...runs.map((run) => run.toldAs)),
    culpritFirst: runs.filter(({ isCulpritFirst }) => isCulpritFirst).length,
    falseIncidents: runs.reduce((sum, { falseAt }) => sum + falseAt.length, 0),
    falsePerWeek: rateOf(runs),
    openAfter: runs.flatMap(({ figures }) => figures.openAfter),
    unresolved: runs.reduce((sum, { figures }) => sum + figures.unresolved, 0),
  };
}

/** Runs of one seed share most of their days: what is false there counts in each, above and below the line. */
function rateOf(runs: readonly ScenarioFigures[]): number {
  const incidents = runs.reduce((sum, { falseAt }) => sum + falseAt.length, 0);
  return (incidents * WEEK) / runs.reduce((sum, { judged }) => sum + judged, 0);
}

function listLate(scenarios: readonly ScenarioSummary[]): readonly string[] {
  return scenarios.flatMap(({ scenario, seeds, inTime }) => {
    const aim = DELAY_AIMS[scenario];
    const needed = Math.ceil(FOUND_AIM * seeds);
    return aim === undefined || inTime >= needed
      ? []
      : [`${scenario}: told of within ${aim / MINUTE} min on ${inTime} of ${seeds} seeds, not on ${needed}`];
  });
}

export function renderScenarios({ scenarios, falsePerWeek, missed }: ScenariosResult): string {
  const header = [
    'scenario',
    'found',
    'in time',
    'of',
    'aim, min',
    'delay, min',
    'worst',
    'told as',
    'culprit first',
    'false',
    'false/week',
    'open after, min',
    '90 %',
    'still open',
  ];
  const lines = scenarios.map((row) => {
    const aim = DELAY_AIMS[row.scenario];
    return [
      row.scenario,
      aim === undefined ? '–' : String(row.found),
      aim === undefined ? '–' : String(row.inTime),
      String(row.seeds),
      aim === undefined ? '–' : String(aim / MINUTE),
      minutesAt(row.delays, 0.5),
      minutesAt(row.delays, 1),
      aim === undefined ? '–' : String(row.toldAs),
      aim === undefined ? '–' : String(row.culpritFirst),
      String(row.falseIncidents),
      row.falsePerWeek.toFixed(2),
      minutesAt(row.openAfter, 0.5),
      minutesAt(row.openAfter, 0.9),
      String(row.unresolved),
    ];
  });
  return [
    formatTable([header, ...lines]),
    '',
    `${falsePerWeek.toFixed(2)} false incidents a week over all of these runs, of three services together (aim: under ${FALSE_AIM}).`,
    missed.length === 0
      ? 'Every aim is reached.'
      : `Missed:\n${missed.map((each) => `  ${each}`).join('\n')}`,
  ].join('\n');
}
