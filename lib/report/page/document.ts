/** A page that stands alone: one file that asks the network for nothing. */
import { createHash } from 'node:crypto';
import { PALETTE } from '../drawing/palette.ts';
import { html, type Markup, raw } from './html.ts';

/**
 * @param given.script the one that may run; undefined: none may
 * @returns HTML
 */
export function renderDocument(given: {
  readonly title: string;
  readonly styles: readonly string[];
  readonly body: readonly (Markup | undefined)[];
  readonly script?: string;
}): string {
  const { title, styles, body, script } = given;
  const allowed =
    script === undefined
      ? ''
      : ` script-src 'sha256-${createHash('sha256').update(script).digest('base64')}';`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';${raw(allowed)} img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="theme-color" content="${PALETTE.paper.light}" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="${PALETTE.paper.dark}" media="(prefers-color-scheme: dark)">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(styles.join(''))}</style></head>
<body>${body.filter((part) => part !== undefined)}${script === undefined ? raw('') : html`<script>${raw(script)}</script>`}</body></html>
`.markup;
}
