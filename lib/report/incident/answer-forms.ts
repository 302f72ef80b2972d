/** What a served page has in place of commands: what was said so far, and forms that say it. No script. */
import { VERDICTS, type Verdict } from '../../answers/verdict.ts';
import { formatTime } from '../format.ts';
import { html, type Markup, raw } from '../page/html.ts';

/** Characters that a form takes. */
export const LONGEST_NOTE = 500;
export const LONGEST_NAME = 80;

/** How long a form keeps an incident quiet, by what it is sent as. Ms. */
export const QUIET_TIMES: Readonly<Record<string, { readonly length: number; readonly label: string }>> = {
  '1h': { length: 3_600_000, label: 'For 1 hour' },
  '8h': { length: 8 * 3_600_000, label: 'For 8 hours' },
  '1d': { length: 24 * 3_600_000, label: 'For a day' },
};

const VERDICT_LABELS: Readonly<Record<Verdict['verdict'], string>> = {
  true: 'A real fault',
  false: 'A false alarm',
  expected: 'It was expected',
};

/** Where one form is sent, and what of it is signed. */
export interface SignedForm {
  readonly action: string;
  readonly seen: string;
  readonly token: string;
}

export interface Refused {
  readonly text: string;
  readonly note: string;
  readonly by: string;
}

export interface AnswerForms {
  readonly verdict: {
    readonly form: SignedForm;
    /** What stands there; `unreadable`: it is no verdict. */
    readonly said?: Verdict | 'unreadable' | undefined;
  };
  readonly silence: {
    /** Undefined: there is nothing to keep quiet, or it is quiet already. */
    readonly form?: SignedForm | undefined;
    /** Epoch ms; Infinity: for good. Undefined: no silence of this incident holds. */
    readonly until?: number | undefined;
  };
  /** What was just sent and not written: why, in whole sentences, and what stood in its fields. */
  readonly refused?: Refused | undefined;
}

export function renderForms({ verdict, silence, refused }: AnswerForms): Markup {
  return html`${refused === undefined ? undefined : html`<div class="said refused" role="alert"><p>${refused.text}</p></div>`}${renderSaid(
    verdict.said,
  )}${renderVerdictForm(verdict, refused)}${
    silence.until === undefined
      ? undefined
      : html`<div class="said"><p><b>Quiet</b>${silence.until === Infinity ? undefined : ` until ${formatTime(silence.until)} UTC`}: nobody is told of it meanwhile.</p></div>`
  }${silence.form === undefined ? undefined : renderSilenceForm(silence.form, refused)}`;
}

function renderSaid(said: AnswerForms['verdict']['said']): Markup | undefined {
  if (said === undefined) return undefined;
  if (said === 'unreadable')
    return html`<div class="said refused"><p>There is an answer that cannot be read. What is said here takes its place.</p></div>`;
  const { verdict, by, at, note } = said;
  return html`<div class="said" role="status"><p><b>${VERDICT_LABELS[verdict]}</b> <span class="quiet">· said by ${by ?? 'somebody'}, ${formatTime(Date.parse(at))} UTC</span></p>${
    note === undefined || note === '' ? undefined : html`<p>${note}</p>`
  }</div>`;
}

function renderVerdictForm({ form, said }: AnswerForms['verdict'], refused: Refused | undefined): Markup {
  const before = said === 'unreadable' ? undefined : said?.verdict;
  return html`<form class="answer" method="post" action="${form.action}">${renderSigned(form)}
    <h3>${before === undefined ? 'What was it?' : 'Say it anew'}</h3>
    <p class="quiet note">The next training learns from what was false or expected, and leaves out what was real.</p>
    <div class="fields"><label>Note<textarea name="note" maxlength="${LONGEST_NOTE}" rows="1">${refused?.note}</textarea></label>
    ${renderName(refused)}</div>
    <div class="choices">${VERDICTS.map(
      (verdict) =>
        html`<button name="verdict" value="${verdict}"${verdict === before ? raw(' aria-pressed="true"') : undefined}>${VERDICT_LABELS[verdict]}</button>`,
    )}</div></form>`;
}

function renderSilenceForm(form: SignedForm, refused: Refused | undefined): Markup {
  return html`<form class="answer" method="post" action="${form.action}">${renderSigned(form)}
    <h3>Keep it quiet</h3>
    <p class="quiet note">It is recorded, and told once the time is over if it is still there. What it covers stands beside the last command below.</p>
    ${renderName(refused)}
    <div class="choices">${Object.entries(QUIET_TIMES).map(
      ([name, { label }]) => html`<button name="for" value="${name}">${label}</button>`,
    )}</div></form>`;
}

function renderName(refused: Refused | undefined): Markup {
  return html`<label>Your name<input name="by" maxlength="${LONGEST_NAME}" autocomplete="name" value="${refused?.by}"></label>`;
}

/** The first button is what the Enter key presses: one that does nothing. */
function renderSigned({ seen, token }: SignedForm): Markup {
  return html`<button disabled hidden></button><input type="hidden" name="seen" value="${seen}"><input type="hidden" name="t" value="${token}">`;
}
