/** tidewatch incidents and silence, over a bucket in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeJson } from '../../../lib/store/json.ts';
import { incidentKey } from '../../../lib/store/keys.ts';
import { createAlert } from '../../helpers/alerts.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';

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
  assert.equal(added.stdout, 'written: silences/move.yml\n');
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
      by: null,
      comment: null,
    },
    {
      type: 'silence',
      silence: 'move',
      holds: true,
      matchers: ['workload = "payment"', 'severity != "critical"'],
      from: null,
      until: '2026-11-27T14:00:00.000Z',
      by: 'ada',
      comment: null,
    },
  ]);
  const again = await run('add', 'move', 'workload=x', '--for', '1h');
  assert.deepEqual([again.code, /exists already/.test(again.stderr)], [2, true]);
  assert.equal((await run('end', 'move')).stdout, 'ended: silences/move.yml is deleted\n');
  assert.deepEqual(store.keys(), ['silences/backup.yml']);
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
    ['add', 'x', 'detector=a', '--hours', '22'],
    ['add', '../x', 'detector=a', '--for', '2h'],
    ['end', 'x'],
    ['list', '--for', '2h'],
    ['mute'],
  ])
    assert.notEqual((await runTestCli(['silence', ...args], store, host)).code, 0, args.join(' '));
  assert.deepEqual(store.keys(), []);
  await store.put('silences/bad.yml', new TextEncoder().encode('?'));
  assert.equal((await runTestCli(['silence', 'list'], store, host)).code, 3);
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
  assert.match(stdout, /^verdict left out: feedback\/bad\.json does not fit its format: .*verdict/m);
  const { lines } = await runTestCli(['status', '--json'], store, host);
  const { verdicts } = lines.find(({ type }) => type === 'detector')!;
  assert.deepEqual(verdicts, { true: 1, false: 1, expected: 1, precision: 1 / 3 });
});
