/**
 * `npm run bench -- quiet-week [--seeds N] [--model KIND]`: nine simulated services at a row a minute in which nothing is wrong, a week
 * to train on and the week after it judged at the defaults. Whatever people are told of is false; anomalies that they are told
 * of together are one.
 */
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULTS } from '../lib/config/defaults.ts';
import type { ModelKind } from '../lib/config/model-kind.ts';
import { scoreRows } from '../lib/jobs/shared/score-rows.ts';
import { simulate } from '../lib/simulate/simulate.ts';
import { sliceWindow } from '../lib/window/combine.ts';
import { findIncidents } from './lived/find-incidents.ts';
import { groupAnomalies } from './lived/group-incidents.ts';
import { describeDetector, fitDetector } from './quality/run-detector.ts';
import type { Study } from './study.ts';

const MINUTE = 60_000;
const WEEK = 7 * 86_400_000;
/** A Thursday. */
const START = Date.UTC(2026, 0, 1);
const SERVICES = 9;

interface Week {
  readonly seed: number;
  readonly incidents: readonly {
    /** ISO 8601. */
    readonly alertedAt: string;
    readonly entities: readonly string[];
  }[];
}

export const reportQuietWeeks: Study = async (_, say, { seeds = 5, model = DEFAULTS.modelKind }) => {
  const weeks: Week[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const week = await liveOn(seed, model);
    weeks.push(week);
    say(`seed ${seed}: ${week.incidents.length} incidents`);
  }
  const lines = weeks.map(({ seed, incidents }) => [
    String(seed),
    String(incidents.length),
    incidents.map(({ alertedAt, entities }) => `${alertedAt} ${entities.join(' and ')}`).join('; '),
  ]);
  const told = weeks.reduce((sum, { incidents }) => sum + incidents.length, 0);
  return {
    text: `${formatTable([['seed', 'told', 'of what'], ...lines])}\n\n${(told / weeks.length).toFixed(2)} a week`,
    figures: weeks,
  };
};

async function liveOn(seed: number, model: ModelKind): Promise<Week> {
  const detector = describeDetector(model, MINUTE);
  const { window } = simulate({
    scenario: 'none',
    seed,
    days: 14,
    services: SERVICES,
    step: MINUTE,
    start: START,
    detector: detector.name,
  });
  const cut = START + WEEK;
  const train = { ...sliceWindow(window, { start: START, end: cut }), labels: undefined };
  const fitted = await fitDetector(detector, train);
  const last = sliceWindow(window, { start: cut, end: window.range.end });
  const { scored } = await scoreRows({ detector, fitted, window: last, context: [train] });
  const { incidents } = findIncidents({ scored, policy: fitted.manifest.policy, step: MINUTE });
  return {
    seed,
    incidents: groupAnomalies(incidents, { detector: detector.name, step: MINUTE }).map((members) => ({
      alertedAt: new Date(members[0]!.alertedAt).toISOString(),
      entities: members.map(({ entity }) => entity),
    })),
  };
}
