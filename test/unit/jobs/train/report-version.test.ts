import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportVersion, type TrainedVersion } from '../../../../lib/jobs/train/report-version.ts';
import { NOTHING_TO_SAY } from '../../../../lib/models/framework/contract.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { makeInput } from '../../report/report-input.ts';

test('a report that cannot be made is told and counted, and gives no files', async () => {
  const input = makeInput();
  const trained = {
    manifest: { ...input.version, manifestHash: 'h' },
    prepared: { window: input.window, availability: input.availability },
    metrics: [],
    labelledBy: {},
    fitted: { scaler: input.scaler, model: { summary: NOTHING_TO_SAY } },
    scores: input.scores.map((score, row) => (row === 7 ? Infinity : score)),
    deviations: input.deviations,
    notes: [],
  } as unknown as TrainedVersion;
  const telemetry = createMemoryTelemetry();
  assert.deepEqual(await reportVersion(trained, { telemetry }), {});
  assert.equal(telemetry.total('ReportsFailed', 'shop'), 1);
  const [line] = telemetry.lines;
  assert.equal(line?.level, 'error');
  assert.equal(line?.fields['version'], input.version.version);
  assert.match(String(line?.fields['error']), /row 7 has the score Infinity/);
});
