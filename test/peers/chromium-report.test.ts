/** The report of the Sock Shop sample in a real browser: what is visible, what moves, and what it asks the network for. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { trainSockShop } from '../helpers/sockshop-report.ts';
import { CHROMIUM, SIZES, type Visit, visitPage } from '../helpers/visit-page.ts';

let folder: string;
let address: string;
const contexts: BrowserContext[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-report-'));
  const { files } = await trainSockShop('auto');
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  address = pathToFileURL(join(folder, 'report.html')).href;
});

after(async () => {
  for (const context of contexts) await context.close();
  await rm(folder, { recursive: true, force: true });
});

async function visit(size: keyof typeof SIZES, colorScheme: 'light' | 'dark'): Promise<Visit> {
  const profile = await mkdtemp(join(folder, 'profile-'));
  const viewport = SIZES[size];
  const context = await chromium.launchPersistentContext(profile, { ...CHROMIUM, viewport, colorScheme });
  contexts.push(context);
  return visitPage(await context.newPage(), address);
}

describe('report.html in Chromium', () => {
  it('shows its parts, asks for nothing and complains of nothing', async () => {
    const { page, requests, complaints } = await visit('desk', 'light');
    assert.deepEqual(await page.locator('h1, h2').allTextContents(), [
      'sockshop',
      'Data',
      'Model',
      'Threshold and what it costs',
      'Evidence over time',
      'Most anomalous moments',
      'How the evidence falls',
      'Metrics',
      'How it was made',
    ]);
    assert.ok(await page.getByText('25 labelled events', { exact: false }).first().isVisible());
    assert.equal(await page.locator('.moment').count(), 10);
    assert.equal(await page.locator('.stack tbody tr').count(), 19);
    await page.locator('#threshold').press('ArrowRight');
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    assert.deepEqual(requests, []);
    assert.deepEqual(complaints, []);
  });

  it('draws every plot with lines in it', async () => {
    const { page } = await visit('desk', 'light');
    const plots = await page.locator('svg:visible').evaluateAll((all) =>
      all.map((svg) => {
        const { width, height } = svg.getBoundingClientRect();
        const inked = [...svg.querySelectorAll('path, polyline, polygon')].filter((shape) => {
          const box = shape.getBoundingClientRect();
          return box.width + box.height > 100;
        });
        return { label: svg.getAttribute('aria-label'), width, height, inked: inked.length };
      }),
    );
    assert.ok(plots.length > 15, `${plots.length} plots`);
    for (const plot of plots)
      assert.ok(plot.width > 300 && plot.height > 50 && plot.inked > 0, JSON.stringify(plot));
  });

  it('answers the slider offline: a lower threshold alerts more often, and the keyboard will do', async () => {
    const { page } = await visit('desk', 'light');
    await page.context().setOffline(true);
    const slider = page.locator('#threshold');
    const read = async (id: string): Promise<string> => (await page.locator(`#at-${id}`).textContent()) ?? '';
    const current = { threshold: await read('threshold'), perWeek: await read('perWeek') };
    const inUse = page.locator('tr.current td');
    assert.equal(await inUse.first().textContent(), `${current.threshold} (in use)`);
    assert.equal(await inUse.nth(4).textContent(), current.perWeek);

    await slider.press('End');
    const quietest = await read('perWeek');
    assert.equal(
      quietest,
      await page.locator('.slider ~ details tbody tr:last-child td').nth(4).textContent(),
    );
    assert.ok(Number(quietest) < Number(current.perWeek), `${quietest} under ${current.perWeek}`);
    assert.ok(Number(await read('threshold')) > Number(current.threshold));
    assert.match(
      (await slider.getAttribute('aria-valuetext')) ?? '',
      new RegExp(`: ${quietest} alerts a week$`),
    );
    await slider.press('Home');
    assert.ok(Number(await read('perWeek')) > Number(quietest));
    assert.ok(Number(await read('threshold')) < Number(current.threshold));
  });

  it('fits a phone without scrolling sideways, with text that can be read', async () => {
    const { page } = await visit('phone', 'light');
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) one.setAttribute('open', '');
    });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.equal(width, SIZES.phone.width);
    const small = await page.evaluate<number>(`[...document.querySelectorAll('svg text')].filter((text) => {
      const svg = text.ownerSVGElement;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      return scale > 0 && Number.parseFloat(getComputedStyle(text).fontSize) * scale < 10;
    }).length`);
    assert.equal(small, 0, 'labels under 10 px');
    assert.equal(await page.locator('.wide:visible').count(), 0);
    assert.ok((await page.locator('.narrow:visible').count()) > 10);
  });

  for (const scheme of ['light', 'dark'] as const)
    it(`is ${scheme} where the system is, in words and lines`, async () => {
      const { page } = await visit('desk', scheme);
      const [paper, ink, line] = await Promise.all([
        computed(page, 'body', 'background-color'),
        computed(page, 'h1', 'color'),
        computed(page, 'svg g path', 'stroke'),
      ]);
      const [darkest, lightest] = [brightness(paper), brightness(ink)].toSorted((a, b) => a - b);
      assert.ok(lightest! - darkest! > 150);
      assert.equal(brightness(paper) < brightness(ink), scheme === 'dark');
      assert.equal(brightness(line) > 128, scheme === 'dark', `lines are ${line}`);
    });
});

/** Of the first match. */
function computed(page: Page, selector: string, property: string): Promise<string> {
  return page.evaluate(
    `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue('${property}')`,
  );
}

/** 0 to 255. @param colour as computed styles give it, "rgb(1, 2, 3)" */
function brightness(colour: string | undefined): number {
  const [red = 0, green = 0, blue = 0] = (colour?.match(/\d+/g) ?? []).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
