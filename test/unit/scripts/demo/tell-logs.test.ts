import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayOfLog } from '../../../../scripts/demo/tell-logs.ts';

const KEY = 'windows/detector=mine/a.csv';

function say(line: object): string | undefined {
  return sayOfLog(JSON.stringify({ level: 'INFO', timestamp: 'now', detector: 'mine', ...line }));
}

test('who watches hears what became of a dropped file', () => {
  assert.equal(
    say({ message: 'window scored', key: KEY, rows: 30, anomalousRows: 2 }),
    `scored ${KEY}: 30 rows, 2 anomalous`,
  );
  assert.equal(
    say({ message: 'learning', rows: 30, warmup: '1440 rows' }),
    'mine is learning: 30 rows of 1440 rows',
  );
  assert.equal(
    say({ message: 'model trained', rows: 1500, version: 'v' }),
    'mine has a model of 1500 rows: v',
  );
});

test('a file that is set aside is told with its reason, and named once', () => {
  const line = { level: 'ERROR', message: 'object quarantined', key: KEY };
  assert.equal(
    say({ ...line, reason: `${KEY} has no time column` }),
    `set aside in quarantine/: ${KEY} has no time column`,
  );
  assert.equal(say({ ...line, reason: 'it is empty' }), `set aside in quarantine/: ${KEY}: it is empty`);
});

test('warnings and errors are told, what runs by itself is not', () => {
  assert.equal(say({ level: 'WARN', message: 'a gap' }), 'note: mine: a gap');
  assert.equal(
    say({ level: 'ERROR', message: 'training failed', error: 'ModelError: no rows' }),
    'error: mine: training failed: ModelError: no rows',
  );
  assert.equal(say({ message: 'alert published' }), undefined);
  assert.equal(sayOfLog('REPORT RequestId: 1'), undefined);
  assert.equal(sayOfLog('{"_aws": {}}'), undefined);
  assert.equal(sayOfLog('{no JSON'), undefined);
});
