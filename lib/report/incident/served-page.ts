/** The page of an incident as it is served by a link: what it says stays, and what answers it becomes forms. */
import { type Markup, raw } from '../page/html.ts';

const START = /<!--answers (open|over)-->/;

/** Of where a person answers. */
export const ANSWERS_ID = 'answer';

/** Around the commands. What others wrote is escaped, so that none of it is taken for a mark. */
export const ANSWERS_MARK: { readonly start: (isOpen: boolean) => string; readonly end: string } = {
  start: (isOpen) => `<!--answers ${isOpen ? 'open' : 'over'}-->`,
  end: '<!--/answers-->',
};

/** Attribute of what leads to files beside the page, which a link to it does not open. */
export const BESIDE: Markup = raw(' data-beside');

const SERVED_STYLE = `
a[data-beside] { color: inherit; text-decoration: none; }
span[data-beside] { display: none; }
.said { margin: 14px 0; padding: 12px 16px; border-left: 4px solid var(--line); background: color-mix(in srgb, var(--line) 8%, transparent); border-radius: 0 8px 8px 0; overflow-wrap: anywhere; }
.said.refused { border-color: var(--anomaly); background: color-mix(in srgb, var(--anomaly) 10%, transparent); }
.said p { margin: 0; }
form.answer { margin: 18px 0; padding: 18px 20px 20px; border: 1px solid var(--rule); border-radius: 10px; display: grid; gap: 14px; }
form.answer h3 { margin: 0; }
form.answer p { margin: 0; }
form.answer label { display: grid; gap: 4px; font-size: 13px; color: var(--quiet); }
form.answer .fields { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr); gap: 14px; }
form.answer input, form.answer textarea { font: inherit; font-size: 16px; color: var(--ink); background: var(--paper); border: 1px solid color-mix(in srgb, var(--quiet) 55%, var(--paper)); border-radius: 8px; padding: 9px 12px; width: 100%; }
form.answer textarea { min-height: 46px; height: 46px; resize: vertical; }
form.answer .choices { display: flex; flex-wrap: wrap; gap: 10px; }
form.answer button { font: inherit; font-size: 15px; font-weight: 600; min-height: 46px; padding: 8px 18px; border-radius: 8px; border: 1px solid var(--line); background: transparent; color: var(--line); cursor: pointer; }
form.answer button:hover { background: var(--line); color: var(--paper); }
form.answer button[aria-pressed=true] { background: var(--line); color: var(--paper); }
a.jump { display: inline-block; margin: 18px 0 0; font-size: 15px; font-weight: 600; line-height: 1; padding: 15px 18px; border-radius: 8px; background: var(--line); color: var(--paper); text-decoration: none; }
form.answer :focus-visible { outline: 2px solid var(--line); outline-offset: 2px; }
@media (max-width: 620px) {
  form.answer { padding: 16px; }
  form.answer .fields { grid-template-columns: minmax(0, 1fr); }
  form.answer .choices button { flex: 1 1 100%; }
}
@media print { form.answer, a.jump { display: none; } }
`;

/** Whether the incident was open when its page was made; undefined where the page, of an earlier release, does not say. */
export function isPageOpen(page: string): boolean | undefined {
  const state = START.exec(page)?.[1];
  return state === undefined ? undefined : state === 'open';
}

/**
 * The page with `forms` in place of its commands, which stand folded below them. Forms may be sent to where the page came from
 * and nowhere else; links to files beside it lead nowhere.
 */
export function placeForms(page: string, forms: Markup): string {
  const inner = placeInner(withoutLinksBeside(page), forms.markup);
  const parts: readonly (readonly [part: string, by: string])[] = [
    ["form-action 'none'", "form-action 'self'"],
    ['</style></head>', `${SERVED_STYLE}</style></head>`],
    // On a phone it is far below.
    ['</header>', `<a class="jump" href="#${ANSWERS_ID}">Answer it</a></header>`],
  ];
  return parts.reduce((text, [part, by]) => replaceOnce(text, part, by), inner);
}

function placeInner(page: string, forms: string): string {
  const start = START.exec(page);
  const end = page.indexOf(ANSWERS_MARK.end);
  // One of an earlier release.
  if (start === null || end < start.index)
    return replaceOnce(page, '</main>', `<div id="${ANSWERS_ID}">${forms}</div></main>`);
  const commands = page.slice(start.index + start[0].length, end);
  const folded = `<details><summary>The same by commands</summary>${commands}</details>`;
  return `${page.slice(0, start.index)}${forms}${folded}${page.slice(end + ANSWERS_MARK.end.length)}`;
}

function withoutLinksBeside(page: string): string {
  return page.replaceAll(/<a data-beside href="[^"]*">/g, '<a data-beside>');
}

/** As it is: `$` in it means nothing. */
function replaceOnce(text: string, part: string, by: string): string {
  return text.replace(part, () => by);
}
