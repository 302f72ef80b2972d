/**
 * The simulator's scenarios of one seed: nine days of three services at a row a minute, the first seven to train on (they
 * are the same in every scenario), the last two judged by the version of that one training.
 */
import type { ModelKind } from '../../lib/config/model-kind.ts';
import { scoreRows } from '../../lib/jobs/shared/score-rows.ts';
import type { ScenarioName } from '../../lib/simulate/scenarios.ts';
import { simulate } from '../../lib/simulate/simulate.ts';
import { sliceWindow } from '../../lib/window/combine.ts';
import { describeDetector, fitDetector } from '../quality/run-detector.ts';
import { findIncidents, type Incident } from './find-incidents.ts';
import { groupAnomalies } from './group-incidents.ts';
import { judgeIncidents, type LivedFigures } from './judge-incidents.ts';

export interface SeedTask {
  readonly seed: number;
  readonly scenarios: readonly ScenarioName[];
  readonly kind: ModelKind;
}

export interface ScenarioFigures {
  readonly scenario: ScenarioName;
  readonly seed: number;
  /** Ms from the fault's start to the row that opened the first true incident; undefined: none did. */
  readonly delay: number | undefined;
  /** Ms of wall clock. */
  readonly judged: number;
  /**
   * Entities and minutes from the fault's start (of `none`, from the start of the last two days) of each incident of which no
   * anomaly is true: anomalies that people are told of together are one.
   */
  readonly falseAt: readonly { readonly entities: readonly string[]; readonly minutes: number }[];
  /** Incidents that people are told of the fault in. */
  readonly toldAs: number;
  /** Whether the first of them names first where the fault began; undefined where nothing is told. */
  readonly isCulpritFirst: boolean | undefined;
  readonly figures: LivedFigures;
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const TRAINING_DAYS = 7;
const JUDGED_DAYS = 2;
const SERVICES = 3;
/** As `tidewatch simulate` has it: a Thursday. */
const START = Date.UTC(2026, 0, 1);

export async function judgeSeed({ seed, scenarios, kind }: SeedTask): Promise<readonly ScenarioFigures[]> {
  const cut = START + TRAINING_DAYS * DAY;
  const detector = describeDetector(kind, MINUTE);
  const make = (scenario: ScenarioName): ReturnType<typeof simulate> =>
    simulate({
      scenario,
      seed,
      days: TRAINING_DAYS + JUDGED_DAYS,
      services: SERVICES,
      step: MINUTE,
      start: START,
      detector: detector.name,
    });
  const before = { start: START, end: cut };
  const train = { ...sliceWindow(make('none').window, before), labels: undefined };
  const fitted = await fitDetector(detector, train);
  const judged: ScenarioFigures[] = [];
  for (const scenario of scenarios) {
    const { window, incidents: faults } = make(scenario);
    const last = sliceWindow(window, { start: cut, end: window.range.end });
    const { scored } = await scoreRows({ detector, fitted, window: last, context: [train] });
    const { policy, step } = fitted.manifest;
    const told = findIncidents({ scored, policy, step });
    const rows = { ...scored, labels: last.labels!, step };
    const figures = judgeIncidents(rows, told);
    const start = faults.length === 0 ? cut : Math.min(...faults.map((fault) => fault.start));
    const right = told.incidents.filter((incident) => isTrue(rows, told, incident));
    const isRight = (anomaly: Incident): boolean => right.includes(anomaly);
    const grouped = groupAnomalies(told.incidents, { detector: detector.name, step });
    const rightly = grouped.filter((members) => members.some(isRight));
    judged.push({
      scenario,
      seed,
      delay: right.length === 0 ? undefined : Math.min(...right.map(({ alertedAt }) => alertedAt)) - start,
      judged: JUDGED_DAYS * DAY,
      toldAs: rightly.length,
      isCulpritFirst: findCulprit(rightly, faults),
      falseAt: grouped
        .filter((members) => !members.some(isRight))
        .map((members) => ({
          entities: members.map(({ entity }) => entity),
          minutes: (members[0]!.alertedAt - start) / MINUTE,
        })),
      figures,
    });
  }
  return judged;

  function isTrue(
    rows: Parameters<typeof judgeIncidents>[0],
    { anomalous }: ReturnType<typeof findIncidents>,
    incident: ReturnType<typeof findIncidents>['incidents'][number],
  ): boolean {
    return judgeIncidents(rows, { anomalous, incidents: [incident] }).falseIncidents === 0;
  }
}

function findCulprit(
  told: readonly (readonly Incident[])[],
  faults: readonly { readonly entity: string; readonly start: number }[],
): boolean | undefined {
  const began = faults.reduce((first, fault) => (fault.start < first.start ? fault : first), faults[0]!);
  return told[0] === undefined ? undefined : told[0][0]!.entity === began.entity;
}
