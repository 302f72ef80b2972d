/** The section of held-out rows: who is shown first, what was told and missed, and curves of labels that lie only there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawLanes } from '../../../../lib/report/drawing/lanes.ts';
import { findHeldOut, type HeldOutRows } from '../../../../lib/report/held-out/held-out-rows.ts';
import { renderHeldOutPlots } from '../../../../lib/report/held-out/render-held-out.ts';

const MINUTE = 60_000;
const ROWS = 100;
/** `calm` has nothing, `found` an event with an incident, `loud` a false incident, `missed` an event and nothing told. */
const ENTITIES = ['calm', 'found', 'loud', 'missed'] as const;
const EVENT = { from: 40, to: 50 };

function makeHeldOut(given: Partial<HeldOutRows> = {}): HeldOutRows {
  const at = (row: number): number => row % ROWS;
  const of = (row: number): string => ENTITIES[Math.floor(row / ROWS)]!;
  const isFault = (row: number): boolean => at(row) >= EVENT.from && at(row) < EVENT.to;
  const rows = Array.from({ length: ENTITIES.length * ROWS }, (_, row) => row);
  const high = new Set(['found', 'loud']);
  return {
    range: { start: 0, end: ROWS * MINUTE },
    step: MINUTE,
    threshold: 1,
    level: 'evidence',
    entities: ENTITIES,
    entityOf: Uint32Array.from(rows, (row) => Math.floor(row / ROWS)),
    times: Float64Array.from(rows, (row) => at(row) * MINUTE),
    levels: Float64Array.from(rows, (row) => (isFault(row) && high.has(of(row)) ? 3 : 0.1 + at(row) / 1000)),
    anomalous: Uint8Array.from(rows, (row) => Number(isFault(row) && high.has(of(row)))),
    labels: Uint8Array.from(rows, (row) => Number(isFault(row) && ['found', 'missed'].includes(of(row)))),
    incidents: [
      {
        entity: 'found',
        start: 40 * MINUTE,
        end: 50 * MINUTE,
        alertedAt: 42 * MINUTE,
        resolvedAt: 55 * MINUTE,
      },
      { entity: 'loud', start: 40 * MINUTE, end: 50 * MINUTE, alertedAt: 40 * MINUTE, resolvedAt: undefined },
    ],
    missed: [
      {
        entity: 'missed',
        start: 40 * MINUTE,
        end: 50 * MINUTE,
        said: 'reached 15 % of the threshold, by <cpu>',
      },
    ],
    ...given,
  };
}

test('entities with missed events come first, then those with false incidents', () => {
  const { entities, events, separation } = findHeldOut(makeHeldOut());
  assert.deepEqual(
    entities.map(({ entity }) => entity),
    ['missed', 'loud', 'found', 'calm'],
  );
  assert.equal(events.length, 2);
  if (typeof separation === 'string') assert.fail(separation);
  assert.deepEqual(separation.confusion, {
    truePositives: 10,
    falsePositives: 10,
    falseNegatives: 10,
    trueNegatives: 370,
  });
});

test('says when each incident was told of and over, and why an event was missed', () => {
  const page = renderHeldOutPlots(makeHeldOut());
  for (const words of [
    '<b>missed</b> · 0 anomalies · 0 of 1 labelled event found · highest evidence 0.199',
    'Anomaly from 1 Jan 1970, 00:40: told at 1 Jan 1970, 00:42, 2 min later; over at 1 Jan 1970, 00:55; of a labelled event',
    'told at once; still open at the end; nothing labelled: a false alarm',
    '<b>Missed</b>: 1 Jan 1970, 00:40 to 1 Jan 1970, 00:50: reached 15 % of the threshold, by &lt;cpu&gt;',
    'ROC curve of the held-out rows',
    'Precision and recall of the held-out rows',
    'rank rows by evidence',
  ])
    assert.ok(page.includes(words), words);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
  const ids = page.match(/ id="[^"]+"/g) ?? [];
  assert.equal(new Set(ids).size, ids.length, 'ids are unique');
});

test('without labels nothing is called false, and the page says why there are no curves', () => {
  const page = renderHeldOutPlots(makeHeldOut({ labels: undefined, missed: [], level: 'score' }));
  assert.match(page, /No labels: the held-out part has no column called “label”/);
  assert.doesNotMatch(page, /false alarm|labelled, missed|ROC curve/);
  assert.match(page, /highest score 3/);
});

test('rows without a level, and entities beyond the plots, are told of', () => {
  const names = Array.from({ length: 11 }, (_, i) => `pod-${String(i).padStart(2, '0')}`);
  const page = renderHeldOutPlots({
    ...makeHeldOut(),
    entities: names,
    entityOf: Uint32Array.from(names.keys()),
    times: new Float64Array(names.length),
    levels: new Float64Array(names.length).fill(Number.NaN),
    anomalous: new Uint8Array(names.length),
    labels: new Uint8Array(names.length).fill(1),
    incidents: [],
    missed: names.map((entity) => ({ entity, start: 0, end: MINUTE, said: 'no row of it could be judged' })),
  });
  assert.equal(page.match(/<details class="entity"/g)?.length, 8);
  assert.match(page, /3 more entities without plots: 0 anomalies, 3 missed events\./);
  assert.match(page, /<li>pod-10\. <b>Missed<\/b>: 1 Jan 1970, 00:00 to 1 Jan 1970, 00:01: no row of it/);
  assert.match(page, /No row of the held-out part has a score/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a bar has the width of its time, at least 3 pixels, and lies inside the plot', () => {
  const bar = (start: number, end: number) => ({ start, end, colour: 'incident', opacity: 1 }) as const;
  const { option, width } = drawLanes({
    width: 480,
    range: { start: 0, end: 400 },
    lanes: [{ name: 'told', bars: [bar(100, 200), bar(400, 400), bar(-50, 0)] }],
  });
  const { elements } = (option as { graphic: { elements: { type: string; shape: object; style: object }[] } })
    .graphic;
  const bars = elements.filter(({ style }) => 'opacity' in style).map(({ shape }) => shape);
  assert.deepEqual(
    bars.map((shape) => {
      const { x, width } = shape as { x: number; width: number };
      return [x, width];
    }),
    [
      [170, 100],
      [width - 10 - 3, 3],
      [70, 3],
    ],
  );
});
