/**
 * `npm run bench -- lived --data DIR`: what a person is told, at default settings, row after row. Not the best threshold
 * for a set of scores: the one that a version has.
 *
 * Part A, with `--data`: labelled files. Each is fitted on its training part by the product's own jobs and judged on the
 * rest; `--part train` looks at training parts alone, with planted faults in their last 40 % (lived/plant-events.ts), so
 * that a setting can be chosen without a label of a test. Part B, with `--scenarios`: the simulator's scenarios on several
 * seeds (lived/judge-seed.ts). What found, false and open mean is in lived/judge-incidents.ts.
 */
import { DEFAULTS } from '../lib/config/defaults.ts';
import { listCases } from './lived/list-cases.ts';
import { renderKinds, renderSets, summarizeSets } from './lived/render-sets.ts';
import { runAll } from './lived/run-all.ts';
import { judgeScenarios, renderScenarios, SCENARIOS_JUDGED } from './lived/scenarios.ts';
import type { Study, StudyOptions, StudyResult } from './study.ts';

const DEFAULT_SEEDS = 5;

const DEFINITIONS = `found: an incident opened in the event or at most 5 rows behind its end, or one of an earlier event has anomalous rows in
it (carried); covered: only by an incident that opened outside of any event, so not found. delay: median, from the event's
start to the row that opened the incident. false: opened anywhere else. in gaps: true or false, opened by a row in which
nothing was measured. in alert: share of all time in which an incident
lies open; outside: the same of unlabelled time. open after: from the end of the last event that a true incident overlaps
to the row at which people are told of its end. silent: a training too short for the default threshold, or a file that a
peer refuses. Peers: 4 of 5 rows at a threshold from their own training scores; which of these thresholds (level) was
picked, one a set, by what happened on the test, so that false incidents are as many as ours or just below: that favours
the peer. Levels at which incidents lie open over more than 5 % of unlabelled time, and more than ours, are left out.
1 a week: the same peers without hindsight, each file at the lowest threshold from which on its own training tells of no more.`;

export const reportLived: Study = async (data, say, options) => {
  const sets = data === '' ? undefined : await measureSets(data, say, options);
  const scenarios = options.scenarios
    ? await judgeScenarios({
        scenarios: SCENARIOS_JUDGED,
        seeds: options.seeds ?? DEFAULT_SEEDS,
        kind: options.model ?? DEFAULTS.modelKind,
        jobs: options.jobs,
        say,
      })
    : undefined;
  return {
    text: [sets?.text, scenarios && renderScenarios(scenarios)].filter(Boolean).join('\n\n'),
    figures: { ...(sets?.figures as object), ...(scenarios && { scenarios }) },
  };
};

async function measureSets(
  data: string,
  say: (line: string) => void,
  { sets, keep, part = 'test', peers, model = DEFAULTS.modelKind, jobs }: StudyOptions,
): Promise<StudyResult> {
  const cases = listCases(data, sets);
  const skipped: { readonly name: string; readonly reason: string }[] = [];
  const outcomes = await runAll({
    tasks: cases.map((files) => ({ is: 'file', files, part, kind: model, peers, keep })),
    jobs,
    onOutcome: (task, outcome, seconds) => {
      if (task.is !== 'file') return;
      if (outcome.is === 'unused') skipped.push({ name: task.files.name, reason: outcome.reason });
      const end = outcome.is === 'unused' ? `not used: ${outcome.reason}` : `${seconds.toFixed(1)} s`;
      say(`${task.files.name}: ${end}`);
    },
  });
  const files = outcomes.flatMap((outcome) => (outcome.is === 'file' ? [outcome.figures] : []));
  const summary = summarizeSets(files);
  const of = part === 'train' ? 'planted events in the last 40 % of training parts' : 'test parts';
  return {
    text: [
      `${model} at its defaults, ${of}; ${skipped.length} files not used`,
      renderSets(summary),
      renderKinds(files),
      DEFINITIONS,
    ]
      .filter(Boolean)
      .join('\n\n'),
    figures: { model, part, sets: summary, files: files.map(({ peers: _, ...file }) => file), skipped },
  };
}
