/** What is remembered of an entity, and what is news to it: by itself, beside decide-evidence.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Telling } from '../../../lib/decision/contract.ts';
import {
  findNews,
  type Memory,
  remember,
  rememberEnd,
  rememberHeldBack,
  rememberSettled,
} from '../../../lib/decision/recurrence.ts';
import { minute, STEP } from './decide-rows.ts';

const EMPTY: Memory = { told: [], heldBack: undefined, spells: [] };

function at(time: number, level: number, cause = 0): Telling {
  return { time: minute(time), cause, modelVersion: 'v1', level };
}

test('what it takes after a fault is told in thresholds', () => {
  const over = rememberEnd(remember(EMPTY, at(0, 30)), { until: minute(5), peak: 30 });
  const isNews = (level: number): boolean =>
    findNews(over, at(60, level, 1), {
      from: minute(60),
      start: minute(60),
      step: STEP,
      threshold: 10,
      reason: 'memory above',
    }) !== undefined;
  assert.deepEqual([10, 19.9, 20].map(isNews), [false, false, true]);
});

test('rows that were held back before an incident say nothing of how long the next ones last', () => {
  const told = rememberEnd(remember(EMPTY, at(0, 3)), { until: minute(1), peak: 3 });
  const held = [10, 12, 14].reduce(
    (memory, time) => rememberHeldBack(memory, at(time, 1.1, 1), { start: minute(time), step: STEP }),
    told,
  );
  const opened = rememberEnd(remember(held, at(16, 5, 2)), { until: minute(16), peak: 5 });
  assert.equal(
    findNews(opened, at(17, 1.1, 1), {
      from: minute(17),
      start: minute(17),
      step: STEP,
      threshold: 1,
      reason: 'memory above',
    }),
    undefined,
  );
  const later = rememberHeldBack(opened, at(17, 1.1, 1), { start: minute(17), step: STEP });
  assert.equal(
    findNews(later, at(26, 1.1, 1), {
      from: minute(26),
      start: minute(26),
      step: STEP,
      threshold: 1,
      reason: 'memory above',
    }),
    undefined,
  );
  assert.deepEqual(later.heldBack, { since: minute(17), until: minute(17) });
});

test('a stretch that begins before the end of what has settled is no news, and one behind it is', () => {
  const settled = rememberSettled(remember(EMPTY, at(0, 3)), minute(200));
  const isNews = (from: number): boolean =>
    findNews(settled, at(320, 1.5, 1), {
      from: minute(from),
      start: minute(from),
      step: STEP,
      threshold: 1,
      reason: 'memory above',
    }) !== undefined;
  assert.deepEqual([190, 200, 201].map(isNews), [false, false, true]);
});
