/** What a form on a page sends, read strictly: browsers send what the page asks for, and others have to as well. */
import { VERDICTS, type Verdict } from '../../answers/verdict.ts';
import { toLines, toOneLine } from '../../base/foreign-text.ts';
import { LONGEST_NAME, LONGEST_NOTE, QUIET_TIMES } from '../../report/incident/answer-forms.ts';

export interface VerdictForm {
  readonly verdict: Verdict['verdict'];
  readonly note: string | undefined;
}

export interface SilenceForm {
  /** Ms. */
  readonly length: number;
}

export type AnswerForm = {
  /** ETag of what it writes over; '' for nothing. */
  readonly seen: string;
  readonly token: string;
  readonly by: string;
} & (({ readonly what: 'verdict' } & VerdictForm) | ({ readonly what: 'silence' } & SilenceForm));

export interface FormProblem {
  /** In whole sentences. */
  readonly problem: string;
  readonly status: 400 | 413;
}

/** Bytes: a note and a name, each character percent-encoded, and what is signed. */
const LARGEST_FORM = 16_384;
const NAMES = {
  verdict: ['seen', 't', 'by', 'verdict', 'note'],
  silence: ['seen', 't', 'by', 'for'],
} as const;

/** @returns what is wrong with it, as a whole sentence, where it is no such form */
export function readForm(
  what: 'verdict' | 'silence',
  { contentType, body }: { readonly contentType: string; readonly body: Uint8Array },
): AnswerForm | FormProblem {
  if (body.length > LARGEST_FORM)
    return { status: 413, problem: `The form has ${body.length} bytes, and the limit is ${LARGEST_FORM}.` };
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(contentType))
    return { status: 400, problem: 'It is no form.' };
  const fields = new URLSearchParams(new TextDecoder().decode(body));
  const known: readonly string[] = NAMES[what];
  const names = [...fields.keys()];
  const stray = names.find((name, at) => !known.includes(name) || names.indexOf(name) !== at);
  if (stray !== undefined)
    return {
      status: 400,
      problem: `The form has no field ${JSON.stringify(stray.slice(0, 40))}, or has it twice.`,
    };
  const by = toOneLine(fields.get('by') ?? '').trim();
  if (by.length > LONGEST_NAME)
    return { status: 400, problem: `A name has at most ${LONGEST_NAME} characters, not ${by.length}.` };
  const shared = {
    seen: fields.get('seen') ?? '',
    token: fields.get('t') ?? '',
    by: by === '' ? 'link' : `${by} (by link)`,
  };
  return what === 'verdict' ? readVerdictForm(fields, shared) : readSilenceForm(fields, shared);
}

/** As they were sent, so that nobody has to write them anew; none of what is too large to be read. */
export function readFields(body: Uint8Array): { readonly note: string; readonly by: string } {
  const fields = new URLSearchParams(body.length > LARGEST_FORM ? '' : new TextDecoder().decode(body));
  return { note: fields.get('note') ?? '', by: fields.get('by') ?? '' };
}

type Shared = Pick<AnswerForm, 'seen' | 'token' | 'by'>;

function readVerdictForm(fields: URLSearchParams, shared: Shared): ReturnType<typeof readForm> {
  const verdict = VERDICTS.find((each) => each === fields.get('verdict'));
  if (verdict === undefined) return { status: 400, problem: `A verdict is one of ${VERDICTS.join(', ')}.` };
  // Forms end lines with both.
  const note = toLines((fields.get('note') ?? '').replaceAll('\r\n', '\n')).trim();
  if (note.length > LONGEST_NOTE)
    return { status: 400, problem: `A note has at most ${LONGEST_NOTE} characters, not ${note.length}.` };
  return { what: 'verdict', ...shared, verdict, note: note === '' ? undefined : note };
}

function readSilenceForm(fields: URLSearchParams, shared: Shared): ReturnType<typeof readForm> {
  const name = fields.get('for') ?? '';
  const time = Object.hasOwn(QUIET_TIMES, name) ? QUIET_TIMES[name] : undefined;
  if (time === undefined)
    return { status: 400, problem: `It is kept quiet for one of ${Object.keys(QUIET_TIMES).join(', ')}.` };
  return { what: 'silence', ...shared, length: time.length };
}
