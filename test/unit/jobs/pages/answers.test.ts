/** What people say on a page: written as commands write it, once, over what they saw and over nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSilencing } from '../../../../lib/answers/silencing.ts';
import type { Verdict } from '../../../../lib/answers/verdict.ts';
import type { IncidentObject } from '../../../../lib/jobs/notify/record-incident.ts';
import { writeVerdict } from '../../../../lib/jobs/shared/write-answers.ts';
import { encodeJson } from '../../../../lib/store/json.ts';
import { feedbackKey, incidentKey, silenceKey } from '../../../../lib/store/keys.ts';
import { createPagesWorld, MINUTE, type PagesWorld } from '../../../helpers/pages-world.ts';

const ENTITY = 'shop/payment';
const HOUR = 60 * MINUTE;

async function open(world: PagesWorld): Promise<{ id: string; link: string; page: string }> {
  const told = await world.tell(ENTITY);
  return { ...told, page: (await world.ask(told.link)).body };
}

function verdictOf(world: PagesWorld, id: string): Verdict {
  return JSON.parse(world.store.text(feedbackKey(id)) ?? assert.fail('no verdict')) as Verdict;
}

test('a verdict is written with who, when, from where and by which link, and shown', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const fields = { verdict: 'false', note: 'a backup\r\nof ours', by: 'ada' };
  const { status, headers, body } = await world.send(from, fields);
  assert.deepEqual([status, body], [303, '']);
  assert.equal(
    new URL(headers['location'] ?? '', from.link.replace('/i/', '/v/')).href,
    `${from.link}#answer`,
  );
  const { via, ...rest } = verdictOf(world, from.id);
  assert.deepEqual(rest, {
    formatVersion: 1,
    id: from.id,
    verdict: 'false',
    note: 'a backup\nof ours',
    by: 'ada (by link)',
    at: new Date(world.now).toISOString(),
  });
  assert.deepEqual(
    { ...via, link: undefined },
    { link: undefined, sourceIp: '203.0.113.7', userAgent: 'Browser/1.0' },
  );
  assert.match(via?.link ?? '', /^[0-9a-f]{12}$/);
  assert.match((await world.ask(from.link)).body, /<b>A false alarm<\/b>.*said by ada \(by link\)/);
  const [line, ...more] = world.telemetry.lines.filter(({ message }) => message === 'answered by link');
  assert.deepEqual(more, []);
  assert.deepEqual(
    { ...line?.fields },
    {
      detector: 'shop',
      incidentId: from.id,
      answer: 'verdict',
      verdict: 'false',
      by: 'ada (by link)',
      ...via,
    },
  );
  assert.equal(world.telemetry.total('AnswersByLink', 'shop'), 1);
});

test('a silence is the one of the alert’s command, for as long as was chosen, and ends as others do', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  assert.equal((await world.send(from, { for: '8h', by: '' })).status, 303);
  const text = world.store.text(silenceKey(from.id)) ?? '';
  const silencing = parseSilencing(text, { source: 'test', name: from.id });
  assert.deepEqual(
    silencing.matchers.map(({ name, operator, value }) => `${name} ${operator} ${value}`),
    ['detector = shop', `entity = ${ENTITY}`],
  );
  assert.equal(silencing.until, world.now + 8 * HOUR);
  assert.deepEqual([silencing.by, silencing.via?.sourceIp], ['link', '203.0.113.7']);
  const quiet = (await world.ask(from.link)).body;
  assert.match(quiet, /<b>Quiet<\/b> until 22 Nov 2026, 16:30 UTC/);
  assert.equal(quiet.match(/<form /g)?.length, 1, 'nothing more to keep quiet');
  world.now += 9 * HOUR;
  const page = (await world.ask(from.link)).body;
  assert.equal((await world.send({ ...from, page }, { for: '1h' })).status, 303);
  const again = parseSilencing(world.store.text(silenceKey(from.id)) ?? '', {
    source: 'test',
    name: from.id,
  });
  assert.equal(again.until, world.now + HOUR);
});

test('what is over can be answered, and is not kept quiet', async () => {
  const world = createPagesWorld();
  await world.tell(ENTITY);
  const { link } = await world.tell(ENTITY, 'resolved');
  const { body } = await world.ask(link);
  assert.match(body, /action="\.\.\/v\//);
  assert.doesNotMatch(body, /action="\.\.\/s\//);
});

test('a form that is sent twice says it once', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const fields = { verdict: 'true', note: 'disk full', by: '' };
  await world.send(from, fields);
  const stored = world.store.text(feedbackKey(from.id));
  world.now += MINUTE;
  assert.equal((await world.send(from, fields)).status, 303);
  assert.equal(world.store.text(feedbackKey(from.id)), stored);
  assert.equal(world.telemetry.total('AnswersByLink'), 1);
  assert.equal((await world.send(from, { for: '1h' })).status, 303);
  const silence = world.store.text(silenceKey(from.id));
  world.now += 5_000;
  assert.equal((await world.send(from, { for: '1h' })).status, 303);
  assert.equal(world.store.text(silenceKey(from.id)), silence);
});

test('what was said since is not written over by a form that is replayed, or by a page that is old', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  await world.send(from, { verdict: 'false', by: 'mallory' });
  // A colleague speaks last, by a command.
  const answer: Verdict = {
    formatVersion: 1,
    id: from.id,
    verdict: 'true',
    by: 'ada',
    at: '2026-11-22T09:00:00.000Z',
  };
  await writeVerdict(world.store, answer);
  for (const verdict of ['false', 'true', 'expected']) {
    const { status, body } = await world.send(from, { verdict, by: 'mallory', note: 'a <b> & c' });
    assert.equal(status, 409);
    assert.match(
      body,
      /a &lt;b&gt; &amp; c<\/textarea>[\s\S]*value="mallory"/,
      'and need not be written anew',
    );
    assert.match(body, /It was answered meanwhile/);
    assert.match(body, /<b>A real fault<\/b>.*said by ada/);
  }
  assert.deepEqual(verdictOf(world, from.id), answer);
  const refused = world.telemetry.lines.filter(({ message }) => /not written/.test(message));
  assert.deepEqual(
    [refused.length, refused[0]?.level, refused[0]?.fields['sourceIp']],
    [3, 'warn', '203.0.113.7'],
  );
  // Whoever saw it may say something else.
  const page = (await world.ask(from.link)).body;
  assert.equal((await world.send({ ...from, page }, { verdict: 'expected' })).status, 303);
  assert.equal(verdictOf(world, from.id).verdict, 'expected');
});

test('of two that answer the same page at once, one is told that it was second', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const answers = await Promise.all(['true', 'expected'].map((verdict) => world.send(from, { verdict })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
});

test('a form is good for its own answer and its own incident', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const refused = await world.ask('/');
  const post = (path: string, body: string): ReturnType<typeof world.ask> =>
    world.ask('/', {
      method: 'POST',
      path,
      query: new URL(from.link).search.slice(1),
      contentType: 'application/x-www-form-urlencoded',
      body: new TextEncoder().encode(body),
    });
  const [, token] = /action="\.\.\/v\/[\s\S]*?name="t" value="([^"]+)"/.exec(from.page) ?? [];
  assert.ok(token !== undefined);
  assert.deepEqual(await post(`/s/${from.id}`, `seen=&t=${token}&by=&for=1h`), refused);
  assert.deepEqual(await post(`/v/${from.id}`, `seen=%22x%22&t=${token}&verdict=true`), refused);
  assert.deepEqual(await post(`/v/${from.id}`, `seen=&t=${'A'.repeat(43)}&verdict=true`), refused);
  assert.deepEqual(await post(`/v/${from.id}`, 'verdict=true'), refused);
  const other = await world.tell('shop/cart');
  assert.deepEqual(await post(`/v/${other.id}`, `seen=&t=${token}&verdict=true`), refused);
  assert.deepEqual(
    world.store.keys().filter((key) => /^(feedback|silences)\//.test(key)),
    [],
  );
});

test('what is no such form is said to be none, and nothing is cut or passed over', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const problems: readonly (readonly [Record<string, string>, number, RegExp])[] = [
    [{ verdict: 'maybe' }, 400, /A verdict is one of true, false, expected/],
    [{ for: '2h' }, 400, /kept quiet for one of 1h, 8h, 1d/],
    [{ for: 'constructor' }, 400, /kept quiet for one of/],
    [{ verdict: 'true', note: 'x'.repeat(501) }, 400, /at most 500 characters, not 501/],
    [{ verdict: 'true', by: 'x'.repeat(81) }, 400, /at most 80 characters, not 81/],
    [{ verdict: 'true', admin: '1' }, 400, /no field &quot;admin&quot;/],
    [{ verdict: 'true', note: 'x'.repeat(20_000) }, 413, /the limit is 16384/],
  ];
  for (const [fields, status, says] of problems) {
    const response = await world.send(from, fields);
    assert.equal(response.status, status, JSON.stringify(fields).slice(0, 60));
    assert.match(response.body, says);
    assert.match(response.body, /<form /, 'and may be sent again');
  }
  const whole = await world.send(from, { verdict: 'true', note: '雨'.repeat(500), by: 'é'.repeat(80) });
  assert.equal(whole.status, 303);
  const query = new URL(from.link).search.slice(1);
  const body = new TextEncoder().encode('{"verdict":"true"}');
  const json = await world.ask('/', {
    method: 'POST',
    path: `/v/${from.id}`,
    query,
    contentType: 'application/json',
    body,
  });
  assert.equal(json.status, 400);
});

test('an answer that cannot be read is told of, and what is said takes its place', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  await world.store.put(feedbackKey(from.id), new TextEncoder().encode('{"verdict":"yes"}'));
  const page = (await world.ask(from.link)).body;
  assert.match(page, /an answer that cannot be read/);
  assert.equal((await world.send({ ...from, page }, { verdict: 'true' })).status, 303);
  assert.equal(verdictOf(world, from.id).verdict, 'true');
});

test('what people write is text on the page, and a long name of a browser is cut in the audit', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  await world.send(from, { verdict: 'true', note: '<img src=x onerror=alert(1)>', by: '"><script>' });
  const { body } = await world.ask(from.link);
  assert.doesNotMatch(body, /<img|<script/);
  assert.match(body, /&lt;img src=x/);
});

test('no link keeps everything quiet, however many detectors its incident is of', async () => {
  const world = createPagesWorld();
  const from = await open(world);
  const key = incidentKey(from.id);
  const incident = JSON.parse(world.store.text(key) ?? '') as IncidentObject;
  const [member] = incident.members;
  const members = Array.from({ length: 40 }, (_, at) => ({
    ...member!,
    detector: `${'d'.repeat(40)}${at}`,
    entity: `${'e'.repeat(40)}${at}`,
    workload: `${'w'.repeat(40)}${at}`,
  }));
  await world.store.put(key, encodeJson({ ...incident, members }));
  const { status, body } = await world.send(from, { for: '1d' });
  assert.deepEqual([status, world.store.text(silenceKey(from.id))], [400, undefined]);
  assert.match(body, /more detectors than a silence can name/);
});
