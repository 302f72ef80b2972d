/**
 * Makes the pictures and the alert of the README from a real run: `npm start` on its sample, then the text of the first alert,
 * and the page of its incident and the report of the training as Chromium (Debian's) shows them. Takes a minute or two.
 *
 *   node scripts/make-pictures.ts [DIR]     of what `npm start -- --data DIR` has kept, in place of a new run
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { findFirst, placeReadmeAlert, readFirstAlert } from './readme-alert.ts';

const ROOT = join(import.meta.dirname, '..');
const README = join(ROOT, 'README.md');
const FOLDER = join(ROOT, 'docs/pictures');
/** CSS pixels. Both stand side by side in the README, so they have one height. */
const SIZE = { width: 960, height: 760 } as const;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

const [given] = process.argv.slice(2);
const dataDir = given ?? mkdtempSync(join(tmpdir(), 'tidewatch-pictures-'));
try {
  if (given === undefined) runSample(dataDir);
  writeFileSync(README, placeReadmeAlert(readFileSync(README, 'utf8'), readFirstAlert(dataDir)));
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
