/** A detector's manifest: YAML as people write it in, a checked `Detector` out. */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../base/duration.ts';
import { ManifestError } from '../base/errors.ts';
import { readDailyTime } from './daily-time.ts';
import { DEFAULT_SILENCE, DEFAULT_WARMUP, DEFAULTS } from './defaults.ts';
import type { Detector, Warmup } from './detector.ts';
import { metricNameOf } from './detector-name.ts';
import { parseFalseAlarms } from './false-alarm-budget.ts';
import { toFeatureSettings } from './feature-schema.ts';
import { DEFAULT_FEATURES } from './feature-settings.ts';
import { toLabelSettings } from './label-schema.ts';
import { DEFAULT_LABELS } from './label-settings.ts';
import { dependsOn, findContradictions, PERCENTILE_SETTINGS } from './manifest-contradictions.ts';
import { describeIssues, type Problem, withoutFields } from './manifest-problems.ts';
import { type Manifest, manifestSchema } from './manifest-schema.ts';
import { readYaml } from './manifest-yaml.ts';
import { defaultPercentile } from './percentile.ts';
import { LABEL_PRESETS } from './presets/label-presets.ts';
import { PRESETS } from './presets/presets.ts';
import type { SilenceKind, SilenceSettings } from './silence-settings.ts';

/** Problems that one message lists. */
const MOST_PROBLEMS = 50;

/**
 * @param from.source the file or key, for messages
 * @throws ManifestError that lists everything that is wrong, each with its path, value and what is allowed
 */
export function parseManifest(text: string, from: { readonly source: string }): Detector {
  const checked = checkManifest(text, from);
  if (checked.detector === undefined) throw checked.refuse();
  return checked.detector;
}

export interface CheckedManifest {
  /** Undefined where there are problems. */
  readonly detector: Detector | undefined;
  /** As it is written, of JSON's types. */
  readonly value: unknown;
  readonly problems: readonly Problem[];
  /** The error that lists its problems, and those that somebody else found. */
  refuse(more?: readonly Problem[]): ManifestError;
}

/** @throws ManifestError where the text is no YAML that could be looked at */
export function checkManifest(text: string, from: { readonly source: string }): CheckedManifest {
  const { source } = from;
  const yaml = readYaml(text);
  if (!yaml.ok) throw refuse(source, yaml.problems, yaml.cause);
  const { value, lineOf } = yaml;
  const result = manifestSchema.safeParse(value);
  const problems = result.success
    ? findContradictions(result.data)
    : withContradictions(describeIssues(result.error, value), value);
  return {
    detector: result.success && problems.length === 0 ? toDetector(result.data) : undefined,
    value,
    problems,
    refuse: (more = []) =>
      refuse(
        source,
        // Finding a line costs as much as the manifest is long: not for more than are shown.
        [...problems, ...more].map((problem, i) =>
          i < MOST_PROBLEMS ? formatProblem(problem, lineOf(problem.path)) : '',
        ),
      ),
  };
}

/** Beside fields that are wrong, what contradicts itself among those that are right. */
function withContradictions(problems: readonly Problem[], value: unknown): readonly Problem[] {
  const sound = manifestSchema.safeParse(withoutFields(value, problems));
  if (!sound.success) return problems;
  const faulty = new Set(problems.map(({ path }) => String(path[0] === 'spec' ? path[1] : path[0])));
  const isKnown = ({ path }: Problem): boolean => !dependsOn(path).some((field) => faulty.has(field));
  return [...problems, ...findContradictions(sound.data).filter(isKnown)];
}

/**
 * Of the settings, defaults included: the same for the same settings however the file is written. Lower-case hex.
 * Settings that came after the first windows were written count only where they are not the default, so that the hash
 * in those windows stays the one of their manifest.
 */
export function manifestHash({
  features,
  scaler,
  labels,
  silence,
  outputs,
  // They say when somebody is told and what besides, or where it is kept, and nothing of what is exported or learned.
  expectEvery: _,
  metadata: __,
  shards: ___,
  shard: ____,
  digest: _____,
  ...detector
}: Detector): string {
  const hashed = {
    ...detector,
    threshold: hashedThreshold(detector.threshold),
    ...(!isDeepStrictEqual(features, DEFAULT_FEATURES) && { features }),
    ...(scaler !== DEFAULTS.scaler && { scaler }),
    ...(!isDeepStrictEqual(labels, DEFAULT_LABELS) && { labels }),
    ...(!isDeepStrictEqual(silence, DEFAULT_SILENCE) && { silence }),
    ...(outputs.expected !== DEFAULTS.writesExpected && { outputs }),
    training: hashedTraining(detector.training),
  };
  const canonical = JSON.stringify(hashed, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(canonical).digest('hex');
}

function hashedTraining({ incidents, ...training }: Detector['training']): object {
  return {
    ...training,
    ...(isDeepStrictEqual(training.warmup, DEFAULT_WARMUP) && { warmup: DEFAULTS.warmup }),
    ...(incidents !== DEFAULTS.trainOnIncidents && { incidents }),
  };
}

/** A percentile is older than the rule of evidence, whose settings have no part in it. */
function hashedThreshold(threshold: Detector['threshold']): Partial<Detector['threshold']> {
  if (threshold.rule === 'evidence') return threshold;
  const { percentile, minDeviation, k, n, resolveAfter } = threshold;
  return { percentile, minDeviation, k, n, resolveAfter };
}

function toDetector({ metadata, spec }: Manifest): Detector {
  const preset = spec.preset === undefined ? undefined : PRESETS[spec.preset];
  const single =
    spec.prometheus_query === undefined
      ? undefined
      : [{ name: metricNameOf(metadata.name), query: spec.prometheus_query }];
  const presetMetrics = [
    ...(preset?.metrics ?? []),
    ...(typeof spec.labels === 'string' ? LABEL_PRESETS[spec.labels].metrics : []),
  ];
  const metrics = single ?? spec.metrics ?? presetMetrics.map(({ name, query }) => ({ name, query }));
  const step = spec.step ?? (metrics.length > 0 ? DEFAULTS.step : undefined);
  return {
    name: metadata.name,
    declared: true,
    targetService: spec.target_service,
    ...(spec.depends_on !== undefined && { dependsOn: spec.depends_on }),
    ...toMetadata(metadata),
    ...(spec.source !== undefined && { source: spec.source }),
    metrics,
    entityLabels: preset?.entity ?? spec.entity ?? [],
    step: step === undefined ? undefined : parseDuration(step),
    detectionWindow: parseDuration(spec.detection_window),
    schedule: parseDuration(spec.schedule ?? spec.detection_window),
    ingestDelay: parseDuration(String(spec.ingest_delay)),
    ...toExpectEvery(spec.expect_every),
    backfill: parseDuration(String(spec.backfill)),
    ...(spec.shards !== undefined && { shards: spec.shards }),
    alertSeverity: spec.alert_severity,
    ...toDigest(spec.alerts?.digest),
    modelVersion: spec.model_version,
    model: toModelSettings(spec.model),
    features: toFeatureSettings(spec.features),
    scaler: spec.scaler,
    labels: toLabelSettings(spec),
    training: {
      warmup: toWarmup(spec.training.warmup),
      lookback: parseDuration(spec.training.lookback),
      every: parseDuration(spec.training.every),
      incidents: spec.training.incidents,
    },
    threshold: toThreshold(spec),
    gaps: { interpolateSteps: spec.gaps.interpolate },
    silence: toSilence(spec.silence),
    outputs: spec.outputs,
  };
}

/** Empty maps are as good as none. */
function toMetadata({ labels = {}, annotations = {} }: Manifest['metadata']): Pick<Detector, 'metadata'> {
  const metadata = {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  return Object.keys(metadata).length > 0 ? { metadata } : {};
}

function toExpectEvery(given: string | undefined): Pick<Detector, 'expectEvery'> {
  if (given === undefined) return {};
  return { expectEvery: given === 'never' ? given : parseDuration(given) };
}

function toDigest(given: string | undefined): Pick<Detector, 'digest'> {
  const digest = given === undefined ? undefined : readDailyTime(given);
  return digest === undefined ? {} : { digest };
}

/** What is not asked for is absent, as in manifests from before it could be: their hash stays. */
function toModelSettings({ fine_tune: fineTune, ...model }: Manifest['spec']['model']): Detector['model'] {
  return fineTune === undefined ? model : { ...model, fineTune };
}

function toThreshold({ threshold, model }: Manifest['spec']): Detector['threshold'] {
  const isPercentile = PERCENTILE_SETTINGS.some((name) => threshold[name] !== undefined);
  const byMetric = Object.entries(threshold.by_metric ?? {}).map(
    ([metric, own]) =>
      [
        metric,
        {
          ...(own.min_change !== undefined && {
            absolute: own.min_change.absolute,
            relative: own.min_change.relative,
          }),
          ...(own.direction !== undefined && { direction: own.direction }),
        },
      ] as const,
  );
  return {
    rule: isPercentile ? 'percentile' : 'evidence',
    falseAlarms: parseFalseAlarms(threshold.false_alarms ?? DEFAULTS.falseAlarms),
    settleAfter: parseDuration(threshold.settle_after),
    change: {
      absolute: threshold.min_change?.absolute,
      relative: threshold.min_change?.relative ?? DEFAULTS.minRelativeChange,
      direction: threshold.direction ?? 'both',
    },
    byMetric: Object.fromEntries(byMetric),
    percentile: threshold.percentile ?? defaultPercentile(model.kind),
    minDeviation: threshold.min_deviation ?? DEFAULTS.minDeviation,
    k: threshold.k ?? DEFAULTS.k,
    n: threshold.n ?? DEFAULTS.n,
    resolveAfter:
      threshold.resolve_after ?? (isPercentile ? DEFAULTS.resolveAfter : DEFAULTS.resolveAfterEvidence),
  };
}

function toSilence(given: Manifest['spec']['silence']): SilenceSettings {
  const after = (kind: SilenceKind): number | undefined => {
    const own = given[kind];
    return typeof own === 'object' ? parseDuration(own.after) : undefined;
  };
  return { entity: after('entity'), metric: after('metric'), source: after('source'), late: after('late') };
}

/** Time that is asked for needs no number of rows beside it. */
function toWarmup(given: Manifest['spec']['training']['warmup']): Warmup {
  if (given === undefined) return DEFAULT_WARMUP;
  return typeof given === 'number' ? given : { time: parseDuration(given), leastRows: 1 };
}

function formatProblem({ path, message }: Problem, line: number | undefined): string {
  const where = path.length > 0 ? formatPath(path) : 'the manifest';
  return `${where}${line === undefined ? '' : ` (line ${line})`} ${message}`;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      /^\d+$/.test(String(part))
        ? `${text}[${String(part)}]`
        : text === ''
          ? String(part)
          : `${text}.${String(part)}`,
    '',
  );
}

function refuse(source: string, problems: readonly string[], cause?: unknown): ManifestError {
  const [only] = problems;
  if (problems.length === 1) return new ManifestError('bad-manifest', `${source}: ${only}`, { cause });
  const shown = problems.slice(0, MOST_PROBLEMS);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return new ManifestError(
    'bad-manifest',
    `${source}: ${problems.length} problems\n  ${shown.join('\n  ')}`,
    { cause },
  );
}
