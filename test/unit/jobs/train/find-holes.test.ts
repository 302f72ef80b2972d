/** What a training is to leave out, by what people excluded, what became of anomalies and what was said of them. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { DescribedAnomaly } from '../../../../lib/alert/alert.ts';
import type { Verdict } from '../../../../lib/answers/verdict.ts';
import { formatCompactTime } from '../../../../lib/base/compact-time.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { IncidentRule } from '../../../../lib/config/detector.ts';
import { findHoles } from '../../../../lib/jobs/train/find-holes.ts';
import { encodeJson } from '../../../../lib/store/json.ts';
import { anomalyKey, feedbackKey, incidentKey } from '../../../../lib/store/keys.ts';
import type { TrainingHoles } from '../../../../lib/store/training-holes.ts';
import { createAnomaly } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse('2026-11-22T12:00Z');
/** A day until noon. */
const RANGE = { start: NOON - 24 * HOUR, end: NOON };

let store: MemoryObjectStore;
let telemetry: MemoryTelemetry;
/** As the detector's state has it. */
let open: Set<string>;

beforeEach(() => {
  store = createMemoryObjectStore();
  telemetry = createMemoryTelemetry();
  open = new Set();
});

interface Anomaly {
  /** Minutes before noon; without an end it is open. */
  readonly from: number;
  readonly to?: number;
  readonly state?: DescribedAnomaly['state'];
  readonly anomaly?: Partial<DescribedAnomaly>;
}

function at(minutesBefore: number): string {
  return new Date(NOON - minutesBefore * MINUTE).toISOString();
}

function idOf(from: number): string {
  return `${formatCompactTime(NOON - from * MINUTE)}-aaaaaaaaaaaa`;
}

async function put({ from, to, state = 'resolved', anomaly = {} }: Anomaly): Promise<string> {
  const anomalyId = idOf(from);
  const end = to === undefined ? null : at(to);
  const described = createAnomaly({ anomalyId, state, start: at(from), end, ...anomaly });
  const object = {
    formatVersion: 1,
    anomalyId,
    detector: 'shop',
    entity: 'cart',
    state,
    start: at(from),
    end,
    changes: [{ sequence: 1, anomaly: described }],
  };
  await store.put(anomalyKey('shop', anomalyId), encodeJson(object));
  if (end === null) open.add(anomalyId);
  return anomalyId;
}

async function answer(id: string, verdict: Verdict['verdict']): Promise<void> {
  const said: Verdict = { formatVersion: 1, id, verdict, at: at(0) };
  await store.put(feedbackKey(id), encodeJson(said));
}

async function exclude(name: string, text: string): Promise<void> {
  await store.put(`exclusions/${name}`, new TextEncoder().encode(text));
}

function find(incidents: IncidentRule = 'settled'): Promise<TrainingHoles> {
  const detector = defaultDetector('shop');
  return findHoles(
    { ...detector, training: { ...detector.training, incidents } },
    { range: RANGE, step: MINUTE, open },
    { store, telemetry, now: () => NOON },
  );
}

/** As `reason from to`, in minutes before noon. */
async function told(incidents?: IncidentRule): Promise<string[]> {
  const { holes } = await find(incidents);
  return holes.map(
    ({ reason, start, end }) => `${reason} ${(NOON - start) / MINUTE} ${(NOON - end) / MINUTE}`,
  );
}

test('nothing is left out of a bucket in which nobody said anything', async () => {
  assert.deepEqual(await find(), { holes: [], unread: 0 });
});

test('an anomaly has the rows before it too, as many as it has and at most sixty', async () => {
  await put({ from: 600, to: 590 });
  await put({ from: 300, to: 230 });
  await put({ from: 20, state: 'updated' });
  assert.deepEqual(await told(), ['unanswered 610 590', 'unanswered 360 230', 'unanswered 40 0']);
});

test('the policy says what becomes of what nobody answered', async () => {
  await put({ from: 900, to: 890, state: 'resolved' });
  await put({ from: 800, to: 790, state: 'settled' });
  // By corrected data it was not there.
  await put({ from: 700, to: 690, state: 'retracted' });
  assert.deepEqual(await told('settled'), ['unanswered 910 890']);
  assert.deepEqual(await told('exclude'), ['unanswered 910 890', 'settled 810 790']);
  assert.deepEqual(await told('include'), []);
});

test('a verdict goes before the policy, and one on an anomaly before one on its incident', async () => {
  const [real, wrong, known, member, own] = [900, 800, 700, 600, 500];
  for (const from of [real, wrong, known, member, own]) await put({ from, to: from - 10, state: 'settled' });
  await answer(idOf(real), 'true');
  await answer(idOf(wrong), 'false');
  await answer(idOf(known), 'expected');
  // An incident that another detector began.
  const incidentId = '20261122T000000Z-bbbbbbbbbbbb';
  const members = [
    ...[member, own].map((from) => ({ detector: 'shop', anomalyId: idOf(from) })),
    { detector: 'other', anomalyId: idOf(wrong) },
  ].map((of) => ({
    ...of,
    entity: 'e',
    workload: 'w',
    state: 'opened',
    start: at(0),
    end: null,
    summary: 's',
    object: 'o',
  }));
  await store.put(
    incidentKey(incidentId),
    encodeJson({ formatVersion: 1, incidentId, severity: 'info', members, changes: [] }),
  );
  await answer(incidentId, 'true');
  await answer(idOf(own), 'false');
  for (const rule of ['include', 'settled', 'exclude'] as const)
    assert.deepEqual(await told(rule), ['confirmed 910 890', 'confirmed 610 590'], rule);
});

test('missing data left no rows out, whatever is said of it', async () => {
  await put({ from: 300, to: 200, anomaly: { by: 'silence' } });
  await answer(idOf(300), 'true');
  assert.deepEqual(await told('exclude'), []);
});

test('what lies outside of the range costs nothing, and what reaches into it counts', async () => {
  const day = 24 * 60;
  await put({ from: day + 30, to: day - 30 });
  await put({ from: day + 300, to: day + 200 });
  await put({ from: 3 * day, to: day - 60 });
  await put({ from: -10, to: -20 });
  const read: string[] = [];
  const get: MemoryObjectStore['get'] = (key, options) => {
    read.push(key);
    return store.get(key, options);
  };
  const detector = defaultDetector('shop');
  const { holes } = await findHoles(
    detector,
    { range: RANGE, step: MINUTE, open },
    { store: { ...store, get }, telemetry, now: () => NOON },
  );
  assert.deepEqual(
    holes.map(({ of }) => of),
    [idOf(day + 30)],
  );
  // Of one that began long before the range, or after it, the id is enough.
  assert.deepEqual(read, [anomalyKey('shop', idOf(day + 300)), anomalyKey('shop', idOf(day + 30))]);
});

test('of very many the newest are looked at, and the others counted', async () => {
  const { body } = await store.get(anomalyKey('shop', await put({ from: 5, to: 1 })));
  for (let i = 0; i < 5_003; i++) await store.put(`anomalies/detector=shop/20261122T000000Z-${i}.json`, body);
  const { holes, unread } = await find();
  assert.deepEqual([holes.length, unread], [5_000, 4]);
  assert.ok(telemetry.lines.some(({ message }) => message.startsWith('anomalies and verdicts beyond')));
});

test('what cannot be read is told of, and the others count', async () => {
  await put({ from: 300, to: 290 });
  await put({ from: 200, to: 190 });
  await put({ from: 100, to: 90 });
  await store.put(anomalyKey('shop', idOf(300)), new TextEncoder().encode('{'));
  await store.put(feedbackKey(idOf(200)), encodeJson({ formatVersion: 1, id: idOf(200), verdict: 'maybe' }));
  assert.deepEqual(await told(), ['unanswered 210 190', 'unanswered 110 90']);
  assert.deepEqual(
    telemetry.lines.map(({ message }) => message),
    ['anomaly left out of account', 'verdict left out of account'],
  );
});

test('exclusions of this detector and range, with what they match; a bad one goes to quarantine', async () => {
  const range = 'from: 2026-11-22T06:00Z\nuntil: 2026-11-22T07:00Z\n';
  await exclude('a.yml', range);
  await exclude('b.yml', `${range}matchers: [detector = shop, 'entity =~ "db/.*"', workload != x]\n`);
  await exclude('c.yml', `${range}matchers: [detector = other]\n`);
  await exclude('d.yml', 'from: 2026-11-20\nuntil: 2026-11-21\n');
  await exclude('e.yml', 'from: never\n');
  const [start, end] = [Date.parse('2026-11-22T06:00Z'), Date.parse('2026-11-22T07:00Z')];
  assert.deepEqual((await find('include')).holes, [
    { reason: 'excluded', of: 'a', start, end },
    {
      reason: 'excluded',
      of: 'b',
      start,
      end,
      matchers: ['entity =~ "db/.*"', 'workload != "x"'],
    },
  ]);
  assert.match(store.text('quarantine/exclusions/e.yml.reason.json') ?? '', /from must be a time/);
});

test('one that has no end and is not open has lost it with its state: it ends with its newest row', async () => {
  const id = await put({ from: 300, anomaly: { lastAnomalous: at(261) } });
  assert.deepEqual(await told(), ['unanswered 360 0']);
  open.delete(id);
  assert.deepEqual(await told(), ['unanswered 340 260']);
});
