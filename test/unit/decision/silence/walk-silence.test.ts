import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_SILENCE } from '../../../../lib/config/defaults.ts';
import { always, learn, type Picture, STEP, T0, type Walked, walk } from './silent-rows.ts';

const CART = 'cart-6d4cf56db6-x2x4z';
const CART_NEXT = 'cart-7c5ddbdf54-9k2lm';
const USUAL = learn({ [CART]: always(200), db: always(200), payment: always(200) });

const gone = (before: number, missing: number, after: number): string =>
  always(before) + '.'.repeat(missing) + always(after);

test('an entity that is gone is told of after a quarter of an hour, and when it is back', () => {
  const { told, transitions } = walk(
    { [CART]: always(60), db: gone(20, 30, 10), payment: always(60) },
    { usual: USUAL },
  );
  assert.deepEqual(told, ['opened entity db 20-34', 'resolved entity db 20-49']);
  assert.equal(transitions[1]!.transition.end, T0 + 50 * STEP);
  assert.equal(transitions[1]!.transition.sequence, 2);
});

test('rows without values are as silent as none', () => {
  const rows = always(20) + '0'.repeat(30) + always(10);
  const { told } = walk({ [CART]: always(60), db: rows, payment: always(60) }, { usual: USUAL });
  assert.deepEqual(told, ['opened entity db 20-34', 'resolved entity db 20-49']);
});

test('a pod that another one replaces is no silence; a workload without any pod is one', () => {
  const replaced: Picture = {
    [CART]: gone(20, 40, 0),
    [CART_NEXT]: `${'.'.repeat(25)}${always(35)}`,
    db: always(60),
    payment: always(60),
  };
  assert.deepEqual(walk(replaced, { usual: USUAL }).told, []);
  const lost = { ...replaced, [CART_NEXT]: '.'.repeat(60) };
  assert.deepEqual(walk(lost, { usual: USUAL }).told, ['opened entity cart 20-34']);
});

test('what training did not have nearly always is missed by nobody', () => {
  const usual = learn({
    [CART]: always(200),
    job: '#.'.repeat(100),
    young: `${'.'.repeat(150)}${always(50)}`,
  });
  assert.deepEqual(walk({ [CART]: always(60) }, { usual }).told, []);
});

test('a metric is missing of an entity, and named', () => {
  const { told } = walk(
    { [CART]: always(60), db: always(20) + 'm'.repeat(30) + always(10), payment: always(60) },
    { usual: USUAL },
  );
  assert.deepEqual(told, ['opened metric db cpu 20-34', 'resolved metric db cpu 20-49']);
});

test('a metric that a new pod lacks is one that its workload had', () => {
  const { told } = walk(
    { [CART_NEXT]: 'm'.repeat(40), db: always(40), payment: always(40) },
    { usual: USUAL },
  );
  assert.deepEqual(told, [`opened metric ${CART_NEXT} cpu 0-14`]);
});

test('a metric that nobody has any more is one silence, not one an entity', () => {
  const line = always(20) + 'm'.repeat(30) + always(10);
  const { told } = walk({ [CART]: line, db: line, payment: line }, { usual: USUAL });
  assert.deepEqual(told, ['opened metric cpu 20-34', 'resolved metric cpu 20-49']);
});

test('a pod that ends while it lacks a metric lacks none any more, and is told to be gone', () => {
  const { told, transitions } = walk(
    { [CART]: 'm'.repeat(30) + '.'.repeat(30), [CART_NEXT]: always(60), db: always(60), payment: always(60) },
    { usual: USUAL },
  );
  assert.deepEqual(told, [`opened metric ${CART} cpu 0-14`, `resolved metric ${CART} cpu 0-29`]);
  assert.deepEqual(
    transitions.map(({ silence }) => silence.gone),
    [undefined, { others: 'cart' }],
  );
  const last = walk(
    { [CART]: 'm'.repeat(30) + '.'.repeat(30), db: always(60), payment: always(60) },
    { usual: USUAL },
  );
  const end = last.transitions.find(({ transition }) => transition.state === 'resolved');
  assert.deepEqual(end?.silence.gone, {}, 'of its workload nobody was heard since');
  const back = walk(
    { [CART]: 'm'.repeat(30) + always(30), db: always(60), payment: always(60) },
    { usual: USUAL },
  );
  assert.equal(back.transitions[1]?.silence.gone, undefined);
});

test('where nobody reports, it is one silence of the source', () => {
  const line = gone(20, 90, 10);
  const { told } = walk({ [CART]: line, db: line, payment: line }, { usual: USUAL });
  assert.deepEqual(told, ['opened source 20-109', 'resolved source 20-109']);
  const short = gone(20, 59, 10);
  assert.deepEqual(walk({ [CART]: short, db: short, payment: short }, { usual: USUAL }).told, []);
});

test('rows of a silent source count for no entity: who comes back a little later was not gone for long', () => {
  const { told } = walk(
    { [CART]: gone(20, 50, 30), db: gone(20, 60, 20), payment: gone(20, 50, 30) },
    { usual: USUAL },
  );
  assert.deepEqual(told, []);
});

test('gaps that training had again and again are usual', () => {
  const nightly = (always(80) + '.'.repeat(4)).repeat(6);
  const usual = learn({ db: nightly, payment: always(nightly.length) });
  assert.equal(usual.units.get('db')?.gap, 4);
  const settings = { ...DEFAULT_SILENCE, entity: STEP };
  const at = (missing: number) =>
    walk({ db: gone(20, missing, 40 - missing), payment: always(60) }, { usual, rules: { settings } }).told
      .length;
  assert.deepEqual([at(5), at(6)], [0, 2]);
});

test('what is off alerts nobody, and what was open is settled', () => {
  const picture = { [CART]: always(60), db: gone(20, 40, 0), payment: always(60) };
  const off = { ...DEFAULT_SILENCE, entity: undefined };
  assert.deepEqual(walk(picture, { usual: USUAL, rules: { settings: off } }).told, []);
  const { state } = walk(picture, { usual: USUAL });
  const next = { [CART]: always(5), payment: always(5) };
  const { told } = walk(next, { usual: USUAL, from: 60, before: state, rules: { settings: off } });
  assert.deepEqual(told, ['settled entity db 20-59']);
});

test('what a newer training does not miss is settled', () => {
  const { state } = walk({ [CART]: always(60), db: gone(20, 40, 0), payment: always(60) }, { usual: USUAL });
  const usual = learn({ [CART]: always(200), payment: always(200) });
  const { told } = walk({ [CART]: always(5), payment: always(5) }, { usual, from: 60, before: state });
  assert.deepEqual(told.at(-1), 'settled entity db 20-59');
});

test('what began to be missing before anybody watched is no news', () => {
  const { told } = walk(
    { [CART]: always(60), db: gone(20, 40, 0), payment: always(60) },
    { usual: USUAL, rules: { watchFrom: T0 + 25 * STEP } },
  );
  assert.deepEqual(told, []);
});

test('the same rows in files of any length give the same silences', () => {
  const picture: Picture = {
    [CART]: gone(100, 130, 70),
    db: `${always(30)}${'m'.repeat(40)}${always(30)}${'.'.repeat(130)}${always(70)}`,
    payment: `${always(60)}${'.'.repeat(20)}${always(20)}${'.'.repeat(130)}${always(20)}${'0'.repeat(50)}`,
  };
  const whole = walk(picture, { usual: USUAL });
  assert.ok(whole.told.length >= 7, whole.told.join('\n'));
  for (const cut of [1, 5, 15, 60, 77]) {
    const parts = walk(picture, { usual: USUAL, cut });
    assert.deepEqual(parts.transitions, whole.transitions, `files of ${cut} rows`);
    assert.deepEqual(parts.state, whole.state);
  }
});

test('where each entity has files of its own, one whose file has not come yet is not silent', () => {
  const rules = { isWhole: false };
  const first = walk({ db: always(60) }, { usual: USUAL, rules });
  const second = walk({ payment: always(60) }, { usual: USUAL, rules, before: first.state });
  const third = walk({ db: always(60) }, { usual: USUAL, rules, before: second.state, from: 60 });
  const fourth = walk({ payment: always(60) }, { usual: USUAL, rules, before: third.state, from: 60 });
  assert.deepEqual(
    [first, second, third, fourth].flatMap(({ told }) => told),
    [],
  );
});

/** Files of one entity each, one after the other. */
function walkFiles(files: readonly { readonly picture: Picture; readonly from: number }[]): Walked {
  const walked = files.reduce<{
    before: Walked['state'];
    told: string[];
    transitions: Walked['transitions'];
  }>(
    ({ before, told, transitions }, { picture, from }) => {
      const next = walk(picture, { usual: USUAL, rules: { isWhole: false }, before, from });
      return {
        before: next.state,
        told: [...told, ...next.told],
        transitions: [...transitions, ...next.transitions],
      };
    },
    { before: undefined, told: [], transitions: [] },
  );
  return { state: walked.before, told: walked.told, transitions: walked.transitions };
}

test('an entity whose file has not come yet lacks what it lacked, whatever the files of others hold', () => {
  const lacking = (from: number) => ({ picture: { db: 'm'.repeat(60) }, from });
  const other = (from: number) => ({ picture: { payment: always(60) }, from });
  const { told } = walkFiles([
    ...[0, 60, 120].flatMap((from) => [other(from), lacking(from)]),
    other(180),
    { picture: { db: always(60) }, from: 180 },
  ]);
  assert.deepEqual(told, ['opened metric db cpu 0-14', 'resolved metric db cpu 0-179']);
});

const DB = { lacking: { db: 'm'.repeat(60) }, back: { db: always(60) } };
const OTHER = { payment: always(60) };

test('a metric that only the first file lacked goes on as that of its entity, told once', () => {
  const { told, transitions, state } = walkFiles([
    { picture: DB.lacking, from: 0 },
    { picture: OTHER, from: 0 },
    { picture: DB.lacking, from: 60 },
    { picture: OTHER, from: 60 },
    { picture: DB.back, from: 120 },
  ]);
  assert.deepEqual(told, ['opened metric cpu 0-14', 'resolved metric db cpu 0-119']);
  assert.equal(new Set(transitions.map(({ transition }) => transition.anomalyId)).size, 1);
  assert.deepEqual([state?.open, state?.everyone, state?.entities], [[], {}, {}]);
});

test('rows that the first file counted of everyone are those of its entity', () => {
  for (const order of [
    ['db', 'payment'],
    ['payment', 'db'],
  ]) {
    const files = [0, 10].flatMap((from) =>
      order.map((entity) => ({ picture: { [entity]: (entity === 'db' ? 'm' : '#').repeat(10) }, from })),
    );
    assert.deepEqual(walkFiles(files).told, ['opened metric db cpu 0-14'], order.join());
  }
});

test('what several lacked is taken over by one, and told of the others by their names', () => {
  const line = 'm'.repeat(30);
  const both = { [CART]: line, db: line };
  const { told } = walkFiles([
    { picture: both, from: 0 },
    { picture: OTHER, from: 0 },
    { picture: both, from: 30 },
    { picture: { [CART]: always(5), db: always(5) }, from: 60 },
  ]);
  assert.deepEqual(told, [
    'opened metric cpu 0-14',
    'opened metric db cpu 0-30',
    `resolved metric ${CART} cpu 0-59`,
    'resolved metric db cpu 0-59',
  ]);
});

test('of the rows that were counted of everyone, an entity has those in which it was heard', () => {
  const { told } = walkFiles([
    { picture: { db: 'm'.repeat(60), [CART]: `${'.'.repeat(55)}mmmmm` }, from: 0 },
    { picture: OTHER, from: 0 },
    { picture: { db: 'm'.repeat(15), [CART]: 'm'.repeat(15) }, from: 60 },
  ]);
  assert.deepEqual(told, ['opened metric cpu 0-14', `opened metric ${CART} cpu 55-69`]);
  const fresh = walkFiles([
    { picture: { [CART]: `${'.'.repeat(10)}mm`, db: 'm'.repeat(12) }, from: 0 },
    { picture: OTHER, from: 0 },
    { picture: { [CART]: 'm'.repeat(13), db: 'm'.repeat(13) }, from: 12 },
  ]);
  assert.deepEqual(fresh.told, ['opened metric db cpu 0-14', `opened metric ${CART} cpu 10-24`]);
});

test('a silence of everyone that nobody can take over, as of an earlier release, is settled', () => {
  const { state } = walkFiles([{ picture: DB.lacking, from: 0 }]);
  const { told } = walk(OTHER, {
    usual: USUAL,
    rules: { isWhole: false },
    before: { ...state!, entities: {} },
  });
  assert.deepEqual(told, ['settled metric cpu 0-59']);
});

test('a file of another entity that starts later shows no silent source', () => {
  const { told } = walkFiles([
    { picture: DB.back, from: 0 },
    { picture: OTHER, from: 180 },
  ]);
  assert.deepEqual(told, []);
});

test('a metric that others have again is missing of an entity from there on', () => {
  const { told } = walkFiles([
    { picture: { db: 'm'.repeat(60), payment: 'm'.repeat(10) + always(50) }, from: 0 },
  ]);
  assert.deepEqual(told, ['opened metric db cpu 10-24']);
});

test('limits are worked out once a walk, however many rows it has', () => {
  const countReads = (rows: number): number => {
    let reads = 0;
    const units = new Map(USUAL.units);
    units.get = (unit) => {
      reads++;
      return USUAL.units.get(unit);
    };
    walk({ [CART]: always(rows), payment: 'm'.repeat(rows) }, { usual: { ...USUAL, units } });
    return reads;
  };
  assert.equal(countReads(200), countReads(20));
});

test('rows that come late show that nobody was silent', () => {
  const { state } = walk({ [CART]: always(60), db: gone(20, 40, 0), payment: always(60) }, { usual: USUAL });
  const { told } = walk({ db: always(40) }, { usual: USUAL, before: state, from: 20 });
  assert.deepEqual(told, ['resolved entity db 20-59 late']);
});

test('an entity whose clock runs ahead makes nobody else silent', () => {
  const ahead = {
    [CART]: always(30),
    db: `${always(30)}${'.'.repeat(500)}${always(30)}`,
    payment: always(30),
  };
  const { told, state } = walk(ahead, { usual: USUAL, now: T0 + 30 * STEP });
  assert.deepEqual(told, []);
  assert.equal(state?.heardUntil, T0 + 29 * STEP);
});

test('late data is told of where it is asked for', () => {
  const settings = { ...DEFAULT_SILENCE, late: 30 * STEP };
  const picture = { [CART]: always(10), db: always(10), payment: always(10) };
  const on = walk(picture, { usual: USUAL, rules: { settings }, behind: 40 * STEP });
  assert.deepEqual(on.told, ['opened late 0-9']);
  const over = walk(picture, { usual: USUAL, rules: { settings }, before: on.state, from: 10, behind: STEP });
  assert.deepEqual(over.told, ['resolved late 0-9']);
  assert.deepEqual(walk(picture, { usual: USUAL, behind: 40 * STEP }).told, []);
});

test('names that objects have by themselves are names like others', () => {
  const usual = learn({ __proto__x: always(100), constructor: always(100), db: always(100) });
  const { told } = walk({ constructor: gone(20, 40, 0), db: always(60), __proto__x: always(60) }, { usual });
  assert.deepEqual(told, ['opened entity constructor 20-34']);
});

test('rows from before a silence of the source that come after it do not end it: one silence, and its true length', () => {
  const late = always(15) + '.'.repeat(120) + always(15);
  const rows = { [CART]: late, db: late, payment: late };
  // As the clock noticed it, before the window with minutes 0 to 14 could be asked for.
  const start = T0;
  const before = {
    heardUntil: T0 - STEP,
    sourceLimit: 60 * STEP,
    groups: { '': T0 - STEP },
    units: {},
    everyone: {},
    entities: {},
    open: [
      {
        ...{ id: 'source', kind: 'source' as const, entity: '', metrics: [], start },
        ...{ last: T0 + 75 * STEP, silent: 75 * STEP, limit: 60 * STEP, sequence: 1 },
      },
    ],
  };
  const { told, transitions, state } = walk(rows, { usual: USUAL, cut: 15, before });
  assert.deepEqual(told, ['resolved source 15-134']);
  assert.deepEqual(
    transitions.map(({ transition }) => [transition.anomalyId, transition.end]),
    [['source', T0 + 135 * STEP]],
  );
  assert.deepEqual(state?.open, []);
  // Where nothing was missing after all, it ends once what people were told of is there.
  const whole = { [CART]: always(90), db: always(90), payment: always(90) };
  assert.deepEqual(walk(whole, { usual: USUAL, cut: 15, before }).told, ['resolved source 0-75 late']);
});

/** A job of ten minutes in two hours, for so many rounds. */
const rounds = (count: number, isThere: (round: number) => boolean = () => true): string =>
  Array.from({ length: count }, (_, round) =>
    isThere(round) ? always(10) + '.'.repeat(110) : '.'.repeat(120),
  ).join('');

test('what comes at regular times is missed once it does not come, and its return is told', () => {
  const usual = learn({ [CART]: always(960), job: rounds(8) });
  assert.deepEqual(usual.units.get('job'), { gap: null, pause: 110, metrics: [0, 0] });
  const { told } = walk({ [CART]: always(720), job: rounds(6, (round) => round !== 2) }, { usual, cut: 15 });
  // The pause of 110 minutes, and a quarter of an hour by which it may be late.
  assert.deepEqual(told, ['opened entity job 130-254', 'resolved entity job 130-359']);
  const off = { ...DEFAULT_SILENCE, entity: undefined };
  assert.deepEqual(
    walk({ [CART]: always(720), job: '.'.repeat(720) }, { usual, rules: { settings: off } }).told,
    [],
  );
});

test('what should have come is told with when that was, and when it was there last', () => {
  const usual = learn({ [CART]: always(960), job: rounds(8) });
  const told = (job: string, given: Partial<Parameters<typeof walk>[1]> = {}) =>
    walk({ [CART]: always(job.length), job }, { usual, ...given })
      .transitions.filter(({ transition }) => transition.state === 'opened')
      .map(({ silence: { due, visit } }) =>
        [due, visit?.from, visit?.to].map((time) => time && (time - T0) / STEP),
      );
  const missed = rounds(4, (round) => round !== 2);
  for (const cut of [7, 15, 10_000]) assert.deepEqual(told(missed, { cut }), [[240, 120, 130]], `${cut}`);
  // Rows that are missing within a visit are none.
  assert.deepEqual(told(missed.replaceAll('##########', '###..#####')), [[240, 120, 130]]);
  // Of one that nobody has seen to come since the training, its times are not known.
  assert.deepEqual(told('.'.repeat(240)), [[undefined, undefined, undefined]]);
  const { state } = walk({ [CART]: always(30), job: rounds(1).slice(0, 30) }, { usual });
  const { since: _, ...tracked } = state!.units['job']!;
  const before = { ...state!, units: { ...state!.units, job: tracked } };
  const rest = rounds(3, (round) => round !== 2).slice(30) + '.'.repeat(60);
  assert.deepEqual(told(rest, { before, from: 30 }), [[240, 120, 130]], 'a state from before it was kept');
  // Nobody's times are told who is there nearly always.
  const always2 = learn({ [CART]: always(960), job: always(960) });
  assert.deepEqual(told(always(30) + '.'.repeat(40), { usual: always2 }), [
    [undefined, undefined, undefined],
  ]);
});

test('one night that a job did not come is no reason not to miss it; what is irregular or has ended is missed by nobody', () => {
  const pauseOf = (job: string): number | undefined =>
    learn({ [CART]: always(job.length), job }).units.get('job')!.pause;
  assert.equal(pauseOf(rounds(7)), 110);
  assert.equal(pauseOf(rounds(6)), undefined, 'too few');
  assert.equal(pauseOf(rounds(9, (round) => round !== 4)), undefined, 'six days a week');
  assert.equal(pauseOf(rounds(14, (round) => round % 7 !== 6)), undefined, 'six days a week, for two weeks');
  assert.equal(pauseOf(rounds(14, (round) => round !== 4)), 110, 'a fault');
  assert.equal(pauseOf(rounds(19, (round) => round % 7 < 5)), undefined, 'weekdays');
  assert.equal(pauseOf(rounds(9) + '.'.repeat(240)), undefined, 'deleted');
  // Rows that are missing within a visit are none.
  const torn = rounds(8).replaceAll('##########', '###..#####');
  assert.equal(pauseOf(torn), 110);
});
