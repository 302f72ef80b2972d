/** The page of an incident in a real browser: what is visible at a desk and on a phone, and that it asks for nothing. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { HOSTILE, writeSampleIncident } from '../helpers/incident-page.ts';
import { CHROMIUM, SIZES, type Visit, visitPage } from '../helpers/visit-page.ts';

let folder: string;
let address: string;
let earlier: string;
let browser: Browser;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-incident-'));
  const sample = await writeSampleIncident();
  earlier = sample.earlier;
  const file = join(folder, 'incident.html');
  await writeFile(file, sample.page);
  address = pathToFileURL(file).href;
  browser = await chromium.launch(CHROMIUM);
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function visit(size: keyof typeof SIZES, colorScheme: 'light' | 'dark'): Promise<Visit> {
  const visit = await visitPage(await browser.newPage({ viewport: SIZES[size], colorScheme }), address);
  await visit.page.locator('details').evaluateAll((all) => {
    for (const one of all) one.setAttribute('open', '');
  });
  return visit;
}

describe("an incident's page in Chromium", () => {
  for (const size of ['desk', 'phone'] as const)
    for (const scheme of ['light', 'dark'] as const)
      it(`fits a ${size} in ${scheme}, asks for nothing and complains of nothing`, async () => {
        const { page, requests, complaints } = await visit(size, scheme);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.equal(width, SIZES[size].width);
        const [paper, ink] = await Promise.all([
          computed(page, 'body', 'background-color'),
          computed(page, 'h1', 'color'),
        ]);
        assert.equal(brightness(paper) < brightness(ink), scheme === 'dark', `${ink} on ${paper}`);
        assert.ok(Math.abs(brightness(paper) - brightness(ink)) > 150);
        const small =
          await page.evaluate<number>(`[...document.querySelectorAll('svg text')].filter((text) => {
          const svg = text.ownerSVGElement;
          const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
          return scale > 0 && Number.parseFloat(getComputedStyle(text).fontSize) * scale < 10;
        }).length`);
        assert.equal(small, 0, 'labels under 10 px');
        const lines = await page.evaluate<
          number[]
        >(`[...document.querySelectorAll('.related .value')].map((one) => {
          const range = document.createRange();
          range.selectNodeContents(one);
          return range.getClientRects().length;
        })`);
        assert.deepEqual(new Set(lines), new Set([1]), 'values and times of one line');
        assert.deepEqual(requests, []);
        assert.deepEqual(complaints, []);
      });

  it('has its parts, a plot with lines for each metric, and names as they are', async () => {
    const { page } = await visit('desk', 'light');
    assert.deepEqual(await page.locator('h1, h2').allTextContents(), [
      'payment',
      'Probable culprit',
      'Timeline',
      'What was deployed',
      'Who else is part of it',
      'What moved with it',
      'Similar incidents',
      'Answer it',
      'The model and its data',
    ]);
    const plots = await page.locator('figure svg:visible').evaluateAll((all) =>
      all.map((svg) => ({
        label: svg.getAttribute('aria-label'),
        inked: [...svg.querySelectorAll('path, polyline')].filter(
          (shape) => shape.getBoundingClientRect().width > 100,
        ).length,
      })),
    );
    // Three of the culprit, two of each of four more; the hostile one has no data.
    assert.equal(plots.length, 11);
    for (const plot of plots) assert.ok(plot.inked > 0, JSON.stringify(plot));
    assert.ok(await page.getByText(HOSTILE.entity, { exact: false }).first().isVisible());
    assert.ok(plots.some(({ label }) => label?.startsWith(HOSTILE.metric)));
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.equal(await page.locator('.bars .lane').count(), 8);
    assert.equal(await page.locator('.messages li').count(), 2);
    assert.match(
      (await page.locator('.deployed li').allTextContents()).join(),
      /02:18 *sock-shop\/payment · 5ff676694b to cfd6b84cb/,
    );
    const moved = page.locator('.related:not(.deployed) li');
    assert.match((await moved.allTextContents()).join(), /payment-cfd6b84cb-mhzxg/);
    assert.ok((await moved.count()) <= 8);
    assert.equal(await page.locator('.similar a').getAttribute('href'), `${earlier}.html`);
  });
});

/** Of the first match. */
function computed(page: Page, selector: string, property: string): Promise<string> {
  return page.evaluate(
    `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue('${property}')`,
  );
}

/** 0 to 255. @param colour as computed styles give it, "rgb(1, 2, 3)" */
function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
