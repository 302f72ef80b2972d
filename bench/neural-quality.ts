/**
 * `npm run bench -- neural-quality`: whether a network that sees sequences is worth its training, on what
 * `tidewatch simulate` makes. Two tables: when the autoencoder and isolation forest first alert, at the same share of
 * false alarms; and precision, recall and F1 of the networks on 1,000 sequences of 16 metrics.
 */
import { formatTable } from '../lib/cli/table.ts';
import {
  ALERT_SCENARIOS,
  type AlertFigure,
  AUTOENCODER,
  CONTENDERS,
  measureAlerts,
  SHARES,
} from './neural-quality/measure-alerts.ts';
import {
  measureSequences,
  PERCENTILES,
  SEQUENCES,
  type SequenceFigure,
} from './neural-quality/measure-sequences.ts';
import type { Study } from './study.ts';

const ALERT_SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);
const SEQUENCE_SEEDS = [1, 2, 3];
const SEQUENCE_KINDS = ['lstm-autoencoder', 'lstm', 'bilstm', 'attention', 'isolation-forest'];
/** Half an hour and half the units of the defaults, and exactly as many sequences. */
const NETWORK = { sequenceLength: 30, hidden: 32, maxSequences: SEQUENCES };

export const reportNeuralQuality: Study = async (_, say) => {
  const alerts: AlertFigure[] = [];
  for (const seed of ALERT_SEEDS) {
    say(`first alerts, seed ${seed} …`);
    alerts.push(...(await measureAlerts(seed)));
  }
  const sequences: SequenceFigure[] = [];
  for (const kind of SEQUENCE_KINDS)
    for (const seed of SEQUENCE_SEEDS) {
      say(`${SEQUENCES} sequences, ${kind}, seed ${seed} …`);
      sequences.push(...(await measureSequences(seed, kind, kind === 'isolation-forest' ? {} : NETWORK)));
    }
  return {
    text: [renderAlerts(alerts), renderSequences(sequences)].join('\n\n'),
    figures: { alerts, sequences },
  };
};

function renderAlerts(figures: readonly AlertFigure[]): string {
  const seeds = [...new Set(figures.map(({ seed }) => seed))];
  const rows = ALERT_SCENARIOS.flatMap((scenario) =>
    SHARES.map((share) => {
      const pick = (kind: (typeof CONTENDERS)[number]): readonly AlertFigure[] =>
        figures.filter((each) => each.kind === kind && each.scenario === scenario && each.share === share);
      const [ours, theirs] = CONTENDERS.map(pick) as [readonly AlertFigure[], readonly AlertFigure[]];
      const earlier = (a: readonly AlertFigure[], b: readonly AlertFigure[]): number =>
        a.filter(({ delay }, i) => (delay ?? Infinity) < (b[i]?.delay ?? Infinity)).length;
      const tied = seeds.length - earlier(ours, theirs) - earlier(theirs, ours);
      return [
        scenario,
        `${share * 100} %`,
        ...[ours, theirs].flatMap((of) => [
          medianDelay(of),
          `${of.filter(({ delay }) => delay !== undefined).length}`,
          `${(100 * mean(of.map(({ falseAlarms }) => falseAlarms))).toFixed(2)} %`,
        ]),
        `${earlier(ours, theirs)} / ${tied} / ${earlier(theirs, ours)}`,
      ];
    }),
  );
  const header = [
    'scenario',
    'false alarms',
    ...CONTENDERS.flatMap((kind) => [`${kind}: median delay`, 'alerts', 'on a normal day']),
    'earlier / same / later',
  ];
  return [
    `First alert, minutes from the start of the scenario, ${seeds.length} seeds (autoencoder: ${JSON.stringify(AUTOENCODER)})`,
    formatTable([header, ...rows]),
  ].join('\n\n');
}

function renderSequences(figures: readonly SequenceFigure[]): string {
  const kinds = [...new Set(figures.map(({ kind }) => kind))];
  const rows = kinds.flatMap((kind) =>
    PERCENTILES.map((percentile) => {
      const own = figures.filter((each) => each.kind === kind && each.percentile === percentile);
      return [
        kind,
        `${percentile}`,
        ...(['precision', 'recall', 'f1'] as const).map((name) =>
          mean(own.map((each) => each[name])).toFixed(2),
        ),
        own.map((each) => each.f1.toFixed(2)).join(' '),
      ];
    }),
  );
  return [
    `${SEQUENCES} sequences of 16 metrics, ${figures[0]?.anomalous} of them anomalous (networks: ${JSON.stringify(NETWORK)})`,
    formatTable([['model', 'percentile', 'precision', 'recall', 'F1', 'F1 by seed'], ...rows]),
  ].join('\n\n');
}

/** "none" where fewer than half of the seeds have an alert. */
function medianDelay(figures: readonly AlertFigure[]): string {
  const sorted = figures.map(({ delay }) => delay ?? Infinity).sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return Number.isFinite(median) ? `${median} min` : 'none';
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
