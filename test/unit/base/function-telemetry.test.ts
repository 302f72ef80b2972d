import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** What the functions' telemetry writes, line by line: first standard output, then standard error. Lambda logs both. */
function linesOf(code: string, detectorMetrics = false): Record<string, unknown>[] {
  const adapter = new URL('../../../functions/telemetry.ts', import.meta.url).href;
  const script = `import { createTelemetry } from ${JSON.stringify(adapter)}; const telemetry = createTelemetry({ service: 'svc', detectorMetrics: ${detectorMetrics} }); ${code}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Of two detectors, written once. */
const COUNTS = `
  telemetry.count('RowsScored', 5, { detector: 'a' });
  telemetry.count('RowsScored', 7, { detector: 'a' });
  telemetry.count('LateRows', 1, { detector: 'a' });
  telemetry.count('RowsScored', 3, { detector: 'b' });
  telemetry.count('DetectorsFailed', 1, { detector: 'a' });
  telemetry.count('DetectorsFailed', 1, { detector: 'c' });
  telemetry.flush();
  telemetry.flush();
`;

interface Blob {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly string[][];
    readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
  }[];
}

const isBlob = (line: Record<string, unknown>): boolean => '_aws' in line;

test('what no alarm watches costs nothing: it is a line of the log that names its detector', () => {
  const lines = linesOf(COUNTS).filter((line) => !isBlob(line));
  assert.deepEqual(
    lines.map(({ level, message, detector, RowsScored, LateRows, DetectorsFailed }) => [
      level,
      message,
      detector,
      RowsScored,
      LateRows,
      DetectorsFailed,
    ]),
    [
      ['INFO', 'counts', 'a', 12, 1, undefined],
      ['INFO', 'counts', 'b', 3, undefined, undefined],
    ],
  );
});

test('what alarms watch is a metric in the one dimension that they read, and names its detector in the log', () => {
  const lines = linesOf(COUNTS).filter(isBlob);
  assert.deepEqual(
    lines.map(({ service, detector, DetectorsFailed, RowsScored }) => [
      service,
      detector,
      DetectorsFailed,
      RowsScored,
    ]),
    [
      ['svc', 'a', 1, undefined],
      ['svc', 'c', 1, undefined],
    ],
  );
  for (const { _aws } of lines) {
    const [{ Namespace, Dimensions, Metrics } = assert.fail()] = (_aws as Blob).CloudWatchMetrics;
    assert.deepEqual(Namespace, 'Tidewatch');
    assert.deepEqual(Dimensions, [['service']]);
    assert.deepEqual(Metrics, [{ Name: 'DetectorsFailed', Unit: 'Count' }]);
  }
});

test('what was counted is there as a whole for the line of the run, and once', () => {
  const lines = linesOf(`${COUNTS}
    telemetry.info('run', telemetry.takeTotals());
    telemetry.info('again', telemetry.takeTotals());
  `).filter(({ message }) => message === 'run' || message === 'again');
  assert.deepEqual(
    lines.map(({ message, RowsScored, LateRows, DetectorsFailed }) => [
      message,
      RowsScored,
      LateRows,
      DetectorsFailed,
    ]),
    [
      ['run', 15, 1, 2],
      ['again', undefined, undefined, undefined],
    ],
  );
});

test('where detectors have metrics of their own, counts carry the dimension sets that alarms and dashboards read', () => {
  const lines = linesOf(COUNTS, true);
  assert.equal(lines.length, 3);
  assert.ok(lines.every(isBlob));
  const [a, b] = lines as [Record<string, unknown>, Record<string, unknown>];
  assert.deepEqual([a.service, a.detector, a.RowsScored, a.LateRows], ['svc', 'a', 12, 1]);
  assert.deepEqual([b.service, b.detector, b.RowsScored, b.LateRows], ['svc', 'b', 3, undefined]);
  const { CloudWatchMetrics } = a._aws as Blob;
  assert.equal(CloudWatchMetrics[0]!.Namespace, 'Tidewatch');
  assert.deepEqual(CloudWatchMetrics[0]!.Dimensions.map((set) => set.toSorted().join()).toSorted(), [
    'detector,service',
    'service',
  ]);
  assert.deepEqual(CloudWatchMetrics[0]!.Metrics, [
    { Name: 'RowsScored', Unit: 'Count' },
    { Name: 'LateRows', Unit: 'Count' },
    { Name: 'DetectorsFailed', Unit: 'Count' },
  ]);
});

test('log lines carry the id of what they are about, and of their invocation', () => {
  const correlation = new URL('../../../lib/base/correlation.ts', import.meta.url).href;
  const lines = linesOf(`
    const { inInvocation, correlateTo } = await import(${JSON.stringify(correlation)});
    await inInvocation('r1', async () => {
      telemetry.info('begins');
      correlateTo('shop@20261121T063000Z');
      telemetry.warn('goes on', { detector: 'shop' });
      telemetry.error('of another', { correlationId: 'cart@20261121T063000Z' });
    });
  `);
  assert.deepEqual(
    lines.map(({ message, correlationId, requestId }) => [message, correlationId, requestId]).sort(),
    [
      ['begins', 'r1', 'r1'],
      ['goes on', 'shop@20261121T063000Z', 'r1'],
      ['of another', 'cart@20261121T063000Z', 'r1'],
    ],
  );
});

test('log lines are JSON with the level, the message and its fields', () => {
  const lines = linesOf(`
    telemetry.info('trained', { detector: 'a', rows: 3 });
    telemetry.error('object quarantined', { key: 'windows/x', code: 'no-time' });
  `);
  assert.deepEqual(
    lines.map(({ level, message, service, detector, rows, key, code }) => ({
      level,
      message,
      service,
      detector,
      rows,
      key,
      code,
    })),
    [
      {
        level: 'INFO',
        message: 'trained',
        service: 'svc',
        detector: 'a',
        rows: 3,
        key: undefined,
        code: undefined,
      },
      {
        level: 'ERROR',
        message: 'object quarantined',
        service: 'svc',
        detector: undefined,
        rows: undefined,
        key: 'windows/x',
        code: 'no-time',
      },
    ],
  );
});

test('shards are counted as their detector, and named beside it in the log', () => {
  const lines = linesOf(
    `telemetry.count('RowsScored', 5, { detector: 'a/shard=1-of-2' });
    telemetry.count('RowsScored', 7, { detector: 'a/shard=2-of-2' });
    telemetry.info('scored', { detector: 'a/shard=2-of-2', rows: 7 });
    telemetry.info('scored', { detector: 'a' });
    telemetry.flush();`,
    true,
  );
  assert.deepEqual(
    lines.map(({ detector, shard, RowsScored }) => [detector, shard, RowsScored]),
    [
      ['a', '2-of-2', undefined],
      ['a', undefined, undefined],
      ['a', undefined, 12],
    ],
  );
});
