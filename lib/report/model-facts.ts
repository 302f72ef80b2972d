/** What there is to say of a model beyond its kind: where it comes from, what its fit noted, how its training went. */
import type { ClassifierMetrics, TrainingEpoch, TrainingHistory } from '../models/framework/contract.ts';
import { countOf, formatScore } from './format.ts';
import type { ReportInput, VersionFacts } from './report-input.ts';

/** "isolation-forest"; "reconstruction for lstm" where it stands in for, or was chosen by, the kind that was asked for. */
export function nameKind({ kind, requestedKind }: Pick<VersionFacts, 'kind' | 'requestedKind'>): string {
  return requestedKind === undefined ? kind : `${kind} for ${requestedKind}`;
}

/** Whole sentences; none for a model that has nothing to say. */
export function describeModel({
  version,
  summary,
}: Pick<ReportInput, 'version' | 'summary'>): readonly string[] {
  const { kind, requestedKind, lineage } = version;
  return [
    ...(requestedKind === undefined
      ? []
      : [`The detector asks for ${requestedKind}; this version is of kind ${kind}.`]),
    ...(lineage === undefined ? [] : [`Fine-tuned from ${lineage.detector}, version ${lineage.version}.`]),
    ...summary.notes,
    ...describeHistory(summary.history),
  ];
}

/** "hot 12 rows, oom 1 row": criterion and rows in which it held. A row may have several. */
export function listCriteria(labelledBy: ReportInput['labelledBy']): string {
  return Object.entries(labelledBy)
    .map(([name, rows]) => `${name} ${countOf(rows, 'row')}`)
    .join(', ');
}

export interface EpochMeasure {
  /** Of the PNG, without its ending. */
  readonly name: string;
  /** For the axis. */
  readonly label: string;
  readonly training: readonly (number | undefined)[];
  /** Empty where nothing was held out. */
  readonly validation: readonly (number | undefined)[];
  /** Whether it is 0 to 1. */
  readonly isShare: boolean;
}

const CLASSIFIER_MEASURES = [
  ['accuracy', 'accuracy'],
  ['auc', 'area under the ROC curve'],
  ['precision', 'precision'],
] as const satisfies readonly (readonly [keyof ClassifierMetrics, string])[];

/** What was measured by epoch: the loss, and for a classifier what else there is; nothing without a history. */
export function listMeasures(history: TrainingHistory | undefined): readonly EpochMeasure[] {
  if (history === undefined || history.epochs.length === 0) return [];
  const { epochs, measure } = history;
  const of = (pick: (epoch: TrainingEpoch) => number | undefined): readonly (number | undefined)[] => {
    const values = epochs.map((epoch) => finite(pick(epoch)));
    return values.every((value) => value === undefined) ? [] : values;
  };
  const shares = CLASSIFIER_MEASURES.map(([name, label]) => ({
    name: `training_${name}`,
    label,
    training: of(({ metrics }) => metrics?.[name]),
    validation: of(({ validationMetrics }) => validationMetrics?.[name]),
    isShare: true,
  }));
  return [
    {
      name: 'training_history',
      label: measure,
      training: of(({ loss }) => loss),
      validation: of(({ validationLoss }) => validationLoss),
      isShare: false,
    },
    ...shares.filter(({ training, validation }) => training.length + validation.length > 0),
  ];
}

function describeHistory(history: TrainingHistory | undefined): readonly string[] {
  const measures = listMeasures(history);
  if (history === undefined || measures.length === 0) return [];
  const { length } = history.epochs;
  return [
    `Trained for ${countOf(length, 'epoch')}. At the last: ${measures.map(sayLast).join('; ')}.`,
    ...sayBest(measures[0]),
  ];
}

function sayLast({ label, training, validation }: EpochMeasure): string {
  const say = (values: readonly (number | undefined)[]): string => formatScore(values.at(-1) ?? Number.NaN);
  return `${label} ${say(training)}${validation.length === 0 ? '' : `, validation ${say(validation)}`}`;
}

/** Where the validation loss was lowest, if that is not the last epoch: what came after only fitted the training rows. */
function sayBest(loss: EpochMeasure | undefined): readonly string[] {
  const { validation } = loss ?? { validation: [] };
  const best = validation.reduce<number>(
    (least, value, i) => ((value ?? Infinity) < (validation[least] ?? Infinity) ? i : least),
    0,
  );
  const lowest = validation[best];
  if (lowest === undefined || best === validation.length - 1) return [];
  return [`The validation loss was lowest at epoch ${best + 1}: ${formatScore(lowest)}.`];
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
