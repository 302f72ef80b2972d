/**
 * Makes text of others safe before it reaches an error, a log, a message or a terminal. Servers, files and labels may hold
 * anything: sequences that a terminal obeys, line breaks that forge lines of a log, a password.
 */

/** Line breaks, control characters, and marks that turn the direction of what follows; SNS and SQS refuse some of them. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
/** The same, but for what sets a text in lines. */
const UNPRINTABLE_IN_LINES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
/** What a list shows of names, and of each of them: a file may have 2,000 columns. */
const MOST_NAMES = 20;
const LONGEST_NAME = 80;
const HIDDEN = '[hidden]';
/** Characters of a secret's beginning that a cut text may end with. */
const LEAST_BEGINNING = 4;
/** Characters of one that are hidden where nothing shows that the text was cut. */
const LEAST_UNMARKED = 12;
/** Shorter ones are words that stand in texts for other reasons. */
const LEAST_SECRET = 6;

/** The text with a space in place of each character that cannot be printed. */
export function toOneLine(text: string): string {
  return text.toWellFormed().replaceAll(UNPRINTABLE, ' ');
}

/** As `toOneLine`; line breaks and tabs stay. */
export function toLines(text: string): string {
  return text.toWellFormed().replaceAll(UNPRINTABLE_IN_LINES, ' ');
}

/** In one line, and no longer than `most` code units. */
export function quoteForeign(text: string, most: number): string {
  // Cut first: what is not shown need not be cleaned, and may be 50 MB.
  const line = toOneLine(text.slice(0, most + 1));
  return line.length <= most ? line : `${line.slice(0, most).toWellFormed()}…`;
}

/** Names that others gave, each in quotes and one line: the first of them, cut, and how many more there are. */
export function listForeign(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => `"${quoteForeign(name, LONGEST_NAME)}"`);
  if (names.length > MOST_NAMES) shown.push(`and ${names.length - MOST_NAMES} more`);
  return shown.join(', ');
}

/**
 * The text without the secrets, in upper or lower case: as they are, as JSON, a URL, base64 and hex write them, where the text was cut in
 * the middle of one, and where it has a longer beginning of one.
 */
export function hideSecrets(text: string, secrets: Iterable<string>): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret.length < LEAST_SECRET) continue;
    const bytes = Buffer.from(secret);
    const forms = new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.toWellFormed()),
      bytes.toString('base64').replaceAll('=', ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ]);
    for (const form of forms) shown = hideCut(hideForm(shown, form), form);
  }
  return shown;
}

function hideForm(text: string, form: string): string {
  const beginning = new RegExp(
    form.slice(0, LEAST_UNMARKED).replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'),
    'gi',
  );
  let [shown, from] = ['', 0];
  for (const { index, 0: found } of text.matchAll(beginning)) {
    if (index < from) continue;
    let length = found.length;
    while (length < form.length && isSame(text[index + length], form[length])) length++;
    shown += text.slice(from, index) + HIDDEN;
    from = index + length;
  }
  return shown + text.slice(from);
}

/** Where a cut text ends with a beginning of the form: a shorter one than `hideForm` hides anywhere. */
function hideCut(text: string, form: string): string {
  let [shown, from] = ['', 0];
  for (let end = text.indexOf('…'); end >= 0; end = text.indexOf('…', end + 1)) {
    let length = Math.min(form.length - 1, LEAST_UNMARKED - 1, end - from);
    while (length >= LEAST_BEGINNING && !isSame(text.slice(end - length, end), form.slice(0, length)))
      length--;
    if (length < LEAST_BEGINNING) continue;
    shown += text.slice(from, end - length) + HIDDEN;
    from = end;
  }
  return shown + text.slice(from);
}

function isSame(text: string | undefined, form: string | undefined): boolean {
  return text?.toLowerCase() === form?.toLowerCase();
}
