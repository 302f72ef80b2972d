import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProfile } from '../../../../../lib/models/compose/auto/describe-profile.ts';
import { profileTraining } from '../../../../../lib/models/compose/auto/profile-training.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';
import { DAY, DAY_ROWS, daily, halfHours, joinEntities, weekly } from './matrices.ts';

const RUN = { deadline: NO_DEADLINE };

test('each metric has its own nature', () => {
  const x = halfHours(14 * DAY_ROWS, [
    daily,
    (row) => row / 100,
    () => 0,
    (row) => (row % 20 === 0 ? 5 : 0),
    (row) => (row % 5 === 0 ? NaN : daily(row)),
  ]);
  for (let row = 0; row < x.times.length; row++) {
    x.values[5 * row + 2] = 7;
    if (row % 20 !== 0) x.values[5 * row + 3] = 0;
  }
  const profile = profileTraining(x, RUN);
  assert.equal(profile.entities, 1);
  assert.equal(profile.profiled, 5);
  assert.equal(profile.span, 14 * DAY - DAY / DAY_ROWS);
  const [sine, slope, constant, bursts, gaps] = profile.metrics;
  assert.deepEqual(sine, {
    name: 'm0',
    isMeasured: true,
    varies: true,
    isIntermittent: false,
    isDrifting: false,
    missing: 0,
  });
  assert.equal(slope!.isDrifting, true);
  assert.equal(constant!.varies, false);
  assert.equal(bursts!.isIntermittent, true);
  assert.ok(Math.abs(gaps!.missing - 0.2) < 0.01);
  // Of the four that vary, the two that follow the clock.
  const day = profile.seasons.find(({ period }) => period === DAY);
  assert.equal(day!.share, 0.5);
  assert.ok(day!.strength > 0.9);
});

test('a week is told from a day', () => {
  const { seasons } = profileTraining(halfHours(28 * DAY_ROWS, [weekly]), RUN);
  assert.deepEqual(
    seasons.map(({ period }) => period).toSorted((a, b) => a - b),
    [DAY, 7 * DAY],
  );
});

test('metrics that go together have a high correlation, those that do not a low one, one alone none', () => {
  const together = (columns: readonly ((row: number) => number)[]): number =>
    profileTraining(halfHours(500, columns), RUN).together;
  assert.ok(together([daily, (row) => 3 * daily(row), (row) => -daily(row)]) > 0.95);
  assert.ok(together([() => 0, () => 0, () => 0]) < 0.1);
  assert.ok(Number.isNaN(together([daily])));
});

test('a season holds of the share of series that have it', () => {
  const x = joinEntities(
    [0, 1, 2, 3].map((i) => halfHours(14 * DAY_ROWS, [i === 0 ? daily : (): number => 0], i + 1)),
  );
  const { seasons, entities } = profileTraining(x, RUN);
  assert.equal(entities, 4);
  assert.equal(seasons.find(({ period }) => period === DAY)!.share, 0.25);
});

test('labelled rows count as missing', () => {
  const x = halfHours(200, [() => 0]);
  const labels = new Uint8Array(200).fill(1, 100, 150);
  assert.equal(profileTraining(x, { ...RUN, labels }).metrics[0]!.missing, 0.25);
});

test('more series than need be looked at are taken evenly, and that is said', () => {
  const width = 300;
  const few = joinEntities(
    Array.from({ length: 20 }, (_, i) =>
      halfHours(
        60,
        Array.from({ length: width }, () => daily),
        i,
      ),
    ),
  );
  const profile = profileTraining(few, RUN);
  assert.equal(profile.series, 20 * width);
  assert.ok(profile.profiled <= 2000 && profile.profiled >= 1000, `${profile.profiled}`);
  assert.match(
    describeProfile(profile)[0]!,
    /6,000 series in all; [\d,]+ of them, evenly taken, were looked at/,
  );
});

test('what was found is said in whole sentences', () => {
  const notes = describeProfile(
    profileTraining(halfHours(28 * DAY_ROWS, [weekly, daily, (row) => row / 50]), RUN),
  );
  assert.equal(notes[0], 'The training has 1,344 rows of one entity over 28 days, 3 series in all.');
  assert.ok(
    notes.some((note) => /^Seasons, by periodogram and autocorrelation: 1d in 67 %/.test(note)),
    notes.join('\n'),
  );
  assert.ok(
    notes.some((note) => note.startsWith('m2 moved to another level')),
    notes.join('\n'),
  );
});
