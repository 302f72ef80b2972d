/** Which files under detectors/ are manifests, and what becomes of those that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDetectorStatus } from '../../../../lib/cli/detector-status.ts';
import { listOfNoDetector } from '../../../../lib/cli/quarantined.ts';
import {
  findDetectorNames,
  listDeclaredDetectors,
  loadDetector,
  readDetector,
} from '../../../../lib/jobs/shared/load-detectors.ts';
import { listQuarantine, quarantine } from '../../../../lib/jobs/shared/quarantine.ts';
import { runTestCli } from '../../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const manifest = (name: string, query = 'up'): Uint8Array =>
  bytes(`kind: AnomalyDetector\nmetadata: { name: ${name} }\nspec:\n  prometheus_query: ${query}\n`);

function createContext() {
  const store = createMemoryObjectStore();
  return { store, telemetry: createMemoryTelemetry(), now: () => Date.UTC(2026, 10, 22) };
}

test('a manifest may end as Kubernetes has it, in any case', async () => {
  const context = createContext();
  for (const key of ['checkout.yaml', 'payments.YML', 'cart.yml', 'a.b.Yaml'])
    await context.store.put(`detectors/${key}`, manifest(key.replace(/\.ya?ml$/i, '')));
  assert.deepEqual(await listDeclaredDetectors(context), ['a.b', 'cart', 'checkout', 'payments']);
  for (const name of ['a.b', 'cart', 'checkout', 'payments'])
    assert.equal((await loadDetector(context, name)).detector.metrics[0]?.query, 'up');
  assert.equal((await loadDetector(context, 'a')).detector.declared, false);
  assert.deepEqual(await listQuarantine(context.store), []);
});

test('of two manifests of one name the usual one is used, and the other is told of', async () => {
  const context = createContext();
  await context.store.put('detectors/cart.YAML', manifest('cart', 'upper'));
  await context.store.put('detectors/cart.yaml', manifest('cart', 'other'));
  await context.store.put('detectors/cart.yml', manifest('cart'));
  assert.deepEqual(await listDeclaredDetectors(context), ['cart']);
  assert.equal((await loadDetector(context, 'cart')).detector.metrics[0]?.query, 'up');
  const { quarantined } = await readDetectorStatus(context, 'cart');
  assert.deepEqual(
    quarantined.map(({ key }) => key),
    ['detectors/cart.YAML', 'detectors/cart.yaml'],
  );
  assert.match(quarantined[1]!.message, /detectors\/cart\.yml declares the same detector/);
});

test('what is no manifest goes to quarantine with the reason; markers are left alone', async () => {
  const context = createContext();
  for (const key of ['cart.json', 'team/cart.yml', '-x.yml', '_notes', '.keep', 'folder/'])
    await context.store.put(`detectors/${key}`, manifest('cart'));
  assert.deepEqual(await listDeclaredDetectors(context), []);
  assert.deepEqual(
    (await listOfNoDetector(context.store)).map(({ key }) => key),
    ['detectors/-x.yml', 'detectors/cart.json', 'detectors/team/cart.yml'],
  );
});

test("files under windows/ whose folder names no detector are told of, and other detectors' files are not read", async () => {
  const context = createContext();
  for (const key of ['windows/lost.csv', 'windows/detector=bad name/a.csv', 'windows/detector=shop/b.csv']) {
    await context.store.put(key, bytes('a'));
    await quarantine(context, { detector: 'none', key, error: new Error('not used') });
  }
  const reads: string[] = [];
  const store = {
    ...context.store,
    get: (...[key, options]: Parameters<typeof context.store.get>) => {
      reads.push(key);
      return context.store.get(key, options);
    },
  };
  assert.deepEqual(
    (await listOfNoDetector(store)).map(({ key }) => key),
    ['windows/detector=bad name/a.csv', 'windows/lost.csv'],
  );
  assert.ok(!reads.some((key) => key.includes('detector=shop')), reads.join(' '));
  const { stdout } = await runTestCli(['status'], context.store);
  assert.match(stdout, /^quarantined: windows\/lost\.csv: not used$/m);
  await context.store.delete('windows/lost.csv');
  assert.deepEqual(
    (await listOfNoDetector(context.store)).map(({ key }) => key),
    ['windows/detector=bad name/a.csv'],
  );
});

test('what no one thought of is a fault of its manifest: it is set aside, and the next one is read', async () => {
  const context = createContext();
  await context.store.put('detectors/deep.yml', bytes('a: '.concat('['.repeat(40_000), ']'.repeat(40_000))));
  await context.store.put('detectors/good.yml', manifest('good'));
  await assert.rejects(loadDetector(context, 'deep'), { code: 'bad-manifest' });
  assert.equal((await loadDetector(context, 'good')).detector.name, 'good');
  assert.deepEqual(
    (await listQuarantine(context.store)).map(({ key }) => key),
    ['detectors/deep.yml'],
  );
});

test('a manifest larger than any that is read is refused unread', async () => {
  const context = createContext();
  await context.store.put('detectors/cart.yml', new Uint8Array(4_000_001));
  await assert.rejects(loadDetector(context, 'cart'), { name: 'ManifestError', code: 'too-large' });
  assert.equal((await listQuarantine(context.store))[0]?.key, 'detectors/cart.yml');
  assert.match((await readDetectorStatus(context, 'cart')).problem ?? '', /4000001 bytes/);
});

test('who only looks at a bucket writes nothing to it, and says of a manifest what a job says', async () => {
  const { store } = createContext();
  await store.put('detectors/cart.yml', manifest('basket'));
  await store.put('detectors/shop.yaml', manifest('shop'));
  await store.put('detectors/notes.txt', bytes('none'));
  await store.put('state/detector=shop.json', bytes('{"cut'));
  const keys = store.keys();
  assert.deepEqual(await findDetectorNames(store), ['cart', 'shop']);
  assert.equal((await readDetector(store, 'shop')).metrics[0]?.query, 'up');
  await assert.rejects(readDetector(store, 'cart'), { name: 'ManifestError', code: 'name-mismatch' });
  const { stdout } = await runTestCli(['status'], store);
  assert.match(stdout, /cart: detectors\/cart\.yml: metadata\.name is "basket", the file says "cart"/);
  await store.put('detectors/cart.yml', new Uint8Array(4_000_001));
  await assert.rejects(readDetector(store, 'cart'), { name: 'ManifestError', code: 'too-large' });
  assert.deepEqual(store.keys(), keys);
});
