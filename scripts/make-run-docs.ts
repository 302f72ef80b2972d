/**
 * Makes what documents show of a run of `npm start` on its sample: the text of the first alert, what `auto` noted of its fit,
 * and the page of that incident and the report of the training as Chromium (Debian's) shows them. Takes a minute or two.
 *
 *   node scripts/make-run-docs.ts [DIR]     of what `npm start -- --data DIR` has kept, in place of a new run
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { findFirst, placeRunDocs, QUOTING } from './run-docs.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'docs/pictures');
/** CSS pixels. Both stand side by side in the README, so they have one height. */
const SIZE = { width: 960, height: 760 } as const;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

const [given] = process.argv.slice(2);
const dataDir = given ?? mkdtempSync(join(tmpdir(), 'tidewatch-pictures-'));
try {
  if (given === undefined) runSample(dataDir);
  for (const page of QUOTING) {
    const file = join(ROOT, page);
    writeFileSync(file, placeRunDocs(page, readFileSync(file, 'utf8'), dataDir));
  }
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  try {
    await takePicture(browser, {
      file: findFirst(dataDir, 'incidents/*.html'),
      from: 'Tidewatch incident',
      as: 'alert.png',
    });
    await takePicture(browser, {
      file: findFirst(dataDir, 'models/*/version=*/report.html'),
      from: 'Evidence over time',
      as: 'report.png',
    });
  } finally {
    await browser.close();
  }
} finally {
  if (given === undefined) rmSync(dataDir, { recursive: true, force: true });
}

function runSample(folder: string): void {
  const args = [join(ROOT, 'scripts/start.ts'), '--data', folder];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm start ended with ${status}`);
}

/** The page from a text on, as much as fits. */
async function takePicture(
  browser: Browser,
  { file, from, as }: { readonly file: string; readonly from: string; readonly as: string },
): Promise<void> {
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(pathToFileURL(file).href);
  const box = await page.getByText(from).first().boundingBox();
  if (box === null) throw new Error(`${file} has no "${from}"`);
  const clip = { x: 0, y: Math.max(0, box.y - 24), ...SIZE };
  await page.screenshot({ path: join(FOLDER, as), fullPage: true, clip });
  await page.close();
}
