/**
 * The rooms of the house, from the top down: a folder imports from those below it, never from one above, types included.
 * test/unit/imports.test.ts holds the code to it; make-layers.ts writes the table of docs/architecture.md from it.
 */
import { placePart } from './place-part.ts';

export interface Layer {
  readonly folder: string;
  /** In Markdown. */
  readonly holds: string;
}

export const LAYERS: readonly Layer[] = [
  { folder: 'functions', holds: 'one file per Lambda: parse the event, wire the adapters, call one job' },
  { folder: 'lib/cli', holds: 'the same jobs for a terminal' },
  { folder: 'lib/index.ts', holds: 'what who installs the package may import' },
  { folder: 'lib/jobs/offline', holds: 'fit, evaluate, score and backtest on files, without a bucket' },
  {
    folder: 'lib/jobs/plan',
    holds: 'what detectors will take of AWS, in requests, seconds and dollars; `plan-deployment.ts` tells it',
  },
  {
    folder: 'lib/jobs/replay',
    holds: 'what was set aside is tried again, and a range scored again; nobody is told twice',
  },
  { folder: 'lib/jobs/train', holds: 'from the newest windows to a version; `train-model.ts` tells it' },
  { folder: 'lib/jobs/score', holds: 'from a window to scores and decisions; `score-windows.ts` tells it' },
  {
    folder: 'lib/jobs/pages',
    holds: 'pages of incidents by signed links, and answers to them; `answer-request.ts` tells it',
  },
  {
    folder: 'lib/jobs/notify',
    holds: 'anomalies become incidents, and people hear of them once; `notify.ts` tells it',
  },
  {
    folder: 'lib/jobs/deliver',
    holds: 'what was published goes to the services that people have; `deliver.ts` tells it',
  },
  { folder: 'lib/jobs/export', holds: "a source's answers become windows; `export-windows.ts` tells it" },
  { folder: 'lib/jobs/shared', holds: 'ports, detectors, windows of a bucket, quarantine, scoring of rows' },
  { folder: 'lib/source', holds: 'where windows come from: Prometheus' },
  {
    folder: 'lib/report',
    holds: 'findings of a training, and incidents, drawn as pages and pictures: [reports](reports.md)',
  },
  { folder: 'lib/store', holds: 'bucket keys, the object store, state, the model repository, notifications' },
  { folder: 'lib/simulate', holds: 'metrics of services that never were, with known faults' },
  { folder: 'lib/evaluation', holds: 'scores beside labels: figures, and splits by time' },
  {
    folder: 'lib/receivers',
    holds:
      'an alert as Slack, Teams, PagerDuty, Opsgenie and Alertmanager take it: [alerts](alerts.md#receivers)',
  },
  { folder: 'lib/alert', holds: 'an incident becomes a message that people can act on' },
  {
    folder: 'lib/incident',
    holds: 'anomalies that belong together become one incident; what is told of it, when and how loud',
  },
  {
    folder: 'lib/answers',
    holds: 'what people say of incidents: silences, verdicts, exclusions; read strictly',
  },
  {
    folder: 'lib/decision',
    holds:
      'what opens, holds and ends an anomaly, what a score means; sees scores and evidence, never models',
  },
  {
    folder: 'lib/evidence',
    holds: 'how far scores and metrics go, in units of how far they go by themselves; its state in a version',
  },
  {
    folder: 'lib/expectation',
    holds:
      'what each metric of each entity is expected to be: level, season, spread, where it has been of late',
  },
  { folder: 'lib/models', holds: 'the registry of kinds, and the thread that fits series' },
  { folder: 'lib/models/compose', holds: 'models made of models: `auto`, `ensemble`' },
  { folder: 'lib/models/kinds', holds: 'one folder a kind of model' },
  {
    folder: 'lib/models/framework',
    holds: 'the contract of a model, and what kinds share: checks, states, series by themselves, sequences',
  },
  {
    folder: 'lib/nn',
    holds:
      'the networks and their engines: a whole training step in WebAssembly ([0013](decisions/0013-a-network-kernel-of-our-own.md)), or TensorFlow.js',
  },
  {
    folder: 'lib/features',
    holds: 'a window becomes what a model sees: rows on a grid, plan (hashed), scaler, usual ranges, labels',
  },
  {
    folder: 'lib/window',
    holds: 'the table: Arrow and Parquet at the edges, typed arrays in between; grid and gaps',
  },
  { folder: 'lib/config', holds: 'the manifest, its defaults, presets, settings from the environment' },
  { folder: 'lib/labels', holds: 'expressions that say which rows are anomalous' },
  {
    folder: 'lib/maths',
    holds: 'quantiles, tails, seasons, random numbers, linear algebra, figures of a detection',
  },
  {
    folder: 'lib/base',
    holds: 'what everything may use and what uses nothing: errors, durations, text of others, telemetry',
  },
];

/** `text` with the table in place of the one between the marks. @throws Error where a mark is missing */
export function placeLayers(text: string): string {
  const rows = LAYERS.map(
    ({ folder, holds }) => `| \`${folder.endsWith('.ts') ? folder : `${folder}/`}\` | ${holds} |`,
  );
  const table = ['| folder | what it holds |', '| --- | --- |', ...rows].join('\n');
  return placePart(text, { name: 'layers', script: 'make-layers.ts' }, table);
}
