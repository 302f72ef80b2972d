/** The manifest as people write it. The JSON Schema for editors is generated from this; so are the error messages. */
import * as z from 'zod';
import { alertsSchema, type ManifestAlerts } from './alerts-schema.ts';
import { DEFAULTS } from './defaults.ts';
import { INCIDENT_RULES, type IncidentRule } from './detector.ts';
import { DETECTOR_NAME } from './detector-name.ts';
import { featureSchema, type ManifestFeatures } from './feature-schema.ts';
import { SCALER_KINDS, type ScalerKind } from './feature-settings.ts';
import { labelColumnsSchema, labelSchema, type ManifestLabels } from './label-schema.ts';
import { MODEL_KINDS, type ModelKind } from './model-kind.ts';
import { PRESET_NAMES, type PresetName } from './presets/presets.ts';
import { choice, duration, durationOrZero, sayExamples, text, texts, wholeNumber } from './schema-fields.ts';
import { SEVERITIES, type Severity } from './severity.ts';
import type { SilenceKind } from './silence-settings.ts';
import { SOURCE_NAME } from './source-name.ts';
import { type ManifestThreshold, thresholdSchema } from './threshold-schema.ts';
import { MOST_SHARDS } from './work-unit.ts';

/** At most so many metrics a detector: each is a query per window and a column. */
const MOST_METRICS = 200;
const MOST_DEPENDENCIES = 100;
/** Characters. */
const LONGEST_QUERY = 10_000;

/** Of members that a manifest has in Kubernetes. */
const UNREAD = 'For people and their tools; Tidewatch does not read it.';
const CARRIED =
  'Alerts and their message attributes carry them (team, runbook, dashboard): the first 20, of at most 1,024 characters.';

/** Prometheus' rules for labels and metrics, so that a name means the same there, in Parquet and in an alert. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]{0,127}$/;
/** Columns that a window has for itself, or that name a partition. */
export const RESERVED_METRIC_NAMES: readonly string[] = [
  'timestamp',
  'time',
  'ts',
  'ds',
  'label',
  'entity',
  'data_availability',
  'detector',
  'date',
];

/** A manifest with its defaults filled in, still in people's units. */
export interface Manifest {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: {
    readonly target_service?: string | undefined;
    readonly depends_on?: readonly string[] | undefined;
    readonly source?: string | undefined;
    readonly prometheus_query?: string | undefined;
    readonly metrics?: readonly { readonly name: string; readonly query: string }[] | undefined;
    readonly preset?: PresetName | undefined;
    readonly detection_window: string;
    readonly alert_severity: Severity;
    readonly alerts?: ManifestAlerts | undefined;
    readonly model_version: string;
    readonly entity?: readonly string[] | undefined;
    readonly step?: string | undefined;
    readonly schedule?: string | undefined;
    readonly ingest_delay: string | 0;
    readonly expect_every?: string | undefined;
    readonly backfill: string | 0;
    readonly shards?: number | undefined;
    readonly model: {
      readonly kind: ModelKind;
      readonly params: Readonly<Record<string, unknown>>;
      readonly seed: number;
      readonly fine_tune?: { readonly detector: string; readonly version: string } | undefined;
    };
    readonly features?: ManifestFeatures | undefined;
    readonly scaler: ScalerKind;
    readonly labels?: ManifestLabels | undefined;
    readonly label_columns?: readonly string[] | undefined;
    readonly training: {
      /** Rows, or a duration; absent: the default, which is either. */
      readonly warmup?: number | string | undefined;
      readonly lookback: string;
      readonly every: string;
      readonly incidents: IncidentRule;
    };
    readonly threshold: ManifestThreshold;
    readonly gaps: { readonly interpolate: number };
    readonly silence: { readonly [Kind in SilenceKind]: { readonly after: string } | 'off' | false };
    readonly outputs: { readonly expected: boolean };
  };
}

const query = text(`PromQL, at most ${LONGEST_QUERY} characters`, /\S/, LONGEST_QUERY);

const metric = z.strictObject({
  name: text('a metric name: letters, digits, _ and :, at most 128', METRIC_NAME).describe(
    'Names the column in Parquet and the metric in alerts. A suffix such as _bytes tells its unit.',
  ),
  query: query.describe('Its series are the rows of this column; aggregate until an entity has one.'),
});

const VERSION = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const fineTune = z.strictObject(
  {
    detector: text('the name of a detector', DETECTOR_NAME).describe('Whose version to start from.'),
    version: text('current, or the version to start from', VERSION)
      .default('current')
      .describe('current: the one in use at each training.'),
  },
  { error: 'must be a map with detector and, where it is not current, version' },
);

const model = z.strictObject({
  kind: choice(MODEL_KINDS)
    .default(DEFAULTS.modelKind)
    .describe('auto picks other kinds by what the training is like.'),
  params: z
    .record(z.string(), z.json(), { error: "must be a map of the model's parameters" })
    .default({})
    .describe(
      'Parameters of this kind of model; docs/models/ has a page for each. Checked by the model itself.',
    ),
  seed: wholeNumber(0, 0xffff_ffff)
    .default(DEFAULTS.seed)
    .describe('The same data and seed give the same model.'),
  fine_tune: fineTune
    .optional()
    .describe(
      'Go on from a version of the same kind and the same features, in place of random weights. Networks only.',
    ),
});

const training = z.strictObject({
  warmup: z
    .union([wholeNumber(1, 10_000_000), duration('1m', '400d')], {
      error: 'must be a whole number of rows from 1 to 10000000, or a duration from 1m to 400d such as 7d',
    })
    .optional()
    .describe(
      `Rows of all entities, or time from the oldest row to the newest, before the first model: ${DEFAULTS.warmup} rows, or ${DEFAULTS.warmupTime} with at least ${DEFAULTS.warmupLeastRows} rows. Until then the detector is learning and alerts nobody.`,
    ),
  lookback: duration('1m', '400d')
    .default(DEFAULTS.lookback)
    .describe('Newest stretch of history that a model is fitted on.'),
  every: duration('1m', '400d').default(DEFAULTS.trainEvery).describe('How often a new version is trained.'),
  incidents: choice(INCIDENT_RULES)
    .default(DEFAULTS.trainOnIncidents)
    .describe(
      'Whether rows of anomalies that nobody answered are learned from. settled: only where they settled at a new level. exclude: none. include: all. A verdict goes before it. settled and exclude also leave out what is like nothing else in a history from before the first model; include does not.',
    ),
});

const gaps = z.strictObject({
  interpolate: wholeNumber(0, 1000)
    .default(DEFAULTS.interpolateSteps)
    .describe('Gaps of up to so many steps are filled by a straight line; longer ones stay missing.'),
});

/** `off` is a boolean to YAML 1.1, and to whoever converts from it. */
function silenceKind(after: string, description: string) {
  const error = 'must be off, or a map with after from 1m to 30d, such as {after: 15m}';
  return z
    .union([z.strictObject({ after: duration('1m', '30d') }), z.literal('off'), z.literal(false)], { error })
    .default(after === 'off' ? 'off' : { after })
    .describe(description);
}

const silence = z.strictObject(
  {
    entity: silenceKind(
      DEFAULTS.silentEntity,
      'One that training had nearly always reports no more while others go on; of Kubernetes pods, a workload without any pod.',
    ),
    metric: silenceKind(
      DEFAULTS.silentMetric,
      'A metric that training had nearly always is missing of an entity that reports others, or of everyone.',
    ),
    source: silenceKind(DEFAULTS.silentSource, 'Nobody reports: one alert.'),
    late: silenceKind(DEFAULTS.late, 'New data is older than this when it comes.'),
  },
  { error: 'must be a map with entity, metric, source or late' },
);

const outputs = z.strictObject({
  expected: z
    .boolean({ error: 'must be true or false' })
    .default(DEFAULTS.writesExpected)
    .describe('Scores files also tell what was expected of each metric, and within which range.'),
});

const spec = z
  .strictObject(
    {
      target_service: text('a name of 1 to 256 characters', /\S/, 256)
        .optional()
        .describe('What is watched, for the people who read the alert.'),
      depends_on: z
        .array(text('a name of 1 to 256 characters', /\S/, 256), {
          error: 'must be a list of services, detectors or workloads',
        })
        .max(MOST_DEPENDENCIES, { error: `must have at most ${MOST_DEPENDENCIES} names` })
        .optional()
        .describe(
          'What the target needs in order to work, by target_service, detector or workload: what goes wrong in both at once is one incident, and what is needed is named first.',
        ),
      source: text(
        'a name of letters, digits, dots, dashes and underscores, at most 64, that starts with a letter or digit',
        SOURCE_NAME,
      )
        .optional()
        .describe('Which Prometheus is asked, by its name in the list of the deployment.'),
      prometheus_query: query
        .optional()
        .describe('In place of metrics: one query, named after the detector.'),
      metrics: z
        .array(metric, { error: 'must be a list of {name, query}' })
        .min(1, { error: 'must have at least one metric' })
        .max(MOST_METRICS, { error: `must have at most ${MOST_METRICS} metrics` })
        .optional()
        .describe('Metrics that are looked at together.'),
      preset: choice(PRESET_NAMES)
        .optional()
        .describe(
          'In place of metrics: a ready-made set with its entity. kubernetes has 16 metrics of each namespace.',
        ),
      detection_window: duration('1s', '1d')
        .default(DEFAULTS.detectionWindow)
        .describe('Length of one exported window; a multiple of step.'),
      alert_severity: choice(SEVERITIES)
        .default(DEFAULTS.severity)
        .describe(
          'As loud as its alerts may be: what is neither unusual, wide nor long is told a step lower. Subscribers filter by it.',
        ),
      alerts: alertsSchema.optional(),
      model_version: text('current, or the version to stay at', VERSION)
        .default(DEFAULTS.modelVersion)
        .describe('current follows training; a version stays as it is until you change it.'),
      entity: z
        .array(text('a label name: letters, digits and _, not first a digit', LABEL_NAME), {
          error: 'must be a list of label names',
        })
        .max(10, { error: 'must have at most 10 labels' })
        .optional()
        .describe(
          'Labels that tell one entity from another, joined by /, such as [namespace, pod]. None: all is one entity.',
        ),
      step: duration('1s', '1d')
        .optional()
        .describe(
          `Distance of the rows, in whole seconds: ${DEFAULTS.step}, or that of dropped files without queries.`,
        ),
      schedule: duration('1m', '31d').optional().describe('How often an export is due: as detection_window.'),
      ingest_delay: durationOrZero('1d')
        .default(DEFAULTS.ingestDelay)
        .describe('How long samples may take to get into Prometheus: windows end this long before now.'),
      backfill: durationOrZero('400d')
        .default(DEFAULTS.backfill)
        .describe('How far back the first export reaches.'),
      shards: wholeNumber(1, MOST_SHARDS)
        .optional()
        .describe(
          'Into how many units of work the first export deals out the entities; fixed from then on. Left out: as many as the functions take.',
        ),
      expect_every: z
        .union([duration('1m', '400d', 'never or a duration from 1m to 400d'), z.literal('never')], {
          error: `must be never or a duration from 1m to 400d in whole seconds, ${sayExamples('1m', '400d')}`,
        })
        .optional()
        .describe(
          'How often a new window is expected at least: without one for longer the detector counts as silent. Left out: by schedule, or by how regularly files have come. never: it may stop whenever it likes.',
        ),
      model: model.prefault({}),
      features: featureSchema
        .optional()
        .describe('Left out: every metric as it is. docs/features.md shows what else there is.'),
      scaler: choice(SCALER_KINDS)
        .default(DEFAULTS.scaler)
        .describe('robust: median and quartiles. minmax: 0 to 1. standard: mean and standard deviation.'),
      labels: labelSchema
        .optional()
        .describe(
          'What counts as anomalous where the data has no label column: such rows are kept out of what is normal.',
        ),
      label_columns: labelColumnsSchema
        .optional()
        .describe('Columns that serve labels alone: a model that saw them would learn the rule.'),
      training: training.prefault({}),
      threshold: thresholdSchema.prefault({}).describe('When rows become an anomaly.'),
      gaps: gaps.prefault({}),
      silence: silence
        .prefault({})
        .describe('Which kinds of missing data alert, and after how long. off: never.'),
      outputs: outputs.prefault({}),
    },
    { error: 'must be a map' },
  )
  .meta({
    allOf: [
      ['prometheus_query', 'metrics'],
      ['prometheus_query', 'preset'],
      ['metrics', 'preset'],
      ['preset', 'entity'],
    ].map((pair) => ({ not: { required: pair } })),
  });

export const manifestSchema: z.ZodType<Manifest> = z
  .strictObject(
    {
      // Group and version are whatever the tools around it want: `kind` says what this is.
      apiVersion: text('text such as tidewatch/v1 or monitoring.example.com/v1alpha1', /\S/, 256)
        .default('tidewatch/v1')
        .describe('Of any group and version; Tidewatch goes by kind.'),
      kind: choice(['AnomalyDetector']).describe('Says that this is a manifest of Tidewatch.'),
      metadata: z.strictObject(
        {
          name: text(
            'a name of letters, digits, dots, dashes and underscores, at most 64, that starts with a letter or digit',
            DETECTOR_NAME,
          ).describe('Names the detector and the manifest: detectors/NAME.yml.'),
          namespace: text('a name of 1 to 256 characters', /\S/, 256).optional().describe(UNREAD),
          labels: texts().optional().describe(CARRIED),
          annotations: texts().optional().describe(CARRIED),
        },
        { error: 'must be a map with a name' },
      ),
      spec: spec.prefault({}),
    },
    { error: 'must be a map with kind, metadata and spec' },
  )
  .meta({ title: 'Tidewatch anomaly detector' });

/** What editors check a manifest against: JSON Schema draft 7, which yaml-language-server knows best. */
export function manifestJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(manifestSchema, { target: 'draft-7', io: 'input' });
}
