/** What comes at the same hour of each day: by itself, and as people are told of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUsualAtThisHour, noteSpell, type Spell } from '../../../lib/decision/daily-spells.ts';
import { minute, STEP, stored } from './decide-rows.ts';
import { decideEvidence, type EvidenceRow, repeat, tell } from './evidence-rows.ts';

const DAY = 24 * 60;
const CPU = 'cpu above';
const TOLD = { step: STEP, isTold: true };

function spell(from: number, until = from + 20, level = 1.5, reason = CPU): Spell {
  return { reason, from: minute(from), until: minute(until), level };
}

/** @param day whole days before @param length rows */
function nightly({ day, level = 1.5, length = 20 }: { day: number; level?: number; length?: number }) {
  return { from: day * DAY, rows: repeat(length, { metrics: level, column: 0 }) };
}

/** Stretches with nothing before and behind them but an hour each of usual rows; what people are told of each. */
function live(stretches: readonly { readonly from: number; readonly rows: readonly EvidenceRow[] }[]) {
  let tracks = {};
  return stretches.map(({ from, rows }, at) => {
    const decided = decideEvidence([...rows, ...repeat(60)], { from, tracks, modelVersion: `v${at}` });
    tracks = stored(decided);
    return tell(decided).map((told) => told.split(' ')[0]);
  });
}

test('a stretch that comes at the same hour is told of on two days, whatever version judges', () => {
  const told = live([0, 1, 2, 3, 4].map((day) => nightly({ day })));
  assert.deepEqual(told, [['opened', 'resolved'], ['opened', 'resolved'], [], [], []]);
});

test('it is told of once it is twice as far off', () => {
  const told = live([{ day: 0 }, { day: 1 }, { day: 2, level: 2.9 }, { day: 3, level: 5.9 }].map(nightly));
  assert.deepEqual(told.slice(2), [[], ['opened', 'resolved']]);
});

test('it is told of once it lasts an hour longer than it did, from where it began', () => {
  const days = [0, 1, 2].map((day) => nightly({ day, length: day === 2 ? 100 : 20 }));
  let tracks = {};
  for (const { from, rows } of days.slice(0, 2))
    tracks = stored(decideEvidence([...rows, ...repeat(60)], { from, tracks }));
  const [opened] = decideEvidence(days[2]!.rows, { from: days[2]!.from, tracks }).transitions;
  assert.equal(opened?.start, minute(2 * DAY));
  assert.equal(opened?.lastAnomalous, minute(2 * DAY + 99));
  const atMost = repeat(80, { metrics: 1.5, column: 0 });
  assert.deepEqual(tell(decideEvidence(atMost, { from: 2 * DAY, tracks })), []);
});

test('what comes at another hour, of another metric or to the other side is something else', () => {
  const before = [spell(0), spell(DAY)];
  const isUsual = (at: number, reason = CPU): boolean =>
    isUsualAtThisHour(before, { time: minute(2 * DAY + at), reason, level: 1.5 }, STEP);
  assert.deepEqual(
    [-61, -60, 0, 80, 81].map((at) => isUsual(at)),
    [false, true, true, true, false],
  );
  assert.deepEqual([isUsual(0, 'cpu below'), isUsual(0, 'memory above')], [false, false]);
});

test('two days of the last seven make an hour usual, however often it was off in one of them', () => {
  const at = (day: number, spells: readonly Spell[]): boolean =>
    isUsualAtThisHour(spells, { time: minute(day * DAY), reason: CPU, level: 1.5 }, STEP);
  assert.equal(at(1, [spell(0), spell(30)]), false);
  assert.equal(at(7, [spell(0), spell(3 * DAY)]), true);
  assert.equal(at(8, [spell(0), spell(3 * DAY)]), false);
});

test('rows within half an hour are one spell, and what is older than a week is forgotten', () => {
  const rows = [0, 30, 61].map((at) => ({ time: minute(at), reason: CPU, level: at }));
  const noted = rows.reduce<readonly Spell[]>((spells, row) => noteSpell(spells, row, TOLD), []);
  assert.deepEqual(noted, [spell(0, 30, 30), spell(61, 61, 61)]);
  const later = noteSpell(noted, { time: minute(8 * DAY), reason: CPU, level: 1 }, TOLD);
  assert.deepEqual(later, [spell(8 * DAY, 8 * DAY, 1)]);
});

test('an entity that is off for many reasons is remembered by its newest', () => {
  const rows = Array.from({ length: 100 }, (_, at) => ({
    time: minute(at),
    reason: `metric ${at} above`,
    level: 1,
  }));
  const noted = rows.reduce<readonly Spell[]>((spells, row) => noteSpell(spells, row, TOLD), []);
  assert.equal(noted.length, 64);
  assert.equal(noted.at(-1)?.reason, 'metric 99 above');
});

test('a day on which it was off for most hours makes none of them usual', () => {
  const at = (day: number, spells: readonly Spell[], step = STEP): boolean =>
    isUsualAtThisHour(spells, { time: minute(day * DAY), reason: CPU, level: 1.5 }, step);
  // A fault of two days and a half.
  assert.equal(at(4, [spell(DAY / 2, 3 * DAY)]), false);
  // One that comes and goes.
  const flapping = Array.from({ length: 48 }, (_, i) => spell(DAY / 2 + 45 * i, DAY / 2 + 45 * i + 5));
  assert.equal(at(3, flapping), false);
  // A shift of nine hours is what comes each day.
  assert.equal(at(3, [spell(DAY, DAY + 540), spell(2 * DAY, 2 * DAY + 540)]), true);
});

test('of rows a day apart no hour is told', () => {
  const step = DAY * STEP;
  const told = [0, 3, 6].map((day) => spell(day * DAY, day * DAY));
  const row = { time: minute(9 * DAY), reason: CPU, level: 1.5 };
  assert.equal(isUsualAtThisHour(told, row, step), false);
});

test('what grows from day to day is told of once it is twice what people were told', () => {
  const days = [1.5, 1.5, 2, 2.5, 2.9, 3.1].map((level, day) => nightly({ day, level }));
  const opened = live(days).map((told) => told.includes('opened'));
  assert.deepEqual(opened, [true, true, false, false, false, true]);
});
