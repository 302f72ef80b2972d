import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { manifestJsonSchema } from '../../../lib/config/manifest-schema.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TEXT = readFileSync(join(ROOT, 'schema/anomaly-detector.schema.json'), 'utf8');
const FULL = parse(readFileSync(join(ROOT, 'examples/payment.yml'), 'utf8')) as Record<string, unknown>;

test('the committed JSON Schema is the one that the code has', () => {
  assert.equal(TEXT, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`, 'run node scripts/make-schema.ts');
});

test('an independent validator takes the examples', () => {
  const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false }).compile(
    JSON.parse(TEXT),
  );
  const files = globSync(join(ROOT, 'examples/*.yml'));
  assert.ok(files.length >= 4);
  for (const file of files) {
    validate(parse(readFileSync(file, 'utf8')));
    assert.deepEqual(validate.errors, null, file);
  }
});

test('an independent validator refuses typos, bad values and two sources of metrics', () => {
  const validate = new Ajv({ strict: true, strictRequired: false }).compile(JSON.parse(TEXT));
  const wrong: [path: string[], value: unknown][] = [
    [['knd'], 'AnomalyDetector'],
    [['kind'], 'Anomaly'],
    [['kind'], undefined],
    [['apiVersion'], 2],
    [['apiVersion'], ''],
    [['metadata', 'namespace'], 3],
    [['metadata', 'annotations'], { team: 1 }],
    [['metadata', 'name'], 'a b'],
    [['metadata', 'name'], undefined],
    [['metadata', 'labels'], { team: 1 }],
    [['spec', 'detection_windw'], '15m'],
    [['spec', 'detection_window'], '15 minutes'],
    [['spec', 'detection_window'], 15],
    [['spec', 'step'], ''],
    [['spec', 'backfill'], 5],
    [['spec', 'alert_severity'], 'fatal'],
    [['spec', 'entity'], ['a-b']],
    [['spec', 'metrics'], []],
    [['spec', 'metrics'], [{ name: 'a', querry: 'up' }]],
    [['spec', 'preset'], 'kubernetes'],
    [['spec', 'prometheus_query'], 'up'],
    [['spec', 'model', 'kind'], 'perceptron'],
    [['spec', 'model', 'seed'], 1.5],
    [['spec', 'threshold', 'percentile'], 100],
    [['spec', 'threshold', 'k'], 0],
    [['spec', 'gaps', 'interpolate'], -1],
    [['spec', 'training', 'warm_up'], 5],
    [['spec', 'scaler'], 'log'],
    [['spec', 'features'], { columns: [] }],
    [['spec', 'features'], { columns: [{ apply: ['log'] }] }],
    [['spec', 'features'], { columns: [{ metrics: 'cpu' }] }],
    [['spec', 'features'], { columns: [{ metrics: 'all', calendar: 'hour_of_day' }] }],
    [['spec', 'features'], { columns: [{ calendar: 'hour_of_day', apply: ['log'] }] }],
    [['spec', 'features'], { columns: [{ metrics: 'all', apply: ['mean15m'] }] }],
  ];
  assert.equal(validate(FULL), true);
  for (const [path, value] of wrong)
    assert.equal(
      validate(withValue(FULL, path, value)),
      false,
      `${path.join('.')}: ${JSON.stringify(value)}`,
    );
  assert.equal(validate(withValue(FULL, ['spec', 'backfill'], 0)), true);
  assert.equal(validate(withValue(FULL, ['apiVersion'], 'monitoring.example.com/v1alpha1')), true);
});

function withValue(target: Record<string, unknown>, [first, ...rest]: string[], value: unknown): unknown {
  const key = first ?? '';
  const inner = rest.length > 0 ? withValue(target[key] as Record<string, unknown>, rest, value) : value;
  const copy = { ...target, [key]: inner };
  if (inner === undefined) delete copy[key];
  return copy;
}
