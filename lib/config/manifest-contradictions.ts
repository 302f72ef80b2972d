/** What is wrong with a manifest although each of its fields is right. */

import { parseDuration } from '../base/duration.ts';
import { suggestName } from '../base/nearest-name.ts';
import { DEFAULTS } from './defaults.ts';
import { metricNameOf } from './detector-name.ts';
import { findFeatureProblems } from './feature-contradictions.ts';
import { findLabelProblems } from './label-contradictions.ts';
import type { Problem } from './manifest-problems.ts';
import { type Manifest, RESERVED_METRIC_NAMES } from './manifest-schema.ts';
import { KINDS_BY_STEPS, learnsBySteps } from './model-kind.ts';
import { defaultPercentile, ROWS_FOR_EVIDENCE, rowsForPercentile } from './percentile.ts';
import { PRESETS } from './presets/presets.ts';
import { SHARD_COLUMN } from './work-unit.ts';

/** Whoever sets one of them asks for the rule that they belong to. */
export const PERCENTILE_SETTINGS = ['percentile', 'min_deviation', 'k', 'n'] as const;

/** Settings of the other rule that have no default: whoever sets one expects it to count. */
const EVIDENCE_SETTINGS = ['min_change', 'direction', 'by_metric'] as const;

const SOURCES = ['metrics', 'prometheus_query', 'preset'];

/**
 * The fields, of `spec` or of the manifest, that a contradiction at this path may be about: where one of them is wrong by
 * itself, its default stands in for it and proves nothing.
 */
export function dependsOn(path: readonly PropertyKey[]): readonly string[] {
  const field = String(path[1] ?? '');
  switch (field) {
    case '':
    case 'entity':
    case 'metrics':
      return [...SOURCES, 'entity'];
    case 'shards':
      return [...SOURCES, 'metadata', field];
    case 'detection_window':
      return [...SOURCES, 'step', field];
    case 'labels':
    case 'label_columns':
      return [...SOURCES, 'metadata', 'labels', 'label_columns'];
    case 'features':
      return [...SOURCES, 'metadata', 'step', 'label_columns', field];
    default:
      return ['metadata', 'model', 'threshold', 'training', field];
  }
}

export function findContradictions({ metadata, spec }: Manifest): Problem[] {
  const problems: Problem[] = [];
  const complain = (path: readonly PropertyKey[], message: string): void => {
    problems.push({ path: ['spec', ...path], message });
  };

  const sources = (['prometheus_query', 'metrics', 'preset'] as const).filter(
    (name) => spec[name] !== undefined,
  );
  if (sources.length > 1)
    complain(
      [],
      `has ${sources.join(' and ')}; give one of them, or none for a detector that is fed by dropped files`,
    );
  if (spec.preset !== undefined && spec.entity !== undefined)
    complain(
      ['entity'],
      `cannot be set beside preset: ${spec.preset}, whose entity is ${PRESETS[spec.preset].entity.join(', ')}`,
    );

  const earlier = new Map<string, number>();
  for (const [index, { name }] of (spec.metrics ?? []).entries()) {
    const path = ['metrics', index, 'name'];
    const folded = name.toLowerCase();
    const first = earlier.get(folded);
    if (first === undefined) earlier.set(folded, index);
    else
      complain(
        path,
        `is ${JSON.stringify(name)}, as is metrics[${first}].name but for case; SQL takes both for one column`,
      );
    if (RESERVED_METRIC_NAMES.includes(folded))
      complain(path, `is ${JSON.stringify(name)}, which one of a window's own columns is called`);
  }
  const repeated = spec.entity?.find((label, index, all) => all.indexOf(label) !== index);
  if (repeated !== undefined) complain(['entity'], `has ${JSON.stringify(repeated)} twice`);
  if (spec.entity?.includes('__name__'))
    complain(['entity'], 'has "__name__", which names a metric and no entity; list several under metrics');

  const step = spec.step ?? (sources.length > 0 ? DEFAULTS.step : undefined);
  if (step !== undefined && parseDuration(spec.detection_window) % parseDuration(step) !== 0)
    complain(['detection_window'], `is ${spec.detection_window}, which is not a multiple of step ${step}`);
  const { k = DEFAULTS.k, n = DEFAULTS.n } = spec.threshold;
  if (k > n) complain(['threshold', 'k'], `is ${k}; at most n, which is ${n}`);
  const { percentile = defaultPercentile(spec.model.kind), false_alarms: budget } = spec.threshold;
  const asked = PERCENTILE_SETTINGS.filter((name) => spec.threshold[name] !== undefined);
  const [beside] = asked;
  if (budget !== undefined && beside !== undefined)
    complain(
      ['threshold', 'false_alarms'],
      `is ${JSON.stringify(budget)} beside ${beside} ${spec.threshold[beside]}; give one of them: either sets the threshold`,
    );
  for (const name of EVIDENCE_SETTINGS)
    if (beside !== undefined && spec.threshold[name] !== undefined)
      complain(
        ['threshold', name],
        `is set beside ${beside} ${spec.threshold[beside]}, whose rule has no use for it; take one of them away`,
      );
  const rows = asked.length > 0 ? rowsForPercentile(percentile) : ROWS_FOR_EVIDENCE;
  // What a time holds depends on the entities, so those rows are waited for.
  const { warmup = DEFAULTS.warmup } = spec.training;
  if (typeof warmup === 'number' && warmup < rows)
    complain(
      ['training', 'warmup'],
      `is ${warmup} rows; threshold.${asked.length > 0 ? `percentile ${percentile}` : `false_alarms ${budget ?? DEFAULTS.falseAlarms}`} needs at least ${rows} to calibrate on`,
    );
  const { kind, fine_tune: fineTune } = spec.model;
  if (fineTune !== undefined && !learnsBySteps(kind))
    complain(
      ['model', 'fine_tune'],
      `cannot be set beside kind: ${kind}, which is not trained by steps; kinds that are: ${KINDS_BY_STEPS.join(', ')}`,
    );
  if (fineTune?.detector === metadata.name && fineTune.version === 'current')
    complain(
      ['model', 'fine_tune', 'detector'],
      `is ${JSON.stringify(metadata.name)}, this very detector; name another, or a version to start from`,
    );
  const named = spec.metrics ?? (spec.preset === undefined ? undefined : PRESETS[spec.preset].metrics);
  const metrics =
    spec.prometheus_query === undefined ? named?.map(({ name }) => name) : [metricNameOf(metadata.name)];
  if ((spec.shards ?? 1) > 1 && metrics?.includes(SHARD_COLUMN))
    complain(
      ['shards'],
      `is ${spec.shards} beside a metric that is called ${JSON.stringify(SHARD_COLUMN)}, as the partition of a shard is; call one of them otherwise`,
    );
  for (const name of Object.keys(spec.threshold.by_metric ?? {}))
    if (metrics !== undefined && !metrics.includes(name))
      complain(['threshold', 'by_metric', name], `is none of the metrics; ${suggestName(name, metrics)}`);
  problems.push(...findLabelProblems(spec, metrics));
  if (spec.features !== undefined) {
    const forModel = metrics?.filter((name) => !spec.label_columns?.includes(name));
    problems.push(
      ...findFeatureProblems(spec.features, {
        metrics: forModel,
        step: step === undefined ? undefined : parseDuration(step),
      }),
    );
  }
  return problems;
}
