/** The study's tables: differences with a verdict, then every file. */
import { formatTable } from '../../lib/cli/table.ts';
import { judge, MEASURES, type Pair, pairSeeds, pairWith, summarizePairs } from './differences.ts';
import { mean, type Outcome, ofSide, SIDE_NAMES, SIDES, type Side } from './sides.ts';

export function renderOutcomes(outcomes: readonly Outcome[]): string {
  return [renderDifferences(outcomes), renderFirstLosses(outcomes), renderFiles(outcomes)].join('\n\n');
}

/** A line of progress that holds all figures, so that a run that is cut off leaves what it had. */
export function describeOutcome({ file, seed, side, vusPr, averagePrecision, loss }: Outcome): string {
  const figures = [vusPr, averagePrecision, loss].map((value) => value.toFixed(4)).join(' / ');
  return `${file}, seed ${seed}, ${SIDES[side]}: VUS-PR / average precision / held-back loss ${figures}`;
}

function renderDifferences(outcomes: readonly Outcome[]): string {
  const groups: readonly { readonly name: string; readonly pairs: readonly Pair[] }[] = [
    ...peersOf(outcomes).map((side) => ({ name: `ours − ${SIDES[side]}`, pairs: pairWith(outcomes, side) })),
    { name: 'ours − ours, next seed', pairs: pairSeeds(outcomes) },
  ];
  const lines = groups
    .filter(({ pairs }) => new Set(pairs.map(({ file }) => file)).size > 1)
    .flatMap(({ name, pairs }) =>
      MEASURES.map((measure, i) => {
        const summary = summarizePairs(pairs, measure);
        const show = (value: number): string => `${signed(value, measure.unit)}${measure.unit}`;
        return [
          i === 0 ? name : '',
          i === 0 ? `${summary.files} / ${summary.pairs}` : '',
          measure.name,
          `${show(summary.mean)} ± ${show(summary.standardError).slice(1)}`,
          `${show(summary.low)} to ${show(summary.high)}`,
          `${summary.better} / ${summary.worse}`,
          judge(summary, measure),
        ];
      }),
    );
  const header = ['', 'files / pairs', '', 'mean ± standard error', '95 %', 'better / worse', 'within noise'];
  return formatTable([header, ...lines]);
}

function renderFirstLosses(outcomes: readonly Outcome[]): string {
  const apart = pairWith(outcomes, 'in-step').map(({ ours, theirs }) =>
    Math.abs(ours.firstLoss / theirs.firstLoss - 1),
  );
  if (apart.length === 0) return 'no fit in step';
  return `in step, the mean loss of the first epoch differs by ${Math.max(...apart).toExponential(1)} of it at most`;
}

function renderFiles(outcomes: readonly Outcome[]): string {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const sides: readonly Side[] = ['ours', ...peersOf(outcomes)];
  const average = (file: string, side: Side, pick: (outcome: Outcome) => number): string => {
    const own = ofSide(outcomes, side).filter((outcome) => outcome.file === file);
    return own.length === 0 ? '–' : mean(own.map(pick)).toFixed(3);
  };
  const lines = files.flatMap((file) =>
    sides.map((side, i) => [
      i === 0 ? file : '',
      SIDES[side],
      average(file, side, ({ vusPr }) => vusPr),
      average(file, side, ({ averagePrecision }) => averagePrecision),
      average(file, side, ({ loss }) => loss),
    ]),
  );
  return formatTable([['mean over seeds', '', 'VUS-PR', 'avg precision', 'held-back loss'], ...lines]);
}

function peersOf(outcomes: readonly Outcome[]): readonly Side[] {
  return SIDE_NAMES.filter((side) => side !== 'ours' && ofSide(outcomes, side).length > 0);
}

/** @param unit percent has one place, shares have four */
function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(unit === '' ? 4 : 2)}`;
}
