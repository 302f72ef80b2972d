/** The study's tables: differences with a verdict, by set and over all, then every file. */
import { formatTable } from '../../lib/cli/table.ts';
import { judge, MEASURES, pairWith, spreadOverSeeds, summarizePairs } from './differences.ts';
import { mean, type Outcome, ofSide, SIDE_NAMES, SIDES, type Side } from './sides.ts';

export function renderOutcomes(outcomes: readonly Outcome[]): string {
  return [
    renderDifferences(outcomes),
    renderSpreads(outcomes),
    renderFirstLosses(outcomes),
    renderLevels(outcomes),
  ].join('\n\n');
}

/** A line of progress that holds all figures, so that a run that is cut off leaves what it had. */
export function describeOutcome({ file, seed, side, vusPr, averagePrecision, loss }: Outcome): string {
  const figures = [vusPr, averagePrecision, loss].map((value) => value.toFixed(4)).join(' / ');
  return `${file}, seed ${seed}, ${SIDES[side]}: VUS-PR / average precision / held-back loss ${figures}`;
}

/** Ours less each peer; a group of one file has no interval, and is left out. */
function renderDifferences(outcomes: readonly Outcome[]): string {
  const sets = [...new Set(outcomes.map(({ set }) => set))];
  const lines = peersOf(outcomes).flatMap((side) => {
    const pairs = pairWith(outcomes, side);
    const groups = [
      { name: 'all', own: pairs },
      ...sets.map((set) => ({ name: set, own: pairs.filter((pair) => pair.set === set) })),
    ].filter(({ own }) => new Set(own.map(({ file }) => file)).size > 1);
    return groups.flatMap(({ name, own }, g) =>
      MEASURES.map((measure, i) => {
        const summary = summarizePairs(own, measure);
        const show = (value: number): string => `${signed(value, measure.unit)}${measure.unit}`;
        return [
          g === 0 && i === 0 ? SIDES[side] : '',
          i === 0 ? name : '',
          i === 0 ? `${summary.files} / ${summary.pairs}` : '',
          measure.name,
          show(summary.mean),
          `${show(summary.low)} to ${show(summary.high)}`,
          `${summary.better} / ${summary.worse}`,
          judge(summary, measure),
        ];
      }),
    );
  });
  const header = ['ours −', '', 'files / pairs', '', 'mean', '95 %', 'better / worse', 'ours is'];
  return formatTable([header, ...lines]);
}

function renderSpreads(outcomes: readonly Outcome[]): string {
  const shown = (['ours', ...peersOf(outcomes)] as const)
    .map((side) => ({ side, spread: spreadOverSeeds(ofSide(outcomes, side), ({ vusPr }) => vusPr) }))
    .filter(({ spread }) => !Number.isNaN(spread))
    .map(({ side, spread }) => `${SIDES[side]} ${spread.toFixed(4)}`);
  return `standard deviation of VUS-PR over the seeds of a file: ${shown.join('; ') || 'one seed each'}`;
}

function renderFirstLosses(outcomes: readonly Outcome[]): string {
  const apart = pairWith(outcomes, 'in-step').map(({ ours, theirs }) =>
    Math.abs(ours.firstLoss / theirs.firstLoss - 1),
  );
  if (apart.length === 0) return 'no fit in step';
  return `in step, the mean loss of the first epoch differs by ${Math.max(...apart).toExponential(1)} of it at most`;
}

/** Means over seeds of each file, and the mean of those of each set. */
function renderLevels(outcomes: readonly Outcome[]): string {
  const sides: readonly Side[] = ['ours', ...peersOf(outcomes)];
  const sets = [...new Set(outcomes.map(({ set }) => set))];
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const groups = [
    ...files.map((file) => ({ name: file, own: outcomes.filter((outcome) => outcome.file === file) })),
    ...sets.map((set) => ({ name: `${set}: mean`, own: outcomes.filter((outcome) => outcome.set === set) })),
    { name: 'all: mean', own: outcomes },
  ];
  const lines = groups.flatMap(({ name, own }) =>
    sides.map((side, i) => {
      const fits = ofSide(own, side);
      const show = (pick: (outcome: Outcome) => number): string =>
        fits.length === 0 ? '–' : meanOfFiles(fits, pick).toFixed(3);
      return [
        i === 0 ? name : '',
        SIDES[side],
        `${new Set(fits.map(({ seed }) => seed)).size}`,
        show(({ vusPr }) => vusPr),
        show(({ averagePrecision }) => averagePrecision),
        show(({ loss }) => loss),
      ];
    }),
  );
  return formatTable([
    ['mean over seeds', '', 'seeds', 'VUS-PR', 'avg precision', 'held-back loss'],
    ...lines,
  ]);
}

function meanOfFiles(outcomes: readonly Outcome[], pick: (outcome: Outcome) => number): number {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  return mean(files.map((file) => mean(outcomes.filter((outcome) => outcome.file === file).map(pick))));
}

function peersOf(outcomes: readonly Outcome[]): readonly Side[] {
  return SIDE_NAMES.filter((side) => side !== 'ours' && ofSide(outcomes, side).length > 0);
}

/** @param unit percent has two places, shares have four */
function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(unit === '' ? 4 : 2)}`;
}
