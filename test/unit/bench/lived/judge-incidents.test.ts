import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../../../../bench/lived/find-incidents.ts';
import { addFigures, judgeIncidents, type LivedFigures } from '../../../../bench/lived/judge-incidents.ts';

const STEP = 60_000;

test('an incident is true in an event and five rows behind it, and false from the sixth on', () => {
  // Event: rows 10 to 19; its end is row 20.
  const at = (row: number): LivedFigures => judge([incident({ from: row - 1, told: row, last: row + 1 })]);
  assert.deepEqual(
    [9, 10, 19, 24, 25].map((row) => [row, at(row).found, at(row).falseIncidents]),
    [
      [9, 0, 1],
      [10, 1, 0],
      [19, 1, 0],
      [24, 1, 0],
      [25, 0, 1],
    ],
  );
});

test('a delay is from the start of the event to the first row that opened an incident in it', () => {
  const { delays } = judge([
    incident({ from: 11, told: 14, last: 14, resolved: 16 }),
    incident({ from: 17, told: 18, last: 19 }),
  ]);
  assert.deepEqual(delays, [4 * STEP]);
});

test('an event that a false incident merely covers is not found', () => {
  const { found, covered, carried, falseIncidents, which } = judge([
    incident({ from: 2, told: 3, last: 30 }),
  ]);
  assert.deepEqual(
    { found, covered, carried, falseIncidents },
    { found: 0, covered: 2, carried: 0, falseIncidents: 1 },
  );
  assert.deepEqual(which, [0, 0]);
});

test('an incident of an earlier event finds a later one by its anomalous rows alone', () => {
  const open = incident({ from: 10, told: 12, last: 44 });
  const with44 = judge([open], [10, 11, 12, 44]);
  assert.deepEqual([with44.found, with44.carried, with44.delays], [2, 1, [2 * STEP]]);
  const without = judge([open], [10, 11, 12]);
  assert.deepEqual([without.found, without.carried, without.covered], [1, 0, 0]);
});

test('time in alert runs from the opening row to the row that tells of the end', () => {
  const { watched, inAlert, outside, inAlertOutside } = judge([
    incident({ from: 15, told: 17, last: 22, resolved: 27 }),
    incident({ from: 50, told: 57, last: 59 }),
  ]);
  assert.equal(watched, 60 * STEP);
  assert.equal(outside, 45 * STEP);
  assert.equal(inAlert, (10 + 3) * STEP);
  assert.equal(inAlertOutside, (7 + 3) * STEP);
});

test('open after the end counts from the last event that a true incident overlaps, where it resolved', () => {
  assert.deepEqual(judge([incident({ from: 12, told: 14, last: 19, resolved: 29 })]).openAfter, [9 * STEP]);
  assert.deepEqual(judge([incident({ from: 12, told: 14, last: 41, resolved: 50 })]).openAfter, [5 * STEP]);
  const { openAfter, unresolved } = judge([incident({ from: 12, told: 14, last: 19 })]);
  assert.deepEqual([openAfter, unresolved], [[], 1]);
  assert.deepEqual(judge([incident({ from: 2, told: 4, last: 19, resolved: 29 })]).openAfter, []);
});

test('what is told of in ignored rows is neither true nor false, and is no unlabelled time', () => {
  const ignored = Uint8Array.from({ length: 60 }, (_, row) => (row >= 2 && row < 6 ? 1 : 0));
  const { falseIncidents, found, outside } = judge(
    [incident({ from: 2, told: 4, last: 5, resolved: 9 })],
    [],
    ignored,
  );
  assert.deepEqual([falseIncidents, found, outside], [0, 0, 41 * STEP]);
});

test('incidents that a row without a measurement opened are counted', () => {
  const rows = { entities: ['a'], entityOf: new Uint32Array(3), times: Float64Array.of(0, STEP, 2 * STEP) };
  const told = {
    anomalous: new Uint8Array(3),
    incidents: [
      incident({ from: 0, told: 1, last: 1, resolved: 2 }),
      incident({ from: 2, told: 2, last: 2 }),
    ],
  };
  const judged = { ...rows, labels: new Uint8Array(3), measured: Uint8Array.of(1, 0, 1), step: STEP };
  assert.equal(judgeIncidents(judged, told).inGaps, 1);
});

test('entities are judged by themselves', () => {
  const { found, falseIncidents } = judge([{ ...incident({ from: 11, told: 12, last: 13 }), entity: 'b' }]);
  assert.deepEqual([found, falseIncidents], [0, 1]);
});

test('figures add up', () => {
  const one = judge([incident({ from: 11, told: 12, last: 13 })]);
  const { events, found, delays, which, watched } = addFigures([one, one]);
  assert.deepEqual([events, found, delays, which], [4, 2, [2 * STEP, 2 * STEP], [1, 0, 1, 0]]);
  assert.equal(watched, 120 * STEP);
});

/** An hour of rows of entity a (b has none), with events in rows 10 to 19 and 40 to 44. */
function judge(
  incidents: readonly Incident[],
  anomalousRows: readonly number[] = [],
  ignored?: Uint8Array,
): LivedFigures {
  const rows = Array.from({ length: 60 }, (_, row) => row);
  return judgeIncidents(
    {
      entities: ['a', 'b'],
      entityOf: new Uint32Array(60),
      times: Float64Array.from(rows, (row) => row * STEP),
      labels: Uint8Array.from(rows, (row) => ((row >= 10 && row < 20) || (row >= 40 && row < 45) ? 1 : 0)),
      ignored,
      step: STEP,
    },
    { incidents, anomalous: Uint8Array.from(rows, (row) => (anomalousRows.includes(row) ? 1 : 0)) },
  );
}

function incident(rows: {
  readonly from: number;
  readonly told: number;
  readonly last: number;
  readonly resolved?: number;
}): Incident {
  return {
    entity: 'a',
    start: rows.from * STEP,
    end: (rows.last + 1) * STEP,
    alertedAt: rows.told * STEP,
    resolvedAt: rows.resolved === undefined ? undefined : rows.resolved * STEP,
  };
}
