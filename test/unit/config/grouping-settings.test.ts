import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { readSettings } from '../../../lib/config/settings.ts';

test('nobody has to set how anomalies become incidents', () => {
  const blank = { TIDEWATCH_GROUP_BY: '', TIDEWATCH_GROUP_WAIT: ' ', TIDEWATCH_DIGEST_AT: '' };
  assert.deepEqual(readSettings(blank, ['grouping']).grouping, DEFAULT_GROUPING);
});

test('what is set is taken', () => {
  const { grouping } = readSettings(
    {
      TIDEWATCH_GROUP_BY: 'none',
      TIDEWATCH_GROUP_WAIT: '0s',
      TIDEWATCH_GROUP_INTERVAL: '1m30s',
      TIDEWATCH_REPEAT_INTERVAL: '1d',
      TIDEWATCH_INCIDENTS_A_DAY: '3',
      TIDEWATCH_DIGEST_AT: '23:59',
    },
    ['grouping'],
  );
  assert.deepEqual(grouping, {
    groupBy: [],
    groupWait: 0,
    groupInterval: 90_000,
    repeatInterval: 86_400_000,
    incidentsADay: 3,
    digestAt: 86_340_000,
  });
});

test('what cannot be used is named, all of it, with what it may be', () => {
  const env = {
    TIDEWATCH_GROUP_BY: 'detector,team',
    TIDEWATCH_GROUP_WAIT: '2h',
    TIDEWATCH_GROUP_INTERVAL: 'soon',
    TIDEWATCH_REPEAT_INTERVAL: '1s',
    TIDEWATCH_INCIDENTS_A_DAY: '0',
    TIDEWATCH_DIGEST_AT: '8:00',
  };
  assert.throws(
    () => readSettings(env, ['grouping']),
    (error: Error) =>
      Object.entries(env).every(([name, value]) => error.message.includes(`${name} is "${value}"`)),
  );
});
