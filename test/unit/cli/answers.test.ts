/** tidewatch incidents, silence, verdict and exclude, over a bucket in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyChange, IncidentsState } from '../../../lib/incident/contract.ts';
import { notify } from '../../../lib/jobs/notify/notify.ts';
import { encodeJson } from '../../../lib/store/json.ts';
import { feedbackKey, incidentKey, NOTIFY_STATE_KEY } from '../../../lib/store/keys.ts';
import { INITIAL_NOTIFY_STATE, writeNotifyState } from '../../../lib/store/notify-state.ts';
import { createAlert } from '../../helpers/alerts.ts';
import { createChange, endOf, NINE } from '../../helpers/anomalies.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../helpers/notify-context.ts';

const NOW = Date.parse('2026-11-27T12:00Z');
const encoder = new TextEncoder();
const host = { now: () => NOW };

async function createIncidents(): Promise<MemoryObjectStore> {
  const store = createMemoryObjectStore();
  const write = async (day: string, over: object): Promise<void> => {
    const incidentId = `${day}T080000Z-aaaaaaaaaaaa`;
    const member = {
      anomalyId: incidentId,
      detector: 'shop',
      entity: 'a-0',
      workload: 'a',
      state: 'opened',
      start: '2026-11-22T08:00:00.000Z',
      end: null,
      summary: `cpu of ${day}`,
      object: 'anomalies/x.json',
    };
    await store.put(
      incidentKey(incidentId),
      encodeJson({
        formatVersion: 1,
        incidentId,
        severity: 'warning',
        members: [member],
        changes: [],
        ...over,
      }),
    );
  };
  const over = createAlert({ state: 'resolved', end: '2026-11-22T09:00:00.000Z', summary: 'was off' });
  await write('20261120', { silencedBy: 'night' });
  await write('20261121', {});
  await write('20261122', { state: 'resolved', members: [], changes: [{ sequence: 1, alert: over }] });
  await store.put('incidents/20261122T080000Z-aaaaaaaaaaaa/x-0001.json', encodeJson({}));
  await store.put(incidentKey('20261123T080000Z-cut'), new TextEncoder().encode('{'));
  return store;
}

test('incidents lists the newest first, silenced and waiting ones as such, and passes over what is cut', async () => {
  const store = await createIncidents();
  const { stdout, stderr, code } = await runTestCli(['incidents'], store, host);
  const rows = stdout.trimEnd().split('\n').slice(1);
  assert.equal(code, 0);
  assert.deepEqual(
    rows.map((row) => row.split(/\s+/).slice(0, 2).join(' ')),
    ['20261122 resolved', '20261121 waiting', '20261120 silenced'].map((row) =>
      row.replace(' ', 'T080000Z-aaaaaaaaaaaa '),
    ),
  );
  assert.match(stderr, /^warning: incident left out .*20261123T080000Z-cut/);
  const open = await runTestCli(['incidents', 'list', '--open', '--last', '1', '--json'], store, host);
  assert.deepEqual(
    open.lines.filter(({ type }) => type === 'incident').map(({ incidentId }) => incidentId),
    ['20261121T080000Z-aaaaaaaaaaaa'],
  );
});

test('incidents says of each what people know of it', async () => {
  const store = await createIncidents();
  const change = (state: 'opened' | 'digest'): object => ({
    state,
    changes: [{ sequence: 1, alert: createAlert({ state }) }],
  });
  const over = { members: [], status: 'closed' };
  for (const [i, object] of [
    { status: 'waiting' },
    { status: 'held' },
    { status: 'digested', digestId: 'digest-1' },
    { ...over, digestId: 'digest-1' },
    { ...over, silencedBy: 'night' },
    over,
    { members: [] },
    { ...change('opened'), status: 'told' },
    { ...change('opened'), status: 'told', silencedBy: 'night' },
    change('digest'),
  ].entries()) {
    const incidentId = `20261124T08000${i}Z-b`;
    const from = JSON.parse(store.text(incidentKey('20261121T080000Z-aaaaaaaaaaaa')) ?? '') as object;
    await store.put(incidentKey(incidentId), encodeJson({ ...from, incidentId, ...object }));
  }
  const { stdout } = await runTestCli(['incidents', '--last', '10'], store, host);
  const states = stdout.split('\n').slice(1, 11);
  assert.deepEqual(states.map((row) => row.split(/ {2,}/)[1]).toReversed(), [
    'waiting',
    'for digest',
    'in digest',
    'in digest',
    'silenced',
    'ended',
    'ended',
    'opened',
    'silenced',
    'digest',
  ]);
  const shown = await runTestCli(['incidents', 'show', '20261124T080002Z-b'], store, host);
  assert.match(shown.stdout, /told in the digest digest-1\n[\s\S]*nobody was told of it alone\n/);
  const digest = await runTestCli(['incidents', 'show', '20261124T080009Z-b'], store, host);
  assert.match(digest.stdout, /incidents, the most important first:\n/);
});

test('incidents show tells of one, and refuses what is none', async () => {
  const store = await createIncidents();
  const shown = await runTestCli(['incidents', 'show', '20261120T080000Z-aaaaaaaaaaaa'], store, host);
  assert.match(
    shown.stdout,
    /silenced by silences\/night\n[\s\S]*opened shop cpu of 20261120\n[\s\S]*nobody was told\n/,
  );
  for (const args of [
    ['show', 'none'],
    ['show', '../x'],
    ['show'],
    ['shwo', 'x'],
    ['show', 'x', '--open'],
    ['list', '--last', '0'],
  ])
    assert.equal((await runTestCli(['incidents', ...args], store, host)).code, 2, args.join(' '));
});

test('incidents show has what people said of it and of its anomalies', async () => {
  const store = await createIncidents();
  const id = '20261120T080000Z-aaaaaaaaaaaa';
  const shown = () => runTestCli(['incidents', 'show', id], store, host);
  assert.doesNotMatch((await shown()).stdout, /verdict/);
  const at = '2026-11-24T09:00:00Z';
  const verdict = { formatVersion: 1, id, verdict: 'false', by: 'ada', note: 'a load\ntest', at };
  await store.put(feedbackKey(id), encodeJson(verdict));
  assert.match((await shown()).stdout, /\nverdict: false by ada, 2026-11-24T09:00:00Z: a load test\n/);
  const { lines } = await runTestCli(['incidents', 'show', id, '--json'], store, host);
  assert.deepEqual(lines.find(({ type }) => type === 'incident')?.['verdicts'], [verdict]);
  await store.put(feedbackKey(id), encodeJson({ ...verdict, verdict: 'maybe' }));
  assert.match((await shown()).stdout, /\nits verdict counts for nothing: .*feedback/);
});

test('silence adds what the notify stage reads, lists it and ends it', async () => {
  const store = createMemoryObjectStore();
  const run = (...args: string[]) => runTestCli(['silence', ...args], store, host);
  assert.equal((await run('list')).stdout, 'no silences\n');
  const added = await run(
    'add',
    'move',
    'workload=payment',
    'severity!=critical',
    '--for',
    '2h',
    '--by',
    'ada',
  );
  assert.equal(added.stdout, 'written: silences/move.yml, no incident is open now\n');
  await run(
    'add',
    'backup',
    'entity=~db/.*',
    '--hours',
    '22:00-06:00',
    '--days',
    'friday',
    '--time-zone',
    'Europe/Berlin',
  );
  const listed = await run('list', '--json');
  assert.deepEqual(listed.lines.slice(0, 2), [
    {
      type: 'silence',
      silence: 'backup',
      holds: false,
      matchers: ['entity =~ "db/.*"'],
      from: null,
      until: null,
      every: { days: ['friday'], start: '22:00', end: '06:00', time_zone: 'Europe/Berlin' },
      calendar: null,
      events: null,
      by: null,
      comment: null,
      via: null,
    },
    {
      type: 'silence',
      silence: 'move',
      holds: true,
      matchers: ['workload = "payment"', 'severity != "critical"'],
      from: null,
      until: '2026-11-27T14:00:00.000Z',
      every: null,
      calendar: null,
      events: null,
      by: 'ada',
      comment: null,
      via: null,
    },
  ]);
  const again = await run('add', 'move', 'workload=x', '--for', '1h');
  assert.deepEqual([again.code, /exists already/.test(again.stderr)], [2, true]);
  assert.equal((await run('end', 'move')).stdout, 'ended: silences/move.yml is deleted\n');
  assert.deepEqual(store.keys(), ['silences/backup.yml']);
});

test('silence add says how many open incidents it covers, and both warn of a detector that is none', async () => {
  const store = createMemoryObjectStore();
  const member = (entity: string, over: object = {}): AnomalyChange =>
    createChange({ anomalyId: entity, entity: `shop/${entity}`, ...over });
  const over = member('over-0', { start: NINE - 3_600_000, workload: 'over' });
  const incidents: IncidentsState = {
    openings: [],
    incidents: [member('payment-0'), member('orders-0'), over].map((each) => ({
      id: each.anomalyId,
      members: [each === over ? endOf(over) : each],
      firstSeen: NINE,
      status: 'told',
      severity: 'warning',
      sequence: 1,
      isWorse: false,
      flaps: 0,
    })),
  };
  const add = async (name: string, ...rest: string[]) =>
    runTestCli(['silence', 'add', name, ...rest, '--for', '2h'], store, host);
  assert.equal(
    (await add('none', 'entity=~a')).stdout,
    'written: silences/none.yml, no incident is open now\n',
  );
  await writeNotifyState(store, { ...INITIAL_NOTIFY_STATE, incidents }, undefined);
  const part = await add('part', 'entity=~payment');
  assert.equal(part.stdout, 'written: silences/part.yml, covers 0 of 2 open incidents now\n');
  const { lines } = await add('whole', 'entity=~.*payment.*', '--json');
  const { covers, openIncidents } = lines.find(({ type }) => type === 'silence') ?? {};
  assert.deepEqual([covers, openIncidents], [1, 2]);
  await store.put('detectors/shop.yml', encoder.encode('kind: AnomalyDetector\n'));
  const wrong = await add('wrong', 'detector=shpo');
  assert.match(wrong.stderr, /^warning: it matches nothing as yet: no detector "shpo".*there are shop$/m);
  assert.equal(wrong.code, 0);
  assert.equal((await add('right', 'detector=shop')).stderr, '');
  const range = ['--from', '2026-11-22', '--for', '1h'];
  const excluded = await runTestCli(['exclude', 'add', 'x', 'detector=shpo', ...range], store, host);
  assert.match(excluded.stderr, /^warning: .*no detector "shpo"/m);
  assert.equal(excluded.stdout, 'written: exclusions/x.yml\n');
  await store.put(NOTIFY_STATE_KEY, encoder.encode('{'));
  const broken = await add('broken', 'detector=shop');
  assert.equal(broken.stdout, 'written: silences/broken.yml\n');
  assert.match(broken.stderr, /^warning: what it covers is not known: .*state\/notify\.json/);
  assert.equal(broken.code, 0);
});

test('silence list says in which hours a silence holds, from when, and by which link it came', async () => {
  const store = createMemoryObjectStore();
  const run = (...args: string[]) => runTestCli(['silence', ...args], store, host);
  const berlin = ['--time-zone', 'Europe/Berlin'];
  const hours = ['--hours', '22:00-06:00', '--days', 'friday', ...berlin];
  await run('add', 'hours', 'detector=shop', ...hours, '--from', '2026-11-20T12:00Z');
  await run('add', 'nights', 'detector=shop', '--hours', '20:30-24:00');
  await run('add', 'plain', 'detector=shop', '--for', '2h');
  const via = { link: 'abc', sourceIp: '192.0.2.1', userAgent: 'Firefox' };
  const linked = { matchers: ['detector = shop'], until: '2026-11-28T00:00Z', via };
  await store.put('silences/linked.yml', encoder.encode(JSON.stringify(linked)));
  const [header, ...rows] = (await run('list')).stdout.trimEnd().split('\n');
  const at = header!.split(/ {2,}/).indexOf('WHEN');
  assert.deepEqual(
    rows.map((row) => row.split(/ {2,}/)[at]),
    ['fri 22:00–06:00 Europe/Berlin, from 2026-11-20T12:00:00.000Z', '-', 'daily 20:30–24:00 UTC', '-'],
  );
  const { lines } = await runTestCli(['silence', 'list', '--json'], store, host);
  const found = lines.filter(({ type }) => type === 'silence');
  assert.deepEqual(
    found.map(({ silence, from, every, via }) => ({ silence, from, every, via })).slice(0, 2),
    [
      {
        silence: 'hours',
        from: '2026-11-20T12:00:00.000Z',
        every: { days: ['friday'], start: '22:00', end: '06:00', time_zone: 'Europe/Berlin' },
        via: null,
      },
      { silence: 'linked', from: null, every: null, via },
    ],
  );
});

test('a calendar is a silence by itself, or says when the rule that names it holds', async () => {
  const store = createMemoryObjectStore();
  const run = (...args: readonly string[]) => runTestCli(['silence', ...args], store, host);
  const events = ['DTSTART:20261127T110000Z', 'DTEND:20261127T130000Z'];
  const calendar = ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', ...events, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n');
  await store.put('silences/nights.ics', encoder.encode(calendar));
  assert.match(
    (await run('list')).stdout,
    /^nights\.ics +yes +everything +- +- +nights\.ics \(1 event\) +- +-$/m,
  );
  for (const file of ['nights.ics', 'other.ics']) {
    await store.put(`silences/${file}`, encoder.encode(calendar));
    assert.equal((await run('add', file.slice(0, -4), 'workload=db', '--calendar', file)).code, 0);
  }
  await store.delete('silences/other.ics');
  const listed = await run('list');
  assert.match(listed.stdout, /^nights +yes +workload = "db" +- +- +nights\.ics \(1 event\)/m);
  assert.match(
    listed.stdout,
    /^other +no +workload = "db" +- +- +other\.ics \(not there, or in quarantine\)/m,
  );
  assert.doesNotMatch(listed.stdout, /everything/);
  assert.match(listed.stderr, /silence other holds never: there is no usable silences\/other\.ics/);
  assert.equal((await run('add', 'x', 'workload=db', '--calendar', 'nights')).code, 2);
  assert.equal((await run('end', 'nights.ics')).stdout, 'ended: silences/nights.ics is deleted\n');
  assert.deepEqual(store.keys(), ['silences/nights.yml', 'silences/other.yml']);
});

test('a calendar that cannot be read is named as a bad silence is', async () => {
  const store = createMemoryObjectStore();
  await store.put('silences/nights.ics', encoder.encode('BEGIN:VCALENDAR\nBEGIN:VEVENT\n'));
  const list = await runTestCli(['silence', 'list'], store, host);
  assert.match(list.stdout, /^quarantined: silences\/nights\.ics: line 2: VEVENT has no end/m);
  assert.equal(list.code, 3);
});

test('an event that is not understood is named by list, status and add, and the others count', async () => {
  const store = createMemoryObjectStore();
  const bad = ['BEGIN:VEVENT', 'SUMMARY:Odd', 'DTSTART:20261127', 'RRULE:FREQ=SECONDLY', 'END:VEVENT'];
  const good = ['BEGIN:VEVENT', 'DTSTART:20261127', 'END:VEVENT'];
  const text = ['BEGIN:VCALENDAR', ...bad, ...good, 'END:VCALENDAR'].join('\r\n');
  await store.put('silences/nights.ics', encoder.encode(text));
  const named =
    /^left out: silences\/nights\.ics: event "Odd" \(without a UID\) silences nobody: line 5: RRULE has FREQ SECONDLY/m;
  const run = (...args: readonly string[]) => runTestCli(args, store, host);
  const list = await run('silence', 'list');
  assert.match(list.stdout, named);
  assert.match(list.stdout, /^nights\.ics +yes +everything +- +- +nights\.ics \(1 event\)/m);
  assert.equal(list.code, 0);
  assert.match((await run('status')).stdout, named);
  const added = await run('silence', 'add', 'x', 'workload=db', '--calendar', 'nights.ics');
  assert.deepEqual([added.code, named.test(added.stdout)], [0, true]);
  // Mended.
  await store.put('silences/nights.ics', encoder.encode(text.replace('SECONDLY', 'DAILY')));
  for (const command of [['silence', 'list'], ['status']])
    assert.doesNotMatch((await run(...command)).stdout, /left out/);
});

test('a silence by a calendar that is not there, or is none, is not added', async () => {
  const store = createMemoryObjectStore();
  const add = () =>
    runTestCli(['silence', 'add', 'x', 'workload=db', '--calendar', 'nights.ics'], store, host);
  const missing = await add();
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /the bucket has no silences\/nights\.ics, which --calendar names/);
  await store.put('silences/nights.ics', encoder.encode('BEGIN:VCALENDAR\nBEGIN:VEVENT\n'));
  const broken = await add();
  assert.notEqual(broken.code, 0);
  assert.match(broken.stderr, /line 2: VEVENT has no end/);
  assert.deepEqual(store.keys(), ['silences/nights.ics']);
});

test('silence refuses what the notify stage would not take, and writes nothing', async () => {
  const store = createMemoryObjectStore();
  for (const args of [
    ['add', 'x'],
    ['add', 'x', '--for', '2h'],
    ['add', 'x', 'pod=a', '--for', '2h'],
    ['add', 'x', 'detector=a'],
    ['add', 'x', 'detector=a', '--for', '2h', '--until', '2026-12-01'],
    ['add', 'x', 'detector=a', '--days', 'friday'],
    ['add', 'x', 'detector=a', '--until', '2026-11-27T12:00Z'],
    ['add', 'x', 'detector=a', '--from', '2026-11-26', '--for', '1d'],
    ['add', 'x', 'detector=a', '--hours', '22:00-06:00', '--until', '2026-11-27'],
    ['add', 'x', 'detector=a', '--hours', '22'],
    ['add', 'x', 'detector=a', '--hours', '22:00-26:00'],
    ['add', '../x', 'detector=a', '--for', '2h'],
    ['end', 'x'],
    ['list', '--for', '2h'],
    ['mute'],
  ])
    assert.equal((await runTestCli(['silence', ...args], store, host)).code, 2, args.join(' '));
  assert.deepEqual(store.keys(), []);
  const endless = await runTestCli(['silence', 'add', 'x', 'detector=a'], store, host);
  assert.match(
    endless.stderr,
    /needs its end: --for 2h, --until TIME, --hours START-END of each day, or --calendar/,
  );
  const over = await runTestCli(['silence', 'add', 'x', 'detector=a', '--until', '2026-11-26'], store, host);
  assert.match(over.stderr, /already over: it ends 2026-11-26T00:00:00\.000Z/);
});

test('of the silences, silence add looks at the keys of its name alone', async () => {
  const bucket = createMemoryObjectStore();
  for (const name of ['moved.yaml', 'move.YML.txt', 'x.yml'])
    await bucket.put(`silences/${name}`, encoder.encode('?'));
  const store = {
    ...bucket,
    get: async (key: string) => (key === NOTIFY_STATE_KEY ? bucket.get(key) : assert.fail(`read ${key}`)),
    list: (prefix: string) => (prefix === 'silences/move.' ? bucket.list(prefix) : assert.fail(prefix)),
  };
  const add = ['silence', 'add', 'move', 'workload=a', '--for', '2h'];
  const added = await runTestCli(add, store, host);
  assert.deepEqual([added.code, added.stderr], [0, '']);
  await bucket.delete('silences/move.yml');
  await bucket.put('silences/move.yaml', encoder.encode('?'));
  assert.match((await runTestCli(add, store, host)).stderr, /exists already; end it first/);
});

test('a silence that cannot be used is named by silence list and by status, until it is mended', async () => {
  const store = createMemoryObjectStore();
  await store.put('silences/bad.yml', encoder.encode('matchers: [pod = a]\nuntil: 2026-12-01\n'));
  await store.put('state/notify.json', encoder.encode('{"formatV'));
  const publisher = { publish: async () => ({ messageId: 'm' }) };
  await notify(createNotifyContext(store, { publisher, now: () => NOW }), []);
  const list = await runTestCli(['silence', 'list'], store, host);
  const named = /^quarantined: silences\/bad\.yml: matchers\.0 must be .*, not "pod = a"$/m;
  assert.match(list.stdout, named);
  assert.match(list.stdout, /^no silences$/m);
  assert.equal(list.code, 3);
  const status = await runTestCli(['status'], store, host);
  assert.match(status.stdout, named);
  assert.match(status.stdout, /^quarantined: state\/notify\.json/m);
  await store.put('silences/bad.yml', encoder.encode('matchers: [detector = a]\nuntil: 2026-12-01\n'));
  const mended = await runTestCli(['silence', 'list'], store, host);
  assert.deepEqual([mended.code, /quarantined/.test(mended.stdout)], [0, false]);
});

test('a verdict on an anomaly says whose it is, and one on a digest is sent to its incidents', async () => {
  const store = await createIncidents();
  await store.put('detectors/shop.yml', encoder.encode('metadata: {name: shop}'));
  const first = JSON.parse(store.text(incidentKey('20261120T080000Z-aaaaaaaaaaaa')) ?? '') as {
    members: object[];
  };
  const id = '20261120T080500Z-bbbbbbbbbbbb';
  await store.put(`anomalies/detector=shop/${id}.json`, encodeJson({}));
  const run = (...args: string[]) => runTestCli(['verdict', ...args], store, host);
  assert.equal((await run(id, 'false')).stdout, `written: feedback/${id}.json, of one anomaly of shop\n`);
  await store.put(
    incidentKey('20261120T080000Z-aaaaaaaaaaaa'),
    encodeJson({ ...first, members: [...first.members, { ...first.members[0], anomalyId: id }] }),
  );
  assert.match(
    (await run(id, 'false')).stdout,
    /of shop; the incident that it is part of, 20261120T080000Z-aaaaaaaaaaaa, is not answered by it\n$/,
  );
  const { lines } = await run(id, 'false', '--json');
  assert.equal(lines[0]?.['incidentId'], '20261120T080000Z-aaaaaaaaaaaa');
  // One that began before the anomaly after whose first anomalous row its incident is named.
  const early = '20261120T075900Z-cccccccccccc';
  await store.put(`anomalies/detector=shop/${early}.json`, encodeJson({}));
  await store.put(
    incidentKey('20261120T080000Z-aaaaaaaaaaaa'),
    encodeJson({ ...first, members: [...first.members, { ...first.members[0], anomalyId: early }] }),
  );
  assert.equal(
    (await run(early, 'false', '--json')).lines[0]?.['incidentId'],
    '20261120T080000Z-aaaaaaaaaaaa',
  );
  await store.put(incidentKey('digest-1'), encodeJson({ ...first, incidentId: 'digest-1', state: 'digest' }));
  const digest = await run('digest-1', 'true');
  assert.deepEqual([digest.code, /answer its incidents/.test(digest.stderr)], [2, true]);
  assert.equal((await run('../x', 'true')).code, 2);
  await store.delete('detectors/shop.yml');
  assert.equal((await run('20261121T080000Z-aaaaaaaaaaaa', 'true')).code, 0, 'its detector may be gone');
});

test('exclude adds what trainings read, lists it and removes it', async () => {
  const store = createMemoryObjectStore();
  const run = (...args: string[]) => runTestCli(['exclude', ...args], store, host);
  assert.equal((await run('list')).stdout, 'no exclusions\n');
  const range = ['--from', '2026-11-22T08:30Z', '--for', '70m'];
  const added = await run('add', 'test', 'detector=shop', 'entity=~db/.*', ...range, '--by', 'ada');
  assert.equal(added.stdout, 'written: exclusions/test.yml\n');
  await run('add', 'move', '--from', '2026-11-20', '--until', '2026-11-21', '--comment', 'old cluster');
  const move = {
    type: 'exclusion',
    exclusion: 'move',
    matchers: [],
    from: '2026-11-20T00:00:00.000Z',
    until: '2026-11-21T00:00:00.000Z',
    by: null,
    comment: 'old cluster',
  };
  assert.deepEqual((await run('list', '--json')).lines.slice(0, 2), [
    move,
    {
      type: 'exclusion',
      exclusion: 'test',
      matchers: ['detector = "shop"', 'entity =~ "db/.*"'],
      from: '2026-11-22T08:30:00.000Z',
      until: '2026-11-22T09:40:00.000Z',
      by: 'ada',
      comment: null,
    },
  ]);
  assert.match((await run('list')).stdout, /^EXCLUSION .*\nmove +everything +2026-11-20T00/);
  const again = await run('add', 'test', ...range);
  assert.deepEqual([again.code, /exists already/.test(again.stderr)], [2, true]);
  assert.equal((await run('remove', 'test')).stdout, 'removed: exclusions/test.yml is deleted\n');
  assert.deepEqual(store.keys(), ['exclusions/move.yml']);
});

test('exclude refuses what a training would not take, and writes nothing', async () => {
  const store = createMemoryObjectStore();
  const range = ['--from', '2026-11-22', '--for', '2h'];
  for (const args of [
    ['add', 'x'],
    ['add', 'x', '--from', '2026-11-22'],
    ['add', 'x', '--for', '2h'],
    ['add', 'x', 'severity=info', ...range],
    ['add', 'x', ...range, '--until', '2026-12-01'],
    ['add', 'x', '--from', '2026-11-22', '--until', '2026-11-22'],
    ['add', '../x', ...range],
    ['remove', 'x'],
    ['list', '--for', '2h'],
    ['end', 'x'],
  ])
    assert.equal((await runTestCli(['exclude', ...args], store, host)).code, 2, args.join(' '));
  assert.deepEqual(store.keys(), []);
  await store.put('exclusions/good.yaml', encoder.encode('from: 2026-11-22\nuntil: 2026-11-23'));
  for (const name of ['bad.yml', 'notes.txt', 'sub/good.yml'])
    await store.put(`exclusions/${name}`, encoder.encode('?'));
  const listed = await runTestCli(['exclude', 'list'], store, host);
  assert.equal(listed.code, 3);
  assert.match(listed.stdout, /^quarantined: exclusions\/bad\.yml: [\s\S]*\nEXCLUSION .*\ngood /);
  assert.ok(store.keys().includes('quarantine/exclusions/bad.yml.reason.json'));
  assert.match(
    store.text('quarantine/exclusions/notes.txt.reason.json') ?? '',
    /is no exclusion: it is called/,
  );
  assert.match(
    store.text('quarantine/exclusions/sub/good.yml.reason.json') ?? '',
    /exclusions\/sub\/good\.yml is no exclusion: it lies in a folder, and only what lies in exclusions\/ itself is read/,
  );
});

test('verdict writes what status counts, and is of something', async () => {
  const store = await createIncidents();
  await store.put('detectors/shop.yml', encoder.encode('metadata: {name: shop}'));
  await store.put('anomalies/detector=shop/a1.json', encodeJson({}));
  const [first, second] = ['20261120T080000Z-aaaaaaaaaaaa', '20261121T080000Z-aaaaaaaaaaaa'];
  const said = await runTestCli(
    ['verdict', first, 'true', '--note', 'disk full', '--by', 'ada'],
    store,
    host,
  );
  assert.equal(said.stdout, `written: feedback/${first}.json\n`);
  assert.deepEqual(JSON.parse(store.text(`feedback/${first}.json`) ?? ''), {
    formatVersion: 1,
    id: first,
    verdict: 'true',
    note: 'disk full',
    by: 'ada',
    at: '2026-11-27T12:00:00.000Z',
  });
  await runTestCli(['verdict', second, 'true'], store, host);
  await runTestCli(['verdict', second, 'expected'], store, host);
  await runTestCli(['verdict', 'a1', 'false'], store, host);
  for (const args of [['none', 'true'], [first, 'maybe'], [first], [first, 'true', 'x']])
    assert.equal((await runTestCli(['verdict', ...args], store, host)).code, 2, args.join(' '));
  await store.put('feedback/bad.json', encoder.encode('{"formatVersion": 1, "verdict": true}'));
  const { stdout } = await runTestCli(['status'], store, host);
  assert.match(stdout, /^shop: of 3 answered, 1 true, 1 false, 1 expected: precision 0\.33$/m);
  assert.match(
    stdout,
    /^verdict left out: feedback\/bad\.json does not fit its format: .*verdict: .*"expected", not true;/m,
  );
  const { lines } = await runTestCli(['status', '--json'], store, host);
  const { verdicts } = lines.find(({ type }) => type === 'detector')!;
  assert.deepEqual(verdicts, { true: 1, false: 1, expected: 1, precision: 1 / 3 });
});

const ID = '20261122T080000Z-0123456789ab';
for (const [args, message] of [
  [['silence'], /silence needs to know what: add NAME MATCHER…, list, or end NAME/],
  [['silence', 'add'], /silence add needs a name: tidewatch silence add NAME MATCHER…;/],
  [['silence', 'add', '', 'workload=a', '--for', '2h'], /silence add needs a name: /],
  [['silence', 'add', '--for', '2h'], /silence add needs a name: /],
  [
    ['silence', 'add', 'severity!=critical', '--for', '2h'],
    /silence add needs a name before its matchers, not "severity!=critical": tidewatch silence add NAME MATCHER…;/,
  ],
  [
    ['silence', 'add', 'night', '--for', '2h'],
    /silence add needs a matcher, .*: tidewatch silence add night MATCHER…;/,
  ],
  [['silence', 'list', 'x'], /silence list takes nothing more, not "x";/],
  [
    ['silence', 'end'],
    /silence end needs a name, one of tidewatch silence list: tidewatch silence end NAME;/,
  ],
  [['silence', 'end', 'a', 'b'], /silence end takes one name, not "a b";/],
  [['silence', 'rm'], /silence has no "rm"; did you mean tidewatch silence end NAME\?/],
  [['silence', 'show', 'x'], /silence has no "show"; did you mean tidewatch silence list\?/],
  [['silence', 'mute', 'x'], /silence takes add NAME MATCHER…, list, or end NAME, not "mute x";/],
  [['exclude', 'add'], /exclude add needs a name: tidewatch exclude add NAME \[MATCHER…\];/],
  [
    ['exclude', 'add', 'entity!~a', '--from', '2026-11-22', '--for', '2h'],
    /exclude add needs a name before its matchers, not "entity!~a"/,
  ],
  [
    ['exclude', 'add', 'x'],
    /exclude add needs its beginning: --from TIME, and its end: --until TIME or --for DURATION/,
  ],
  [['exclude', 'add', 'x', '--for', '2h'], /exclude add needs its beginning: --from TIME \(usage\)/],
  [
    ['exclude', 'add', 'x', '--from', '2026-11-22'],
    /exclude add needs its end: --until TIME or --for DURATION/,
  ],
  [
    ['exclude', 'remove'],
    /exclude remove needs a name, one of tidewatch exclude list: tidewatch exclude remove NAME;/,
  ],
  [['verdict'], /verdict needs the id of an incident, .*: tidewatch verdict ID true\|false\|expected/],
  [['verdict', 'true'], /verdict needs the id of an incident/],
  [
    ['verdict', ID],
    /verdict needs to know what "20261122T080000Z-0123456789ab" was, one of true, false, expected/,
  ],
  [
    ['verdict', 'true', ID],
    /verdict takes the id before the verdict, not "true 20261122T080000Z-0123456789ab"/,
  ],
  [
    ['verdict', ID, 'true', 'disk', 'full'],
    /verdict takes an id and a verdict, and nothing more, not "disk full"; .* --note/,
  ],
  [['incidents', 'show', 'a', 'b'], /incidents show takes one id, not "a b"/],
  [['incidents', ID], /did you mean tidewatch incidents show 20261122T080000Z-0123456789ab\?/],
  [
    ['incidents', 'list', ID],
    /incidents list takes nothing more, .*; did you mean tidewatch incidents show 20261122T080000Z-0123456789ab\?/,
  ],
  [['incidents', 'list', 'x'], /incidents list takes nothing more, not "x"; see tidewatch incidents --help/],
  [
    ['incidents', 'foo'],
    /incidents takes list, or show and an id, not "foo"; see tidewatch incidents --help/,
  ],
  [
    ['verdict', 'x', 'maybe'],
    /the verdict is "maybe", none of true, false, expected: true for what was an incident/,
  ],
  [
    ['verdict', 'x'],
    /verdict needs to know what "x" was, one of true, false, expected: .*; see tidewatch incidents for the ids/,
  ],
  [['incidents', 'show'], /incidents show needs an id, the first column of tidewatch incidents list/],
  [['incidents', 'shwo', 'x'], /incidents has no "shwo"; did you mean show\?/],
  [['silence', 'remove', 'x'], /did you mean tidewatch silence end x\?/],
  [['silence', 'ad', 'x', 'entity=a'], /did you mean tidewatch silence add x entity=a\?/],
  [['exclude', 'end', 'x'], /did you mean tidewatch exclude remove x\?/],
  [['exclude', 'show'], /did you mean tidewatch exclude list\?/],
  [['silence', 'add', 'x', 'entity=a', '--for', '-2h'], /--for is "-2h", not a duration such as 15m/],
] as const)
  test(`"tidewatch ${args.join(' ')}" is told what was meant, or is missing`, async () => {
    const { code, stderr } = await runTestCli(args, createMemoryObjectStore(), host);
    assert.match(stderr, message);
    assert.equal(code, 2);
  });

test('status of one detector calls no verdict on another one unknown', async () => {
  const store = await createIncidents();
  for (const name of ['shop', 'cart'])
    await store.put(`detectors/${name}.yml`, encoder.encode(`metadata: {name: ${name}}`));
  await store.put('anomalies/detector=cart/a1.json', encodeJson({}));
  await runTestCli(['verdict', 'a1', 'false'], store, host);
  const said = store.text('feedback/a1.json') ?? '';
  await store.put('feedback/gone.json', encoder.encode(said.replace('"a1"', '"gone"')));
  const { stdout } = await runTestCli(['status', 'shop'], store, host);
  assert.doesNotMatch(stdout, /a1/);
  assert.match(
    stdout,
    /verdict left out: feedback\/gone\.json is of no incident and of no anomaly of any detector/,
  );
});

test('a silence that is over gives its name to the next, one that holds does not', async () => {
  const store = createMemoryObjectStore();
  const add = (now: number, length: string) =>
    runTestCli(['silence', 'add', 'x', 'detector=shop', '--for', length], store, { now: () => now });
  assert.equal((await add(NOW, '2h')).code, 0);
  assert.match((await add(NOW + 3_600_000, '2h')).stderr, /silence x exists already/);
  assert.equal((await add(NOW + 5 * 3_600_000, '1h')).code, 0);
  assert.match(store.text('silences/x.yml')!, /until: 2026-11-27T18:00/);
});

test('what people write is one cell of one row', async () => {
  const store = createMemoryObjectStore();
  const comment = 'a\nforged  yes  detector = "b"';
  await runTestCli(
    ['silence', 'add', 'x', 'detector=shop', '--for', '2h', '--comment', comment],
    store,
    host,
  );
  const { stdout } = await runTestCli(['silence', 'list'], store, host);
  assert.equal(stdout.trimEnd().split('\n').length, 2);
});

test('a range that ends before it begins is refused with both of its times', async () => {
  for (const command of ['silence', 'exclude']) {
    const range = ['--from', '2026-12-02', '--until', '2026-12-01'];
    const { code, stderr } = await runTestCli(
      [command, 'add', 'x', 'detector=shop', ...range],
      createMemoryObjectStore(),
      host,
    );
    assert.equal(code, 2);
    assert.match(stderr, /--from is 2026-12-02T00:00:00.000Z, which is not before --until, 2026-12-01T/);
  }
});
