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
      TIDEWATCH_DIGEST_AT: '23:59 Europe/Berlin',
    },
    ['grouping'],
  );
  assert.deepEqual(grouping, {
    groupBy: [],
    groupWait: 0,
    groupInterval: 90_000,
    repeatInterval: 86_400_000,
    incidentsADay: 3,
    digestAt: { time: 86_340_000, timeZone: 'Europe/Berlin' },
  });
});

test('the digest goes out by the clocks of UTC, or of a zone behind the time', () => {
  const readDigestAt = (text: string): unknown =>
    readSettings({ TIDEWATCH_DIGEST_AT: text }, ['grouping']).grouping.digestAt;
  assert.deepEqual(readDigestAt('07:30'), { time: 27_000_000 });
  assert.deepEqual(readDigestAt('07:30 UTC'), { time: 27_000_000 });
  assert.deepEqual(readDigestAt('08:00 Asia/Kolkata'), { time: 28_800_000, timeZone: 'Asia/Kolkata' });
  for (const wrong of ['08:00 Berlin', '24:00', '08:00 Europe/Berlin daily', 'Europe/Berlin'])
    assert.throws(
      () => readDigestAt(wrong),
      (error: Error) =>
        error.message.includes(`TIDEWATCH_DIGEST_AT is "${wrong}"; a time of day such as 08:00`),
    );
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
