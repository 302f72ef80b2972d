import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detector } from '../../../lib/config/detector.ts';
import { manifestHash, parseManifest } from '../../../lib/config/manifest.ts';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';
import { KUBERNETES_LABEL_METRICS } from '../../../lib/config/presets/kubernetes-labels.ts';
import { columnsOf } from '../../../lib/labels/expression.ts';
import { parseCondition } from '../../../lib/labels/parse.ts';

function parse(spec: string): Detector {
  return parseManifest(`kind: AnomalyDetector\nmetadata: { name: shop }\nspec:\n${spec}`, {
    source: 'shop.yml',
  });
}

const TWO_METRICS = '  metrics: [{ name: cpu, query: a }, { name: oom_killed, query: b }]\n';

test('criteria over metrics, and columns that serve them alone', () => {
  const detector = parse(
    `${TWO_METRICS}  labels: [{ name: oom, when: oom_killed > 0 }]\n  label_columns: [oom_killed]\n`,
  );
  assert.deepEqual(detector.labels, {
    criteria: [{ name: 'oom', when: 'oom_killed > 0' }],
    columns: ['oom_killed'],
  });
  assert.equal(detector.metrics.length, 2);
});

test('files may bring columns that nobody knows yet', () => {
  const { labels } = parse(
    '  labels: [{ name: hot, when: "`core temp °C` > 90" }]\n  label_columns: [alarm]\n',
  );
  assert.deepEqual(labels.columns, ['alarm']);
});

test('the preset brings its metrics, keeps them from the model, and reads no others', () => {
  const detector = parse('  preset: kubernetes\n  labels: kubernetes\n');
  const names = detector.metrics.map(({ name }) => name);
  assert.equal(names.length, KUBERNETES.metrics.length + KUBERNETES_LABEL_METRICS.length);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    detector.labels.columns,
    KUBERNETES_LABEL_METRICS.map(({ name }) => name),
  );
  const read = new Set<string>();
  for (const { when } of detector.labels.criteria)
    for (const column of columnsOf(parseCondition(when)).keys()) read.add(column);
  for (const column of read) assert.ok(names.includes(column), column);
  // None is queried for nothing.
  for (const column of detector.labels.columns) assert.ok(read.has(column), column);
  assert.equal(parse('  preset: kubernetes\n').metrics.length, 16);
});

test('the hash of a manifest without labels is the one that it had before there were any', () => {
  const plain = parse(TWO_METRICS);
  assert.equal(manifestHash(plain), manifestHash({ ...plain, labels: { criteria: [], columns: [] } }));
  assert.notEqual(
    manifestHash(plain),
    manifestHash({ ...plain, labels: { criteria: [{ name: 'a', when: 'cpu > 1' }], columns: [] } }),
  );
});

test('each mistake is told with its place', () => {
  const cases: [spec: string, message: string][] = [
    [
      'labels: kubernets',
      'spec.labels (line 5) must be kubernetes, or a list of {name, when}, not "kubernets"',
    ],
    ['labels: []', 'spec.labels (line 5) must have at least one criterion'],
    ['labels: kubernetes', 'spec.labels (line 5) is kubernetes, which goes with preset: kubernetes'],
    [
      'labels: [{ name: a, wen: cpu > 1 }]',
      'spec.labels[0].wen (line 5) is no field of a manifest; did you mean when?',
    ],
    [
      'labels: [{ name: A b, when: cpu > 1 }]',
      'spec.labels[0].name (line 5) must be a name of lower-case letters',
    ],
    [
      'labels: [{ name: a, when: cpuu > 1 }]',
      'spec.labels[0].when (line 5) "cpuu > 1": at character 1, cpuu is none of the metrics; did you mean cpu?',
    ],
    [
      'labels: [{ name: a, when: cpu > }]',
      'spec.labels[0].when (line 5) "cpu >": at its end, something is missing',
    ],
    [
      'labels: [{ name: a, when: cpu > 1 }, { name: a, when: cpu > 2 }]',
      'spec.labels[1].name (line 5) is a, as is labels[0].name',
    ],
    [
      'label_columns: [cpu]',
      'spec.label_columns (line 5) has cpu, but there are no labels for them to serve',
    ],
    [
      'labels: [{ name: a, when: cpu > 1 }]\n  label_columns: [oom, oom_killed, oom_killed]',
      'label_columns[2] (line 6) is oom_killed once more',
    ],
    [
      'labels: [{ name: a, when: cpu > 1 }]\n  label_columns: [cpu, oom_killed]',
      'spec.label_columns (line 6) has every metric',
    ],
  ];
  for (const [spec, message] of cases)
    assert.throws(
      () => parse(`${TWO_METRICS}  ${spec}\n`),
      (error: unknown) => {
        assert.ok(error instanceof Error);
        assert.ok(error.message.includes(message), error.message);
        return true;
      },
    );
});
