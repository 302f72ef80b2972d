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
 * The text without the secrets: as they are, as JSON and as a URL writes them, and where the text was cut in the middle
 * of one.
 */
export function hideSecrets(text: string, secrets: Iterable<string>): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret.length < LEAST_SECRET) continue;
    const forms = new Set([
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret.toWellFormed()),
    ]);
    for (const form of forms) {
      shown = shown.replaceAll(form, HIDDEN);
      for (let length = form.length - 1; length >= LEAST_BEGINNING; length--) {
        const cut = `${form.slice(0, length)}…`;
        if (shown.includes(cut)) shown = shown.replaceAll(cut, `${HIDDEN}…`);
      }
    }
  }
  return shown;
}
