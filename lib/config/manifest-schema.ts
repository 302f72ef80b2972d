/** The manifest as people write it. The JSON Schema for editors is generated from this; so are the error messages. */
import { z } from 'zod';
import { DURATION, parseDuration, readDuration } from '../base/duration.ts';
import { DEFAULTS } from './defaults.ts';
import type { ChangeSettings } from './detector.ts';
import { DETECTOR_NAME } from './detector-name.ts';
import { FALSE_ALARMS } from './false-alarm-budget.ts';
import { featureSchema, type ManifestFeatures } from './feature-schema.ts';
import { SCALER_KINDS, type ScalerKind } from './feature-settings.ts';
import { labelColumnsSchema, labelSchema, type ManifestLabels } from './label-schema.ts';
import { MODEL_KINDS, type ModelKind } from './model-kind.ts';
import { PRESET_NAMES, type PresetName } from './presets/presets.ts';
import { SEVERITIES, type Severity } from './severity.ts';

/** At most so many metrics a detector: each is a query per window and a column. */
const MOST_METRICS = 200;
/** Characters. */
const LONGEST_QUERY = 10_000;

/** Of members that a manifest has in Kubernetes. */
const UNREAD = 'For people and their tools; Tidewatch does not read it.';

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
interface MinChange {
  readonly absolute?: number | undefined;
  readonly relative: number;
}

export interface Manifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly target_service?: string | undefined;
    readonly prometheus_query?: string | undefined;
    readonly metrics?: readonly { readonly name: string; readonly query: string }[] | undefined;
    readonly preset?: PresetName | undefined;
    readonly detection_window: string;
    readonly alert_severity: Severity;
    readonly model_version: string;
    readonly entity?: readonly string[] | undefined;
    readonly step?: string | undefined;
    readonly schedule?: string | undefined;
    readonly ingest_delay: string | 0;
    readonly expect_every?: string | undefined;
    readonly backfill: string | 0;
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
    };
    readonly threshold: {
      readonly percentile?: number | undefined;
      readonly false_alarms?: string | undefined;
      readonly settle_after: string;
      readonly min_change?: MinChange | undefined;
      readonly direction?: ChangeSettings['direction'] | undefined;
      readonly by_metric?:
        | Readonly<
            Record<
              string,
              {
                readonly min_change?: MinChange | undefined;
                readonly direction?: ChangeSettings['direction'] | undefined;
              }
            >
          >
        | undefined;
      readonly min_deviation?: number | undefined;
      readonly k?: number | undefined;
      readonly n?: number | undefined;
      readonly resolve_after?: number | undefined;
    };
    readonly gaps: { readonly interpolate: number };
    readonly outputs: { readonly expected: boolean };
  };
}

const query = text(`PromQL, at most ${LONGEST_QUERY} characters`, /\S/, LONGEST_QUERY);

const metric = z.strictObject({
  name: text('a metric name: letters, digits, _ and :, at most 128', METRIC_NAME).describe(
    'Names the column in Parquet and the metric in alerts. A suffix such as _bytes tells its unit.',
  ),
  query,
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
  kind: choice(MODEL_KINDS).default(DEFAULTS.modelKind),
  params: z
    .record(z.string(), z.json(), { error: "must be a map of the model's parameters" })
    .default({})
    .describe('Parameters of this kind of model; docs/models.md lists them. Checked by the model itself.'),
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
});

const minChange = z.strictObject(
  {
    absolute: number(0, 1e300)
      .optional()
      .describe("In the metric's own unit. By its unit where it is left out."),
    relative: number(0, 1000)
      .default(DEFAULTS.minRelativeChange)
      .describe('Share of the usual level: 0.05 is 5 %.'),
  },
  { error: 'must be a map with absolute, relative or both' },
);

const direction = choice(['above', 'below', 'both']);

const threshold = z.strictObject({
  percentile: number(50, 99.999)
    .optional()
    .describe(
      `In place of the budget: score that so many percent of the training rows lie below. With k, n or min_deviation alone ${DEFAULTS.percentile}, ${DEFAULTS.networkPercentile} for networks.`,
    ),
  false_alarms: text('a budget such as "1 per week", "0.5 per day" or "2 per month"', FALSE_ALARMS)
    .optional()
    .describe(
      `False incidents that are put up with on data like what was learned, over all entities: ${DEFAULTS.falseAlarms} by default.`,
    ),
  settle_after: duration('1m', '30d')
    .default(DEFAULTS.settleAfter)
    .describe('How long a level that moved has to stay before it counts as the new one.'),
  min_change: minChange.optional().describe('Smaller changes of a metric alert nobody.'),
  direction: direction.optional().describe('Whether a metric is watched for rising, falling or both.'),
  by_metric: z
    .record(
      z.string(),
      z.strictObject({ min_change: minChange.optional(), direction: direction.optional() }),
      {
        error: 'must be a map of metrics',
      },
    )
    .optional()
    .describe('min_change and direction of single metrics.'),
  min_deviation: number(0, 1000)
    .optional()
    .describe(
      `With percentile: how far off a metric has to be, in robust standard deviations, before a row counts. ${DEFAULTS.minDeviation} by default.`,
    ),
  k: wholeNumber(1, 1000)
    .optional()
    .describe(`With percentile: rows of the newest n that have to be anomalous. ${DEFAULTS.k} by default.`),
  n: wholeNumber(1, 1000)
    .optional()
    .describe(`With percentile: rows that k is counted in. ${DEFAULTS.n} by default.`),
  resolve_after: wholeNumber(1, 10_000)
    .optional()
    .describe(
      `Rows in a row without an anomaly, after which an incident is over. ${DEFAULTS.resolveAfterEvidence} by default, ${DEFAULTS.resolveAfter} with percentile.`,
    ),
});

const gaps = z.strictObject({
  interpolate: wholeNumber(0, 1000)
    .default(DEFAULTS.interpolateSteps)
    .describe('Gaps of up to so many steps are filled by a straight line; longer ones stay missing.'),
});

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
      prometheus_query: query
        .optional()
        .describe('One metric, named after the detector. For several: metrics.'),
      metrics: z
        .array(metric, { error: 'must be a list of {name, query}' })
        .min(1, { error: 'must have at least one metric' })
        .max(MOST_METRICS, { error: `must have at most ${MOST_METRICS} metrics` })
        .optional()
        .describe('Metrics that are looked at together.'),
      preset: choice(PRESET_NAMES)
        .optional()
        .describe('A ready-made set of metrics with its entity: kubernetes has 16 of each namespace.'),
      detection_window: duration('1s', '1d')
        .default(DEFAULTS.detectionWindow)
        .describe('Length of one exported window; a multiple of step.'),
      alert_severity: choice(SEVERITIES).default(DEFAULTS.severity),
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
          'Labels that tell one entity from another, such as [namespace, pod]. None: all is one entity.',
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
      threshold: threshold.prefault({}).describe('When rows become an incident.'),
      gaps: gaps.prefault({}),
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
      kind: choice(['AnomalyDetector']),
      metadata: z.strictObject(
        {
          name: text(
            'a name of letters, digits, dots, dashes and underscores, at most 64, that starts with a letter or digit',
            DETECTOR_NAME,
          ).describe('Names the detector and the manifest: detectors/NAME.yml.'),
          namespace: text('a name of 1 to 256 characters', /\S/, 256).optional().describe(UNREAD),
          labels: texts().optional().describe(UNREAD),
          annotations: texts().optional().describe(UNREAD),
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

function text(what: string, pattern: RegExp, longest = Number.POSITIVE_INFINITY) {
  const error = `must be ${what}`;
  const plain = z.string({ error }).regex(pattern, { error, abort: true });
  return Number.isFinite(longest) ? plain.max(longest, { error }) : plain;
}

function texts() {
  return z.record(z.string(), z.string({ error: 'must be text' }), { error: 'must be a map of strings' });
}

function choice<const T extends readonly [string, ...string[]]>(allowed: T) {
  return z.enum(allowed, { error: `must be ${allowed.join(' or ')}` });
}

function number(least: number, most: number) {
  const error = `must be a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

function wholeNumber(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** Whole seconds: keys in the bucket and Prometheus' timestamps carry no less. */
function duration(least: string, most: string, allowed = `a duration from ${least} to ${most}`) {
  const error = `must be ${allowed} in whole seconds, ${sayExamples(least, most)}`;
  return z
    .string({ error })
    .regex(DURATION, { error, abort: true })
    .refine((given) => isWithin(given, least, most), { error });
}

function durationOrZero(most: string) {
  const allowed = `0 or a duration up to ${most}`;
  return z.union([duration('0s', most, allowed), z.literal(0)], {
    error: `must be ${allowed} in whole seconds, ${sayExamples('0s', most)}`,
  });
}

/** Each of which would be taken. */
function sayExamples(least: string, most: string): string {
  const fitting = ['30s', '15m', '1h30m', '7d', '30d'].filter((example) => isWithin(example, least, most));
  const shown = fitting.slice(0, 4);
  return `such as ${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

function isWithin(given: string, least: string, most: string): boolean {
  const milliseconds = readDuration(given);
  return (
    milliseconds !== undefined &&
    milliseconds >= parseDuration(least) &&
    milliseconds <= parseDuration(most) &&
    milliseconds % 1000 === 0
  );
}
