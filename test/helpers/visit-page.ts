/** Files of ours in a real browser, Debian's Chromium. */
import type { Page } from 'playwright-core';

export const CHROMIUM: {
  readonly executablePath: string;
  readonly headless: boolean;
  readonly args: string[];
} = {
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export const SIZES = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const;

export interface Visit {
  readonly page: Page;
  /** Anything the page asked for but itself, and anything it had to complain about. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

export async function visitPage(page: Page, address: string): Promise<Visit> {
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  await page.goto(address);
  return { page, requests, complaints };
}
