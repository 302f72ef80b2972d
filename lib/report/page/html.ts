/** HTML by tagged template: what is put in is escaped, unless it is markup already. */

export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | undefined;

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { markup: strings.reduce((text, next, i) => text + render(parts[i - 1]) + next) };
}

/** Text that is markup by origin: an SVG, a stylesheet. */
export function raw(markup: string): Markup {
  return { markup };
}

/** A name that may be broken after its separators, not within a word. */
export function breakable(name: string): Markup {
  return raw(escapeHtml(name).replaceAll(/[_/:.-]/g, '$&<wbr>'));
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  if ('markup' in part) return part.markup;
  return part.map(({ markup }) => markup).join('');
}
