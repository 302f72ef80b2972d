/** Who gets what: links that hold and links that do not, and that nothing else is served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LINK_LIFETIME, sign } from '../../../../lib/answers/signed-link.ts';
import { createLinkKeyCache } from '../../../../lib/jobs/shared/link-keys.ts';
import { incidentPageKey } from '../../../../lib/store/keys.ts';
import { createPagesWorld, DAY, MINUTE } from '../../../helpers/pages-world.ts';

const ENTITY = 'shop/payment';

test('a link shows the page of its incident with forms, and asks for nothing else', async () => {
  const world = createPagesWorld();
  const { id, link } = await world.tell(ENTITY);
  await world.tell('shop/cart');
  const { status, headers, body } = await world.ask(link);
  assert.equal(status, 200);
  assert.match(body, /<h1>/);
  assert.equal(body.match(/<form /g)?.length, 2);
  assert.match(body, /form-action 'self'/);
  assert.match(body, /<summary>The same by commands<\/summary><div class="answers">[\s\S]*tidewatch verdict/);
  assert.doesNotMatch(body, /<a [^>]*href="(?!https?:|#answer")/, 'no link to what it does not open');
  assert.doesNotMatch(body, /<script/);
  assert.deepEqual(world.touched, [
    `get incidents/${id}.html`,
    `get feedback/${id}.json`,
    `get silences/${id}.yml`,
  ]);
  assert.equal(headers['cache-control'], 'private, no-store');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['content-security-policy'] ?? '', /default-src 'none'.*frame-ancestors 'none'/);
  assert.doesNotMatch(headers['content-security-policy'] ?? '', /script-src|\*/);
});

test('the link is of the message alone: nothing in the bucket has it', async () => {
  const world = createPagesWorld();
  const { link } = await world.tell(ENTITY);
  const signature = new URL(link).searchParams.get('s') ?? '';
  for (const key of world.store.keys()) assert.ok(!world.store.text(key)?.includes(signature), key);
  assert.ok(!JSON.stringify(world.telemetry.lines).includes(signature));
});

test('a look changes nothing, whoever looks and however often; HEAD has no body', async () => {
  const world = createPagesWorld();
  const { link } = await world.tell(ENTITY);
  const before = world.store.keys().map((key) => [key, world.store.text(key)]);
  const tracked = `${link}&utm_source=mail&safe=1`;
  for (const address of [link, tracked, link]) assert.equal((await world.ask(address)).status, 200);
  const head = await world.ask(link, { method: 'HEAD' });
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.deepEqual(
    world.store.keys().map((key) => [key, world.store.text(key)]),
    before,
  );
  assert.ok(world.touched.every((line) => line.startsWith('get ')));
});

test('a link ends after thirty days', async () => {
  const world = createPagesWorld();
  const { link } = await world.tell(ENTITY);
  const begin = world.now;
  world.now = begin + LINK_LIFETIME - MINUTE;
  assert.equal((await world.ask(link)).status, 200);
  world.now = begin + LINK_LIFETIME;
  assert.equal((await world.ask(link)).status, 404);
  assert.equal(LINK_LIFETIME, 30 * DAY);
});

test('what is not asked by a link that holds is answered the same to the byte, and reads nothing', async () => {
  const world = createPagesWorld();
  const { id, link } = await world.tell(ENTITY);
  const other = await world.tell('shop/cart');
  const { searchParams, search } = new URL(link);
  const [e, s] = [Number(searchParams.get('e')), searchParams.get('s')];
  const key = world.keys.current;
  const forged = (incidentId: string, expires: number): string =>
    `e=${expires}&s=${sign({ purpose: 'page', incidentId, expires, seen: '' }, 'another key')}`;
  const asked: readonly (readonly [path: string, query: string, method?: string])[] = [
    ['/', ''],
    ['/favicon.ico', ''],
    ['/i/', search.slice(1)],
    ['/i', search.slice(1)],
    [`/i/${id}`, ''],
    [`/i/${id}/`, search.slice(1)],
    [`/i/${id}.json`, search.slice(1)],
    [`/i/${other.id}`, search.slice(1)],
    ['/i/unknown', search.slice(1)],
    ['/i/unknown', forged('unknown', e)],
    [`/i/${id}`, forged(id, e)],
    [`/i/${id}`, `e=${e + 1}&s=${s}`],
    [`/i/${id}`, `e=${e}&s=${s}x`],
    [`/i/${id}`, `e=${e}`],
    [`/i/${id}`, `s=${s}`],
    [`/i/${id}`, `e=0${e}&s=${s}`],
    [`/i/${id}`, `e=${e}.0&s=${s}`],
    [`/i/${id}`, `e=${e}&s=${s}&s=${s}`],
    [`/i/${id}`, `e=${e}&e=${e}&s=${s}`],
    // A form's right is none to see, nor one of a page to answer.
    [`/i/${id}`, `e=${e}&s=${sign({ purpose: 'verdict', incidentId: id, expires: e, seen: '' }, key)}`],
    [`/i/${id}`, search.slice(1), 'POST'],
    [`/i/${id}`, search.slice(1), 'PUT'],
    [`/i/${id}`, search.slice(1), 'DELETE'],
    [`/i/${id}`, search.slice(1), 'OPTIONS'],
    [`/v/${id}`, search.slice(1)],
    [`/s/${id}`, search.slice(1), 'PATCH'],
    [`/incidents/${id}.html`, search.slice(1)],
    ...[
      '../state/notify',
      '..%2fstate%2fnotify',
      '%2e%2e/x',
      '..',
      '.',
      `${id}/0001`,
      `${id}%00`,
      `${id}\\..`,
    ].map((path) => [`/i/${path}`, search.slice(1)] as const),
  ];
  world.touched.length = 0;
  const first = await world.ask('/');
  for (const [path, query, method = 'GET'] of asked)
    assert.deepEqual(await world.ask('/', { path, query, method }), first, `${method} ${path}?${query}`);
  assert.equal(first.status, 404);
  assert.deepEqual(world.touched, []);
  assert.equal(world.telemetry.total('LinksRefused'), asked.length + 1);
});

test('ten thousand guesses get the same answer, and make nobody read keys without an end', async () => {
  const world = createPagesWorld();
  const { id, link } = await world.tell(ENTITY);
  const e = new URL(link).searchParams.get('e');
  const refused = await world.ask('/');
  world.keyReads = 0;
  world.touched.length = 0;
  const signature = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64url'));
  await fc.assert(
    fc.asyncProperty(signature, fc.constantFrom('i', 'v', 's'), async (s, letter) => {
      const method = letter === 'i' ? 'GET' : 'POST';
      const response = await world.ask('/', { path: `/${letter}/${id}`, query: `e=${e}&s=${s}`, method });
      assert.deepEqual(response, refused);
    }),
    { seed: 15, numRuns: 10_000 },
  );
  assert.deepEqual(world.touched, []);
  assert.ok(world.keyReads <= 2, `${world.keyReads} reads`);
  assert.equal((await world.ask(link)).status, 200);
});

test('a new key is taken up at once, the one before it holds, and the one before that ends within minutes', async () => {
  const world = createPagesWorld();
  const first = await world.tell(ENTITY);
  assert.equal((await world.ask(first.link)).status, 200);
  world.now += 11_000;
  world.keys = { current: 'the second key, of many characters', previous: world.keys.current };
  const second = await world.tell('shop/cart');
  assert.equal((await world.ask(second.link)).status, 200, 'read anew where a signature fails');
  assert.equal((await world.ask(first.link)).status, 200);
  world.keys = { current: 'the third key, of many characters', previous: world.keys.current };
  world.now += 5 * MINUTE;
  assert.equal((await world.ask(first.link)).status, 404);
  assert.equal((await world.ask(second.link)).status, 200);
});

test('keys are read once for all who ask at once, and again after a failure', async () => {
  let reads = 0;
  let isDown = true;
  let now = 0;
  const cache = createLinkKeyCache({
    read: async () => {
      reads++;
      if (isDown) throw new Error('down');
      return { current: 'k' };
    },
    now: () => now,
  });
  await assert.rejects(cache.get(), /down/);
  isDown = false;
  await assert.rejects(cache.get(), /down/, 'many that ask do not wait for it one after the other');
  assert.equal(reads, 1);
  now = 10_000;
  await Promise.all([cache.get(), cache.get(), cache.renew()]);
  assert.equal(reads, 2);
  now = 20_000;
  await cache.get();
  assert.equal(reads, 2);
  await cache.renew();
  assert.equal(reads, 3);
  now += 5 * MINUTE;
  await cache.get();
  assert.equal(reads, 4);
});

test('before its page is written an incident can be answered; once its object is gone there is nothing', async () => {
  const world = createPagesWorld();
  const { id, link } = await world.tell(ENTITY);
  await world.store.delete(incidentPageKey(id));
  const { status, body } = await world.ask(link);
  assert.equal(status, 200);
  assert.match(body, /is written within a minute/);
  assert.equal(body.match(/<form /g)?.length, 2);
  await world.store.delete(`incidents/${id}.json`);
  assert.deepEqual(await world.ask(link), await world.ask('/'));
});

test('a page of an earlier release, which has no marks, has the forms at its end', async () => {
  const world = createPagesWorld();
  const { id, link } = await world.tell(ENTITY);
  const page = world.store.text(incidentPageKey(id)) ?? '';
  const old = page.replaceAll(/<!--.*?-->| data-beside/g, '');
  await world.store.put(incidentPageKey(id), new TextEncoder().encode(old));
  const { body } = await world.ask(link);
  assert.match(body, /tidewatch verdict[\s\S]*<form [\s\S]*<\/form><\/div><\/main>/);
});

test('names of others are no marks, and no markup', async () => {
  const world = createPagesWorld();
  const hostile = `<!--/answers--><script>alert(1)</script>$&$'"`;
  const { body } = await world.ask((await world.tell(hostile)).link);
  assert.doesNotMatch(body, /<script/);
  assert.equal(body.match(/<form /g)?.length, 2);
  assert.ok(body.includes('&lt;!--/answers--&gt;') || body.includes('&lt;!-'));
});

test('keys that hold do so while a guess makes them be read, and that fails', async () => {
  let isDown = false;
  let now = 0;
  const cache = createLinkKeyCache({
    read: async () => {
      if (isDown) throw new Error('throttled');
      return { current: 'k' };
    },
    now: () => now,
  });
  await cache.get();
  isDown = true;
  now = MINUTE;
  assert.deepEqual(await cache.renew(), { current: 'k' });
  assert.deepEqual(await cache.get(), { current: 'k' });
  now = 6 * MINUTE;
  await assert.rejects(cache.get(), /throttled/);
});
