/** Served pages in a real browser: what a person sees and presses, at a desk and on a phone, without a script. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { type Browser, chromium, type Locator } from 'playwright-core';
import type { Verdict } from '../../lib/answers/verdict.ts';
import { feedbackKey, silenceKey } from '../../lib/store/keys.ts';
import { createPagesWorld, type PagesWorld } from '../helpers/pages-world.ts';
import { CHROMIUM, SIZES, type Visit, visitPage } from '../helpers/visit-page.ts';

const ENTITY = 'shop/payment';
let world: PagesWorld;
let server: Server;
let browser: Browser;
let incident: { readonly id: string; readonly link: string };

before(async () => {
  world = createPagesWorld();
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { status, headers, body } = await world.ask(incoming.url ?? '/', {
      method: incoming.method ?? '',
      contentType: incoming.headers['content-type'] ?? '',
      body: Buffer.concat(chunks),
    });
    outgoing.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { id, link } = await world.tell(ENTITY);
  const { pathname, search } = new URL(link);
  incident = { id, link: `http://127.0.0.1:${port}${pathname}${search}` };
  browser = await chromium.launch(CHROMIUM);
});
after(async () => {
  await browser?.close();
  server.close();
});

async function visit(size: keyof typeof SIZES, colorScheme: 'light' | 'dark' = 'light'): Promise<Visit> {
  const page = await browser.newPage({ viewport: SIZES[size], colorScheme });
  return await visitPage(page, incident.link);
}

describe('a served page in Chromium', () => {
  for (const size of ['desk', 'phone'] as const)
    for (const scheme of ['light', 'dark'] as const)
      it(`fits a ${size} in ${scheme}, asks for nothing and complains of nothing`, async () => {
        const { page, requests, complaints } = await visit(size, scheme);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), SIZES[size].width);
        for (const button of await page.locator('form.answer button:visible').all()) {
          const box = await button.boundingBox();
          assert.ok((box?.height ?? 0) >= 44, 'wide enough for a thumb');
        }
        assert.deepEqual(await page.locator('form.answer button:visible').allTextContents(), [
          'A real fault',
          'A false alarm',
          'It was expected',
          'For 1 hour',
          'For 8 hours',
          'For a day',
        ]);
        assert.deepEqual([requests, complaints], [[], []]);
      });

  it('takes a verdict and a silence by its buttons, and none by the Enter key', async () => {
    const { page, complaints } = await visit('phone');
    const old = await visit('desk');
    await page.getByRole('link', { name: 'Answer it' }).click();
    const name = page.getByLabel('Your name').first();
    await name.fill('ada');
    await name.press('Enter');
    assert.equal(world.store.text(feedbackKey(incident.id)), undefined);
    await page.getByLabel('Note').fill('two\nlines');
    await page.getByRole('button', { name: 'A false alarm' }).click();
    const said = page.getByText('said by ada (by link)');
    await said.waitFor();
    assert.ok(await isInView(said), 'where the page opens');
    const verdict = JSON.parse(world.store.text(feedbackKey(incident.id)) ?? '') as Verdict;
    assert.deepEqual([verdict.verdict, verdict.note], ['false', 'two\nlines']);
    await page.reload();
    await page.getByRole('button', { name: 'For 8 hours' }).click();
    await page.getByText('nobody is told of it meanwhile').waitFor();
    assert.match(world.store.text(silenceKey(incident.id)) ?? '', /entity = /);

    await old.page.getByRole('button', { name: 'A real fault' }).click();
    const refused = old.page.getByText('It was answered meanwhile');
    await refused.waitFor();
    assert.ok(await isInView(refused), 'where the page opens');
    assert.equal((JSON.parse(world.store.text(feedbackKey(incident.id)) ?? '') as Verdict).verdict, 'false');
    assert.deepEqual(complaints, []);
  });
});

/** Whole, in the window. */
async function isInView(locator: Locator): Promise<boolean> {
  const box = await locator.boundingBox();
  const height = locator.page().viewportSize()?.height ?? 0;
  return box !== null && box.y >= 0 && box.y + box.height <= height;
}
