import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../../lib/base/nearest-name.ts';
import { parseManifest } from '../../../lib/config/manifest.ts';

const KNOWN = ['detection_window', 'target_service', 'prometheus_query', 'step', 'k', 'n'];

test('the name that was probably meant', () => {
  const cases: [given: string, meant: string | undefined][] = [
    ['detection_windw', 'detection_window'],
    ['detectionWindow', 'detection_window'],
    ['detection-window', 'detection_window'],
    ['prom_query_str', undefined],
    ['detectionwin', 'detection_window'],
    ['service', undefined],
    ['steps', 'step'],
    ['colour', undefined],
  ];
  for (const [given, meant] of cases) assert.equal(nearestName(given, KNOWN), meant, given);
  assert.equal(nearestName('step', []), undefined);
  // Of a short name, two letters are most of it.
  for (const [given, name, isMeant] of [
    ['foo', 'from', false],
    ['x', 'k', false],
    ['xy', 'by', false],
    ['frm', 'from', true],
    ['fro', 'for', true],
    ['hrs', 'hours', true],
    ['K', 'k', true],
  ] as const)
    assert.equal(nearestName(given, [name]), isMeant ? name : undefined, given);
});

test('where nothing is near, the message lists what there is', () => {
  assert.throws(
    () =>
      parseManifest('kind: AnomalyDetector\nmetadata: {name: a}\nspec: {gaps: {colour: red}}', {
        source: 'x.yml',
      }),
    { message: 'x.yml: spec.gaps.colour (line 3) is no field of a manifest; known here: interpolate' },
  );
});

test('so it does inside of what may also be off, and of a map by names', () => {
  const refusal = (spec: string): string => {
    try {
      parseManifest(`kind: AnomalyDetector\nmetadata: {name: a}\nspec: {${spec}}`, { source: 'x.yml' });
    } catch (error) {
      return String(error);
    }
    return '';
  };
  assert.match(
    refusal('silence: {source: {after: 15m, colour: red}}'),
    /no field of a manifest; known here: after$/,
  );
  assert.match(
    refusal('threshold: {by_metric: {cpu: {colour: red}}}'),
    /no field of a manifest; known here: min_change, direction$/,
  );
  assert.match(
    refusal('threshold: {by_metric: {cpu: {min_change: {absolut: 1}}}}'),
    /cpu\.min_change\.absolut \(line 3\) is no field of a manifest; did you mean absolute\?$/,
  );
});
