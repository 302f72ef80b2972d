import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { ManifestError } from '../../../lib/base/errors.ts';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import type { Detector } from '../../../lib/config/detector.ts';
import { manifestHash, parseManifest } from '../../../lib/config/manifest.ts';
import { MODEL_KINDS } from '../../../lib/config/model-kind.ts';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 86_400_000;
/** What a manifest without these settings has of them. */
const PERCENTILE_RULE = {
  rule: 'percentile',
  falseAlarms: { count: 1, per: 7 * DAY },
  settleAfter: 3 * 60 * MINUTE,
  change: { absolute: undefined, relative: 0.01, direction: 'both' },
  byMetric: {},
} as const;

/** Not the defaults, which may change. */
const FIXED: Detector = {
  name: 'a',
  declared: false,
  targetService: undefined,
  metrics: [{ name: 'up', query: 'up' }],
  entityLabels: ['pod'],
  step: MINUTE,
  detectionWindow: 15 * MINUTE,
  schedule: 15 * MINUTE,
  ingestDelay: MINUTE,
  backfill: DAY,
  alertSeverity: 'info',
  modelVersion: 'current',
  model: { kind: 'isolation-forest', params: { b: 1, a: 2 }, seed: 1 },
  features: { timeZone: 'UTC', columns: [{ kind: 'metrics', metrics: 'all', apply: [] }] },
  scaler: 'robust',
  labels: { criteria: [], columns: [] },
  training: { warmup: 1000, lookback: DAY, every: DAY, incidents: 'settled' },
  threshold: {
    ...PERCENTILE_RULE,
    percentile: 99.5,
    minDeviation: 3,
    k: 3,
    n: 5,
    resolveAfter: 10,
  },
  gaps: { interpolateSteps: 3 },
  silence: { entity: 15 * MINUTE, metric: 15 * MINUTE, source: 60 * MINUTE, late: undefined },
  outputs: { expected: false },
};

test('a manifest with everything set', () => {
  const detector = parse(`
apiVersion: tidewatch/v1
kind: AnomalyDetector
metadata: { name: payment-v2.1, labels: { team: shop } }
spec:
  target_service: payment
  depends_on: [database, ledger]
  metrics:
    - { name: cpu, query: 'sum by (pod) (rate(x[5m]))' }
    - { name: mem_bytes, query: y }
  detection_window: 1h
  alert_severity: critical
  model_version: 20261121T000000Z-0123456789ab
  entity: [namespace, pod]
  step: 30s
  schedule: 2h
  ingest_delay: 0
  backfill: 3w2d
  model: { kind: isolation-forest, params: { trees: 50, nested: { a: [1, null, x] } }, seed: 4294967295 }
  features:
    time_zone: Europe/Berlin
    columns:
      - { metrics: all }
      - { metrics: [mem_bytes, cpu], apply: [log, smooth 5m, vector 1h30m] }
      - { ratio: { of: cpu, to: mem_bytes }, apply: [relative_change 1d] }
      - { calendar: hour_of_day }
  scaler: standard
  labels:
    - { name: hot, when: cpu > 90% }
    - { name: leak, when: 'not missing(mem_bytes) and jump(mem_bytes, 6)' }
  label_columns: []
  training: { warmup: 20000, lookback: 30d, every: 12h }
  threshold: { percentile: 99.99, min_deviation: 0, k: 5, n: 5, resolve_after: 1 }
  gaps: { interpolate: 0 }
  silence: { entity: off, metric: { after: 30m }, source: false, late: { after: 1h } }
  outputs: { expected: true }
`);
  assert.deepEqual(detector, {
    name: 'payment-v2.1',
    declared: true,
    targetService: 'payment',
    metadata: { labels: { team: 'shop' } },
    dependsOn: ['database', 'ledger'],
    metrics: [
      { name: 'cpu', query: 'sum by (pod) (rate(x[5m]))' },
      { name: 'mem_bytes', query: 'y' },
    ],
    entityLabels: ['namespace', 'pod'],
    step: 30_000,
    detectionWindow: 60 * MINUTE,
    schedule: 120 * MINUTE,
    ingestDelay: 0,
    backfill: 23 * DAY,
    alertSeverity: 'critical',
    modelVersion: '20261121T000000Z-0123456789ab',
    model: {
      kind: 'isolation-forest',
      params: { trees: 50, nested: { a: [1, null, 'x'] } },
      seed: 4294967295,
    },
    features: {
      timeZone: 'Europe/Berlin',
      columns: [
        { kind: 'metrics', metrics: 'all', apply: [] },
        {
          kind: 'metrics',
          metrics: ['mem_bytes', 'cpu'],
          apply: [
            { kind: 'log' },
            { kind: 'smooth', over: 5 * MINUTE },
            { kind: 'vector', over: 90 * MINUTE },
          ],
        },
        { kind: 'ratio', of: 'cpu', to: 'mem_bytes', apply: [{ kind: 'relative_change', over: DAY }] },
        { kind: 'calendar', cycle: 'hour_of_day' },
      ],
    },
    scaler: 'standard',
    labels: {
      criteria: [
        { name: 'hot', when: 'cpu > 90%' },
        { name: 'leak', when: 'not missing(mem_bytes) and jump(mem_bytes, 6)' },
      ],
      columns: [],
    },
    training: { warmup: 20_000, lookback: 30 * DAY, every: DAY / 2, incidents: 'settled' },
    threshold: { ...PERCENTILE_RULE, percentile: 99.99, minDeviation: 0, k: 5, n: 5, resolveAfter: 1 },
    gaps: { interpolateSteps: 0 },
    silence: { entity: undefined, metric: 30 * MINUTE, source: undefined, late: 60 * MINUTE },
    outputs: { expected: true },
  } satisfies Detector);
});

test('what is left out takes the default', () => {
  const detector = parse(`
kind: AnomalyDetector
metadata: { name: 2-checkout.p99 }
spec: { prometheus_query: 'up', detection_window: 30m }
`);
  assert.deepEqual(detector, {
    ...defaultDetector('2-checkout.p99'),
    declared: true,
    metrics: [{ name: '_2_checkout_p99', query: 'up' }],
    step: MINUTE,
    detectionWindow: 30 * MINUTE,
    schedule: 30 * MINUTE,
  });
});

test('a kind of silence is off, or has the time after which it alerts', () => {
  const silenceOf = (text: string) =>
    parse(`kind: AnomalyDetector\nmetadata: {name: a}\nspec: {silence: ${text}}`).silence;
  const { silence } = defaultDetector('a');
  assert.deepEqual(silenceOf('{}'), silence);
  assert.deepEqual(silenceOf('{entity: off}'), { ...silence, entity: undefined });
  assert.deepEqual(silenceOf('{entity: false}'), { ...silence, entity: undefined });
  assert.deepEqual(silenceOf('{late: {after: 2h}}'), { ...silence, late: 120 * MINUTE });
  assert.match(
    refusal('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {silence: {entity: 15m, lates: off}}'),
    /spec\.silence\.entity .*must be off, or a map with after from 1m to 30d, such as \{after: 15m\}, not "15m"/,
  );
});

test('a manifest as it stands in Kubernetes is read: any apiVersion, a namespace, labels and annotations', () => {
  const detector = parse(`
apiVersion: monitoring.example.com/v1alpha1
kind: AnomalyDetector
metadata:
  name: a
  namespace: shop
  labels: { team: shop }
  annotations: { example.com/owner: "me" }
`);
  const metadata = { labels: { team: 'shop' }, annotations: { 'example.com/owner': 'me' } };
  assert.deepEqual(detector, { ...defaultDetector('a'), declared: true, metadata });
  assert.equal(
    refusal(
      'apiVersion: 1\nkind: AnomalyDetector\nmetadata: { name: a, namespace: 3, annotations: { n: 1 }, labels: x }',
    ),
    `detectors/x.yml: 4 problems
  apiVersion (line 1) must be text such as tidewatch/v1 or monitoring.example.com/v1alpha1, not 1
  metadata.namespace (line 3) must be a name of 1 to 256 characters, not 3
  metadata.labels (line 3) must be a map of strings, not "x"
  metadata.annotations.n (line 3) must be text, not 1`,
  );
});

test('shards are a whole number, no part of what the hash is of, and no metric beside them is called like one', () => {
  const of = (spec: string): string => `kind: AnomalyDetector\nmetadata: {name: a}\nspec: {${spec}}`;
  assert.equal(parse(of('shards: 4')).shards, 4);
  assert.equal(parse(of('')).shards, undefined);
  assert.equal(manifestHash(parse(of('shards: 4'))), manifestHash(parse(of(''))));
  for (const value of ['0', '65', '1.5', 'many'])
    assert.match(
      refusal(of(`shards: ${value}`)),
      /spec\.shards \(line 3\) must be a whole number from 1 to 64/,
    );
  const metrics = 'metrics: [{name: shard, query: up}]';
  assert.match(
    refusal(of(`shards: 4, ${metrics}`)),
    /spec\.shards \(line 3\) is 4 beside a metric that is called "shard", as the partition of a shard is/,
  );
  assert.equal(parse(of(`shards: 1, ${metrics}`)).shards, 1);
});

test('expect_every is a duration or never, and no part of what the hash is of', () => {
  const withExpected = (value: string): Detector =>
    parse(`kind: AnomalyDetector\nmetadata: {name: a}\nspec: {expect_every: ${value}}`);
  assert.equal(withExpected('1d').expectEvery, DAY);
  assert.equal(withExpected('never').expectEvery, 'never');
  assert.equal(manifestHash(withExpected('1d')), manifestHash({ ...defaultDetector('a'), declared: true }));
  assert.equal(
    refusal('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {expect_every: 30s}'),
    'detectors/x.yml: spec.expect_every (line 3) must be never or a duration from 1m to 400d in whole seconds, such as 15m, 1h30m, 7d or 30d, not "30s"',
  );
});

test('a digest has a time and a zone, and no part of what the hash is of', () => {
  const withDigest = (value: string): string =>
    `kind: AnomalyDetector\nmetadata: {name: a}\nspec:\n  alerts:\n    digest: ${value}\n`;
  assert.deepEqual(parse(withDigest('08:00 Europe/Berlin')).digest, {
    time: 8 * HOUR,
    timeZone: 'Europe/Berlin',
  });
  assert.deepEqual(parse(withDigest('"23:30"')).digest, { time: 23.5 * HOUR });
  assert.equal(
    manifestHash(parse(withDigest('08:00 Europe/Berlin'))),
    manifestHash({ ...defaultDetector('a'), declared: true }),
  );
  const empty = parse('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {alerts: {}}');
  assert.deepEqual(empty, { ...defaultDetector('a'), declared: true });
  for (const wrong of ['8:00', '08:00 Berlin', '480'])
    assert.match(
      refusal(withDigest(wrong)),
      /spec\.alerts\.digest \(line 5\) must be a time of day in quotes, such as "08:00" \(UTC\) or "08:00 Europe\/Berlin", not /,
    );
});

test('a detector without queries takes its step from the data', () => {
  const dropOnly = parse('kind: AnomalyDetector\nmetadata: {name: a}');
  assert.deepEqual(dropOnly, { ...defaultDetector('a'), declared: true });
  assert.equal(dropOnly.step, undefined);
  assert.equal(parse('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {step: 5m}').step, 5 * MINUTE);
});

test('the kubernetes preset brings its metrics and its entity', () => {
  const detector = parse('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {preset: kubernetes}');
  assert.deepEqual(detector.entityLabels, ['namespace']);
  assert.equal(detector.metrics.length, 16);
  assert.deepEqual(
    detector.metrics.map(({ name }) => name),
    KUBERNETES.metrics.map(({ name }) => name),
  );
});

test('every problem is told at once: path, line, value, what is allowed', () => {
  assert.equal(
    refusal(`kind: AnomalyDetectr
metadata: { name: "sh op", lables: {} }
spec:
  detection_windw: 3
  metrics:
    - { name: cpu, querry: up }
    - { name: 3, query: up }
  step: 15 minutes
  ingest_delay: 1500ms
  backfill: 5
  entity: [9th]
  model_version: 3
  threshold: { k: 9.5, min_deviation: .nan, percentile: 100 }
  model: { kind: lstn, seed: -1 }
  training: { warmup: 0 }
`),
    `detectors/x.yml: 18 problems
  kind (line 1) must be AnomalyDetector, not "AnomalyDetectr"; did you mean AnomalyDetector?
  metadata.name (line 2) must be a name of letters, digits, dots, dashes and underscores, at most 64, that starts with a letter or digit, not "sh op"
  metadata.lables (line 2) is no field of a manifest; did you mean labels?
  spec.metrics[0].query must be PromQL, at most 10000 characters, and is missing
  spec.metrics[0].querry (line 6) is no field of a manifest; did you mean query?
  spec.metrics[1].name (line 7) must be a metric name: letters, digits, _ and :, at most 128, not 3
  spec.model_version (line 12) must be current, or the version to stay at, not 3
  spec.entity[0] (line 11) must be a label name: letters, digits and _, not first a digit, not "9th"
  spec.step (line 8) must be a duration from 1s to 1d in whole seconds, such as 30s, 15m or 1h30m, not "15 minutes"
  spec.ingest_delay (line 9) must be 0 or a duration up to 1d in whole seconds, such as 30s, 15m or 1h30m, not "1500ms"
  spec.backfill (line 10) must be 0 or a duration up to 400d in whole seconds, such as 30s, 15m, 1h30m or 7d, not 5
  spec.model.kind (line 14) must be ${MODEL_KINDS.join(' or ')}, not "lstn"; did you mean lstm?
  spec.model.seed (line 14) must be a whole number from 0 to 4294967295, not -1
  spec.training.warmup (line 15) must be a whole number from 1 to 10000000, not 0
  spec.threshold.percentile (line 13) must be a number from 50 to 99.999, not 100
  spec.threshold.min_deviation (line 13) must be a number from 0 to 1000, not NaN
  spec.threshold.k (line 13) must be a whole number from 1 to 1000, not 9.5
  spec.detection_windw (line 4) is no field of a manifest; did you mean detection_window?`,
  );
});

test('an example of a duration is one that would be taken there', () => {
  const spec = (fields: string): string =>
    `kind: AnomalyDetector\nmetadata: { name: a }\nspec: { ${fields} }`;
  const FIELDS: readonly (readonly [string, (value: string) => string])[] = [
    ['step', (value) => `step: ${value}, detection_window: ${value}`],
    ['detection_window', (value) => `detection_window: ${value}`],
    ['schedule', (value) => `schedule: ${value}`],
    ['expect_every', (value) => `expect_every: ${value}`],
    ['ingest_delay', (value) => `ingest_delay: ${value}`],
    ['backfill', (value) => `backfill: ${value}`],
    ['lookback', (value) => `training: { lookback: ${value} }`],
    ['every', (value) => `training: { every: ${value} }`],
    ['settle_after', (value) => `threshold: { settle_after: ${value} }`],
  ];
  for (const [name, fill] of FIELDS) {
    const [, examples] = /such as ([^;]*?), not "never-ever"/.exec(refusal(spec(fill('never-ever')))) ?? [];
    const listed = examples?.split(/, | or /) ?? [];
    assert.ok(listed.length >= 3, `${name}: ${examples}`);
    for (const example of listed) assert.ok(parse(spec(fill(example))), `${name}: ${example}`);
  }
});

test('a percentile that is written as a share is questioned', () => {
  const told = (percentile: string): string =>
    refusal(
      `kind: AnomalyDetector\nmetadata: { name: a }\nspec: { threshold: { percentile: ${percentile} } }`,
    );
  assert.match(told('0.99'), /not 0\.99; percentiles are in percent: did you mean 99\?$/);
  assert.match(told('0.999'), /not 0\.999; percentiles are in percent: did you mean 99\.9\?$/);
  assert.match(told('0.2'), /from 50 to 99\.999, not 0\.2$/);
});

test('features that cannot be computed are told with what could', () => {
  assert.equal(
    refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics: [{ name: cpu_usage, query: up }, { name: cpu_limit, query: up }]
  scaler: minmx
  features:
    time_zone: Mars/Base
    columns:
      - { metrics: cpu_usage }
      - { metrics: [cpu_usage], apply: [mean] }
      - { metrics: [cpu_usage], apply: [mean 9d, mean 0s, averge 5m, log 5m] }
      - { calendar: month }
`),
    `detectors/x.yml: 9 problems
  spec.features.time_zone (line 7) must be the name of a time zone, such as Europe/Berlin, not "Mars/Base"
  spec.features.columns[0].metrics (line 9) must be all, or a list of metric names, not "cpu_usage"
  spec.features.columns[1].apply[0] (line 10) must be log, or one such as mean 15m or change 1h, up to 8d, not "mean"
  spec.features.columns[2].apply[0] (line 11) must be log, or one such as mean 15m or change 1h, up to 8d, not "mean 9d"
  spec.features.columns[2].apply[1] (line 11) must be log, or one such as mean 15m or change 1h, up to 8d, not "mean 0s"
  spec.features.columns[2].apply[2] (line 11) must be log, or one such as mean 15m or change 1h, up to 8d, not "averge 5m"
  spec.features.columns[2].apply[3] (line 11) must be log, or one such as mean 15m or change 1h, up to 8d, not "log 5m"
  spec.features.columns[3].calendar (line 12) must be hour_of_day or day_of_week, not "month"
  spec.scaler (line 5) must be robust or minmax or standard, not "minmx"; did you mean minmax?`,
  );
  assert.equal(
    refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics: [{ name: cpu_usage, query: up }, { name: cpu_limit, query: up }]
  features:
    columns:
      - { metrics: [cpu_usag] }
      - { metrics: all, apply: [mean 90s] }
      - { ratio: { of: cpu_usage, to: cpu_usage } }
      - { ratio: { of: disk, to: cpu_limit }, calendar: hour_of_day }
      - { calendar: hour_of_day, apply: [log] }
`),
    `detectors/x.yml: 6 problems
  spec.features.columns[0].metrics[0] (line 7) is "cpu_usag", which is no metric of the detector; did you mean cpu_usage?
  spec.features.columns[1].apply[0] (line 8) is "mean 90s", whose duration is not a multiple of step 1m
  spec.features.columns[2].ratio.to (line 9) is "cpu_usage", as is ratio.of
  spec.features.columns[3] (line 10) has ratio and calendar; give one of them
  spec.features.columns[3].ratio.of (line 10) is "disk", which is no metric of the detector; known are cpu_usage, cpu_limit
  spec.features.columns[4].apply (line 11) cannot be set beside calendar`,
  );
});

test('fields that contradict each other are told as such', () => {
  assert.equal(
    refusal(`kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics:
    - { name: a, query: up }
    - { name: A, query: up }
    - { name: time, query: up }
  preset: kubernetes
  step: 7m
  entity: [a, __name__, a]
  threshold: { k: 9, percentile: 99.95 }
`),
    `detectors/x.yml: 9 problems
  spec (line 4) has metrics and preset; give one of them, or none for a detector that is fed by dropped files
  spec.entity (line 10) cannot be set beside preset: kubernetes, whose entity is namespace
  spec.metrics[1].name (line 6) is "A", as is metrics[0].name but for case; SQL takes both for one column
  spec.metrics[2].name (line 7) is "time", which one of a window's own columns is called
  spec.entity (line 10) has "a" twice
  spec.entity (line 10) has "__name__", which names a metric and no entity; list several under metrics
  spec.detection_window is 15m, which is not a multiple of step 7m
  spec.threshold.k (line 11) is 9; at most n, which is 5
  spec.training.warmup is 1440 rows; threshold.percentile 99.95 needs at least 2000 to calibrate on`,
  );
});

test('fine-tuning starts from a version of another detector, and only where a model learns by steps', () => {
  const spec = (model: string): string =>
    `kind: AnomalyDetector\nmetadata: { name: shop }\nspec: { model: ${model} }`;
  assert.equal('fineTune' in parse(spec('{}')).model, false);
  assert.match(
    refusal(spec('{ kind: isolation-forest, fine_tune: { detector: cart } }')),
    /spec\.model\.fine_tune .*cannot be set beside kind: isolation-forest, .*; kinds that are: .*lstm/,
  );
  assert.match(
    refusal(spec('{ fine_tune: { version: 1, detecter: cart } }')),
    /spec\.model\.fine_tune\.detector must be the name of a detector, and is missing[\s\S]*fine_tune\.version .*must be current, or the version to start from, not 1[\s\S]*fine_tune\.detecter .*did you mean detector\?/,
  );
  assert.match(refusal(spec('{ fine_tune: cart }')), /fine_tune .*must be a map with detector/);
  assert.match(
    refusal(spec('{ fine_tune: { detector: shop } }')),
    /fine_tune\.detector .*is "shop", this very detector; name another, or a version to start from/,
  );
  assert.deepEqual(parse(spec('{ kind: lstm, fine_tune: { detector: cart } }')).model, {
    kind: 'lstm',
    params: {},
    seed: 1,
    fineTune: { detector: 'cart', version: 'current' },
  });
});

test('durations have bounds', () => {
  const refused: Record<string, string[]> = {
    step: ['0', '0s', '999ms', '25h', '300y', '15m\n'],
    detection_window: ['500ms', '2d'],
    schedule: ['30s', '32d'],
    ingest_delay: ['25h', '-1m'],
    backfill: ['401d', '1500ms'],
  };
  for (const [field, values] of Object.entries(refused))
    for (const value of values)
      assert.match(
        refusal(`kind: AnomalyDetector\nmetadata: {name: a}\nspec: {${field}: ${JSON.stringify(value)}}`),
        new RegExp(
          `^detectors/x.yml: spec.${field} .*duration.*, not ${JSON.stringify(value).replace('\\', '\\\\')}$`,
        ),
      );
});

test('a manifest of nothing but unknown fields is refused for what one message holds', () => {
  const fields = Array.from({ length: 60_000 }, (_, i) => `  k${i}: 1`).join('\n');
  const message = refusal(`kind: AnomalyDetector\nmetadata: { name: a }\nspec:\n${fields}`);
  assert.match(message, /^detectors\/x.yml: 600\d\d problems\n/);
  assert.match(message, /spec\.k3 \(line 7\) is no field of a manifest; (known here|did you mean)/);
  assert.ok(message.length < 50_000, `${message.length} characters`);
});

test('YAML that is not plain data is refused', () => {
  const cases: [string, RegExp][] = [
    ['', /^detectors\/x.yml: the manifest must be a map with kind, metadata and spec, not null$/],
    ['- a', /must be a map with kind, metadata and spec, not \["a"\]$/],
    [
      'kind: AnomalyDetector\nkind: AnomalyDetector',
      /no valid YAML: Map keys must be unique at line 2, column 1$/,
    ],
    [
      'kind: !!js/function "x"',
      /no valid YAML: Unresolved tag: tag:yaml.org,2002:js\/function at line 1, column 7$/,
    ],
    ['kind: !!binary aGk=', /Unresolved tag/],
    ['? [a]\n: 1', /all keys must be strings/],
    ['kind: a\n---\nkind: b', /several YAML documents; write one detector a file$/],
    ['a: [', /no valid YAML/],
    [`a: ${'['.repeat(50_000)}`, /no (valid|usable) YAML/],
    ['x'.repeat(1_000_001), /1000001 characters; a manifest has at most 1000000$/],
    [bomb(), /Excessive alias count/],
    ['kind: &k [a, *k]\n', /no usable YAML: \*k at line 1, column 14 lies within what it stands for/],
  ];
  for (const [text, message] of cases) {
    const refused = refusal(text);
    assert.match(refused, message, text.slice(0, 60));
    assert.ok(refused.length < 3000, `${refused.length} characters`);
  }
});

test('settings of a metric that there is not, and of the rule that is not asked for, are told', () => {
  const of = (threshold: string, metrics = 'metrics: [{ name: cpu_cores, query: cpu }]'): string =>
    `kind: AnomalyDetector\nmetadata: { name: shop }\nspec:\n  ${metrics}\n  threshold: ${threshold}\n`;
  assert.match(
    refusal(of('{ by_metric: { cpu_core: { direction: above } } }')),
    /spec\.threshold\.by_metric\.cpu_core.* is none of the metrics; did you mean cpu_cores\?/,
  );
  assert.match(
    refusal(of('{ percentile: 99, direction: above }')),
    /spec\.threshold\.direction.* is set beside percentile 99, whose rule has no use for it/,
  );
  assert.doesNotThrow(() => parse(of('{ by_metric: { cpu_cores: { direction: above } } }')));
  // Nobody knows the metrics of files that are yet to be dropped.
  assert.doesNotThrow(() => parse(of('{ by_metric: { anything: { direction: above } } }', 'step: 1m')));
});

test('keys of the prototype are unknown fields like others', () => {
  assert.match(
    refusal('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {__proto__: {step: 1m}, constructor: 1}'),
    /spec.__proto__ .*is no field[\s\S]*spec.constructor .*is no field/,
  );
});

test('the hash is of the settings, not of how they are written', () => {
  const one = 'kind: AnomalyDetector\nmetadata: {name: a}\nspec: {step: 60s, prometheus_query: up}';
  const other = `# a comment
spec:
  prometheus_query: up
  threshold: { resolve_after: 5, settle_after: 180m }
metadata: { name: a }
kind: AnomalyDetector`;
  const hash = manifestHash(parse(one));
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(manifestHash(parse(other)), hash);
  assert.notEqual(manifestHash(parse(other.replace('180m', '4h'))), hash);
  assert.notEqual(manifestHash(parse(other.replace('resolve_after: 5', 'k: 4'))), hash);

  // Windows and models in people's buckets carry it, so this value stays.
  assert.equal(manifestHash(FIXED), '89f4efaa63cfcc4a252b8a1ab6e99aea65681ef27508c5e146fbd140b85dfdf4');
  assert.notEqual(manifestHash({ ...FIXED, scaler: 'minmax' }), manifestHash(FIXED));
  const features = { ...FIXED.features, timeZone: 'Europe/Berlin' };
  assert.notEqual(manifestHash({ ...FIXED, features }), manifestHash(FIXED));
});

test('outputs count into the hash only where they are not the default', () => {
  const { outputs: _, ...before } = FIXED;
  assert.equal(manifestHash(FIXED), manifestHash({ ...before, outputs: { expected: false } }));
  assert.notEqual(manifestHash({ ...FIXED, outputs: { expected: true } }), manifestHash(FIXED));
  const { outputs } = parse(
    'kind: AnomalyDetector\nmetadata: {name: a}\nspec: {prometheus_query: up, outputs: {expected: true}}',
  );
  assert.deepEqual(outputs, { expected: true });
  assert.match(
    refusal(
      'kind: AnomalyDetector\nmetadata: {name: a}\nspec: {prometheus_query: up, outputs: {expected: 1}}',
    ),
    /spec\.outputs\.expected .*must be true or false/,
  );
});

test('what becomes of incidents in training counts into the hash only where it is not the default', () => {
  const withIncidents = (value: string): Detector =>
    parse(`kind: AnomalyDetector\nmetadata: {name: a}\nspec: {training: {incidents: ${value}}}`);
  const plain = manifestHash({ ...defaultDetector('a'), declared: true });
  assert.equal(manifestHash(withIncidents('settled')), plain);
  for (const value of ['exclude', 'include']) {
    assert.equal(withIncidents(value).training.incidents, value);
    assert.notEqual(manifestHash(withIncidents(value)), plain);
  }
  assert.match(
    refusal('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {training: {incidents: none}}'),
    /spec\.training\.incidents .*must be exclude or include or settled, not "none"/,
  );
});

test('each example is a manifest named like its file', () => {
  const files = globSync(join(import.meta.dirname, '../../../examples/*.yml'));
  assert.ok(files.length >= 4);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const name = basename(file, '.yml');
    assert.match(text, /^# yaml-language-server: \$schema=\.\.\/schema\/anomaly-detector\.schema\.json\n/);
    assert.equal(parseManifest(text, { source: file }).name, name);
  }
});

function parse(text: string): Detector {
  return parseManifest(text, { source: 'detectors/x.yml' });
}

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof ManifestError, String(error));
    assert.equal(error.code, 'bad-manifest');
    return error.message;
  }
  throw new Error(`was taken: ${text.slice(0, 200)}`);
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(`a${level}: &a${level} [${`*a${level - 1}, `.repeat(10)}]`);
  return lines.join('\n');
}

test('a network judges by a lower percentile than other kinds, unless the manifest says one', () => {
  const percentileOf = (spec: string): number =>
    parseManifest(`kind: AnomalyDetector\nmetadata: { name: d }\nspec: { ${spec} }\n`, { source: 'd.yml' })
      .threshold.percentile;
  assert.equal(percentileOf('model: { kind: pca }'), 99.9);
  assert.equal(percentileOf('model: { kind: lstm-autoencoder }'), 95);
  assert.equal(percentileOf('model: { kind: lstm }, threshold: { percentile: 99 }'), 99);
});
