import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextDigest, unknownZone } from '../../../lib/incident/digest.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';
import { createIncidentWorld } from './incident-world.ts';

const EIGHT = 8 * 3_600_000;

function next(now: string, timeZone?: string, time: number = EIGHT): string {
  return new Date(nextDigest(Date.parse(now), { time, timeZone })).toISOString();
}

test('the next digest is later than now, by UTC', () => {
  assert.equal(next('2026-11-23T07:59:59Z'), '2026-11-23T08:00:00.000Z');
  assert.equal(next('2026-11-23T08:00:00Z'), '2026-11-24T08:00:00.000Z');
});

test('by the clocks of a zone it is at the same hour in summer and winter', () => {
  assert.equal(next('2026-07-01T05:00:00Z', 'Europe/Berlin'), '2026-07-01T06:00:00.000Z');
  assert.equal(next('2026-07-01T06:00:00Z', 'Europe/Berlin'), '2026-07-02T06:00:00.000Z');
  assert.equal(next('2026-11-23T06:30:00Z', 'Europe/Berlin'), '2026-11-23T07:00:00.000Z');
  // Clocks go back on the 25th of October 2026: 25 hours from one to the next.
  assert.equal(next('2026-10-24T06:00:00Z', 'Europe/Berlin'), '2026-10-25T07:00:00.000Z');
});

test('zones far from UTC have another day', () => {
  assert.equal(next('2026-11-23T19:00:00Z', 'Pacific/Auckland'), '2026-11-24T19:00:00.000Z');
  assert.equal(next('2026-11-23T03:00:00Z', 'America/Los_Angeles'), '2026-11-23T16:00:00.000Z');
});

test('a time that a change of clocks leaves out is not passed over, and one that comes twice comes once', () => {
  const half = 2.5 * 3_600_000;
  assert.equal(next('2026-03-29T00:00:00Z', 'Europe/Berlin', half), '2026-03-29T01:30:00.000Z');
  assert.equal(next('2026-10-24T23:00:00Z', 'Europe/Berlin', half), '2026-10-25T00:30:00.000Z');
  assert.equal(next('2026-10-25T00:30:00Z', 'Europe/Berlin', half), '2026-10-26T01:30:00.000Z');
});

test('in a zone that the calendar does not know it is in UTC, and that can be told of', () => {
  assert.equal(next('2026-07-01T05:00:00Z', 'Mars/Olympus'), '2026-07-01T08:00:00.000Z');
  assert.equal(unknownZone({ time: EIGHT, timeZone: 'Mars/Olympus' }), 'Mars/Olympus');
  assert.equal(unknownZone({ time: EIGHT, timeZone: 'Europe/Berlin' }), undefined);
  assert.equal(unknownZone({ time: EIGHT }), undefined);
});

test('what a slower clock holds once a digest has gone out is in the next one: the budget, and detectors of their own', () => {
  for (const digest of [undefined, { time: EIGHT }]) {
    const world = createIncidentWorld({ groupBy: [], groupWait: 0, groupInterval: 0, incidentsADay: 0 });
    const due = Date.parse('2026-11-24T08:00:00Z');
    world.at(NINE, createChange({ entity: 'a', digest }));
    world.at(due + 100);
    world.at(due - 500, createChange({ entity: 'b', start: due - MINUTE, digest }));
    for (const day of [0, 1, 2]) world.at(due + day * 24 * 60 * MINUTE + MINUTE);
    assert.deepEqual(
      world.sent.map(({ incidentId, digested }) => [incidentId, digested?.map(({ id }) => id)]),
      [
        ['digest-20261124T080000Z', [`shop-a-${NINE}`]],
        ['digest-20261125T080000Z', [`shop-b-${due - MINUTE}`]],
      ],
    );
  }
});

test('a slower clock knows of a digest of what was over long before, however often it looks', () => {
  for (const digest of [undefined, { time: EIGHT }]) {
    const world = createIncidentWorld({ groupBy: [], groupWait: 0, groupInterval: 0, incidentsADay: 0 });
    const due = Date.parse('2026-11-24T08:00:00Z');
    const over = createChange({ entity: 'a', digest });
    world.at(NINE, over);
    world.at(NINE + 10 * MINUTE, endOf(over));
    world.at(due + 100);
    world.at(due - 700);
    world.at(due - 500, createChange({ entity: 'b', start: due - MINUTE, digest }));
    for (const day of [0, 1, 2]) world.at(due + day * 24 * 60 * MINUTE + MINUTE);
    assert.deepEqual(
      world.sent.map(({ incidentId }) => incidentId),
      ['digest-20261124T080000Z', 'digest-20261125T080000Z'],
    );
    assert.deepEqual(
      world.state.incidents.map(({ members }) => members.map(({ entity }) => entity)),
      [['b']],
    );
  }
});
