/** tidewatch replay, over a bucket in memory and queues that note what they are asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingError } from '../../../lib/base/errors.ts';
import type { Host } from '../../../lib/cli/host.ts';
import { notify } from '../../../lib/jobs/notify/notify.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../helpers/notify-context.ts';
import { declareQuick, dropWindow, EPOCH, STEP } from '../../helpers/synthetic-window.ts';

const NOW = EPOCH + 1_600 * STEP;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const BAD = 'windows/detector=shop/bad.parquet';

interface Queues extends Pick<Host, 'openQueue'> {
  readonly asked: string[];
}

function createQueues(dead: Readonly<Record<string, number>> = {}): Queues {
  const asked: string[] = [];
  return {
    asked,
    openQueue: (url) => ({
      request: async (detector) => void asked.push(`${url} ${detector}`),
      countDead: async () => dead[url] ?? 0,
      async redrive() {
        if (!(url in dead))
          throw new SettingError('no-dead-letters', `the queue ${url} has no dead-letter queue`);
        asked.push(url);
        return dead[url]!;
      },
    }),
  };
}

async function createQuarantine(): Promise<MemoryObjectStore> {
  const store = createMemoryObjectStore({ now: () => NOW });
  await dropWindow(store, { from: 0, rows: 60 });
  await store.put(BAD, bytes('not parquet'));
  await store.put('windows/detector=cart/bad.parquet', bytes('not parquet'));
  await store.put('detectors/odd.txt', bytes('?'));
  assert.equal((await runTestCli(['score'], store, { now: () => NOW })).code, 3);
  return store;
}

const reasons = (store: MemoryObjectStore): string[] =>
  store.keys().filter((key) => key.endsWith('.reason.json'));

test('replay quarantine takes the marks off and says what is next; --dry-run only says', async () => {
  const store = await createQuarantine();
  const all = reasons(store);
  assert.equal(all.length, 3);
  const dry = await runTestCli(['replay', 'quarantine', '--dry-run'], store);
  assert.equal(dry.code, 0);
  assert.match(dry.stdout, /^would be tried again: windows\/detector=shop\/bad\.parquet \([\w-]+\)$/m);
  assert.deepEqual(reasons(store), all);
  const one = await runTestCli(['replay', 'quarantine', 'shop'], store);
  assert.match(
    one.stdout,
    /^tried again: windows\/detector=shop\/bad\.parquet .*\nnext: tidewatch score shop\n$/,
  );
  assert.equal(reasons(store).length, 2);
  // It is no better than it was.
  assert.equal((await runTestCli(['score', 'shop'], store, { now: () => NOW })).code, 3);
  assert.deepEqual(reasons(store), all);
});

test('replay quarantine goes by reason, and asks the deployment to score where it is told of its queue', async () => {
  const store = await createQuarantine();
  const queues = createQueues();
  const env = { TIDEWATCH_BUCKET: 'test-bucket', TIDEWATCH_SCORE_QUEUE_URL: 'https://sqs/score' };
  const none = await runTestCli(['replay', 'quarantine', '--code', 'nonsense'], store, { env, ...queues });
  assert.deepEqual(
    [none.code, none.stdout, queues.asked],
    [0, 'nothing in quarantine that this would try again\n', []],
  );
  const { lines } = await runTestCli(['replay', 'quarantine', '--json'], store, { env, ...queues });
  const replayed = lines.filter(({ type }) => type === 'replayed');
  assert.deepEqual(
    replayed.map(({ outcome }) => outcome),
    ['released', 'released', 'released'],
  );
  assert.deepEqual(queues.asked, ['https://sqs/score cart', 'https://sqs/score shop']);
  assert.deepEqual(reasons(store), []);
});

test('replay quarantine lets a silence be tried again, and names a state of notifications that was begun anew', async () => {
  const store = createMemoryObjectStore();
  await store.put('silences/bad.yml', new TextEncoder().encode('?'));
  await store.put('state/notify.json', new TextEncoder().encode('{"formatV'));
  const publisher = { publish: async () => ({ messageId: 'm' }) };
  await notify(createNotifyContext(store, { publisher }), []);
  assert.equal(reasons(store).length, 2);
  const { stdout } = await runTestCli(['replay', 'quarantine'], store);
  assert.equal(
    stdout,
    'left alone: state/notify.json was begun anew; what it held is quarantine/state/notify.json\n' +
      'tried again: silences/bad.yml (bad-answer)\n',
  );
  assert.deepEqual(reasons(store), ['quarantine/state/notify.json.reason.json']);
});

test('what somebody deleted comes back only by --restore', async () => {
  const store = await createQuarantine();
  await store.delete(BAD);
  const left = await runTestCli(['replay', 'quarantine', 'shop'], store);
  assert.match(left.stdout, /^left alone: .*bad\.parquet is gone; --restore brings its copy back\n$/);
  const back = await runTestCli(['replay', 'quarantine', 'shop', '--restore'], store);
  assert.match(back.stdout, /^brought back: /);
  assert.equal(store.text(BAD), 'not parquet');
});

test('replay dead-letters moves those of both queues; one that has none does not keep the other', async () => {
  const store = createMemoryObjectStore();
  const queues = createQueues({ 'https://sqs/train': 3 });
  const env = {
    TIDEWATCH_SCORE_QUEUE_URL: 'https://sqs/score',
    TIDEWATCH_TRAIN_QUEUE_URL: 'https://sqs/train',
  };
  const dry = await runTestCli(['replay', 'dead-letters', '--dry-run'], store, { env, ...queues });
  assert.equal(
    dry.stdout,
    'score: about 0 dead letters would be back in their queue\ntrain: about 3 dead letters would be back in their queue\n',
  );
  const both = await runTestCli(['replay', 'dead-letters'], store, { env, ...queues });
  assert.equal(both.code, 2);
  assert.equal(both.stdout, 'train: about 3 dead letters are back in their queue\n');
  assert.match(both.stderr, /https:\/\/sqs\/score has no dead-letter queue/);
  const byName = ['replay', 'dead-letters', '--dry-run', '--queue', 'train'];
  assert.match((await runTestCli(byName, store, { env, ...queues })).stdout, /^train: about/);
  const named = await runTestCli(['replay', 'dead-letters', '--queue', 'https://sqs/train'], store, queues);
  assert.equal(named.code, 0);
  assert.deepEqual(queues.asked, ['https://sqs/train', 'https://sqs/train']);
});

test('replay range has windows scored again and nobody told again', async () => {
  const store = createMemoryObjectStore({ now: () => NOW });
  const host = { now: () => NOW };
  await declareQuick(store);
  await dropWindow(store, { from: 0, rows: 1_440 });
  await runTestCli(['score'], store, host);
  assert.equal((await runTestCli(['train', 'shop'], store, host)).code, 0);
  await dropWindow(store, { from: 1_440, rows: 120, fault: { entity: 'payment', from: 1450, to: 1460 } });
  assert.equal((await runTestCli(['score'], store, host)).published.length, 2);
  const args = ['replay', 'range', 'shop', '--from', '2026-11-02T00:00Z'];
  const replayed = await runTestCli(args, store, host);
  assert.match(
    replayed.stdout,
    /^shop: 1 windows are to be scored again by \S+\nnext: tidewatch score shop\n$/,
  );
  const scored = await runTestCli(['score', 'shop'], store, host);
  assert.match(scored.stdout, /^shop: 1 windows with 240 rows scored/);
  assert.deepEqual(scored.published, []);
});

for (const [args, problem] of [
  [['replay'], /replay needs to know what: quarantine, dead-letters, range; see/],
  [['replay', 'all'], /not "all"/],
  [['replay', '__proto__'], /not "__proto__"/],
  [['replay', 'range', 'shop'], /needs --from TIME/],
  [['replay', 'range', '--from', '2026-11-02'], /at least one DETECTOR/],
  [['replay', 'range', 'shop', '--from', 'yesterday'], /--from is "yesterday", not a time such as/],
  [['replay', 'range', 'shop', '--from', '2026-11-02', '--to', '2026-11-01'], /is not before --to/],
  [['replay', 'quarantine', '--from', '2026-11-02'], /--from does not go with replay quarantine/],
  [['replay', 'dead-letters', '--restore'], /--restore does not go with/],
  [['replay', 'dead-letters', 'shop'], /takes no detector/],
  [['replay', 'dead-letters'], /needs --queue, TIDEWATCH_SCORE_QUEUE_URL or TIDEWATCH_TRAIN_QUEUE_URL/],
  [['replay', 'dead-letters', '--queue', 'foo'], /--queue is "foo", neither a URL nor one of score, train/],
  [['replay', 'dead-letters', '--queue', 'score'], /TIDEWATCH_SCORE_QUEUE_URL, which is not set/],
  [['replay', 'dead-letters', '--queue', 'https:'], /"https:", neither a URL/],
] as const)
  test(`"tidewatch ${args.join(' ')}" is told in a line and gives exit code 2`, async () => {
    const { code, stderr } = await runTestCli(args, createMemoryObjectStore(), { now: () => NOW });
    assert.equal(code, 2);
    assert.match(stderr.split('\n')[0] ?? '', problem);
  });
