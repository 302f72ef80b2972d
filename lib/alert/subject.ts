/** The subject of a mail: ASCII, one line, and cut between its parts rather than inside a number or a time. */
import type { Alert } from './alert.ts';
import { toOneLine } from './one-line.ts';

/** "Must be less than 100 characters long": https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const LONGEST_SUBJECT = 99;
/** Characters of a word that is cut in its middle, as names without an end are. */
const LONGEST_WORD = 40;
const CUT = '...';

/** States that say more than how loud the incident was. */
const SAID_FIRST: readonly Alert['state'][] = ['settled', 'resolved', 'retracted', 'digest'];

/** What is left out of the summary, one after the other, until it fits. */
const SHORTENINGS: readonly ((summary: string) => string)[] = [
  dropLength,
  // When what should have come was there before.
  dropVisit,
  // When it should have come, where it is back.
  (summary) => summary.replace(/; it was expected at [^;]+$/, ''),
  // Of what is gone, that others of its workload are not, and what it lacked.
  (summary) => summary.replace(/; others of [^;]+ are$/, ''),
  (summary) => summary.replace(/( no longer there since [^,]+), after .*/, '$1'),
  // "(usual 0.01-0.05)", of which the text tells.
  dropUsual,
  // Of the metrics the first.
  dropOthers,
  // What is wrong before where it began.
  dropFirst,
  dropWhom,
  // Of several of which some are gone, what they lacked.
  (summary) => summary.replace(/( no longer there, \d+ (?:is|are) back at [^,;]+? UTC) after .*/, '$1'),
  // Of an end, for how long it was; and what the sign says.
  dropSaid,
  sayBriefly,
  // Of an end what it was: its number, then its name.
  dropWasNumber,
  dropWas,
  // Of a digest how many there are.
  (summary) => summary.replace(/, the most important: .*/, ''),
  (summary) => summary.replace(/: open for over [^,]+, /, ': goes on, '),
  dropWorkloads,
  // Rather what it is than that it was told of before.
  (summary) => summary.replace(/: (?:worse|goes on), /, ': '),
  shortenWords,
];

export function renderSubject({ state, severity, summary }: Alert): string {
  const sign = `[${SAID_FIRST.includes(state) ? state : severity}] `;
  let line = toAscii(summary);
  for (const shorten of SHORTENINGS) {
    if (sign.length + line.length <= LONGEST_SUBJECT) break;
    line = shorten(line);
  }
  const subject = sign + line;
  return subject.length <= LONGEST_SUBJECT ? subject : cut(subject);
}

/** ", 6 min" at its end. */
function dropLength(summary: string): string {
  return summary.replace(/(, since [^,]+ UTC), [^,]+$/, '$1');
}

function dropVisit(summary: string): string {
  return summary.replace(/; last seen [^;,]+$/, '');
}

const TIME = String.raw`(?:\d{4}-\d\d-\d\d )?\d\d:\d\d UTC`;
const NEW_LEVEL = new RegExp(`: settled at a new level at (${TIME}) after [^:;]+: (.*)$`);
const END = new RegExp(`: (settled|over|gone)(?: at a new level)? at (${TIME}) after [^:;]+; `);

/** ": settled at a new level at 09:19 UTC after 19 min: cpu 0.41 in place of 0.12" → ": cpu 0.41 in place of 0.12 at 09:19 UTC" */
function dropSaid(summary: string): string {
  return summary.replace(NEW_LEVEL, ': $2 at $1').replace(END, ': $1 at $2; ');
}

/** Rather shorter words than no number: names of pods take half of a subject. */
function sayBriefly(summary: string): string {
  return summary
    .replace(/: more serious(?: now)?, (?=open for over )/, ': ')
    .replace(/: (?:more serious(?: now)?(?:, farther out)?|getting worse), /, ': worse, ')
    .replace(/; it was /, '; was ')
    .replace(/ in place of ([^,;:]+?)(?= at |$)/, ' (was $1)');
}

/** "; was request_latency_seconds 217 ms" at its end. */
function dropWasNumber(summary: string): string {
  return summary.replace(/(; (?:was|it began with) [^ ]+) [^;]*$/, '$1');
}

function dropWas(summary: string): string {
  return summary.replace(/; (?:was|it began with) [^;]*$/, '');
}

/** "orders-db, orders and checkout, 8 pods" → "orders-db and 2 more, 8 pods": a number more than who follows. */
function dropWorkloads(summary: string): string {
  return summary.replace(/^(now )?([^ ,:]+), [^ ,:]+ and [^ ,:]+(?=[,:] )/, '$1$2 and 2 more');
}

function dropOthers(summary: string): string {
  return summary.replace(/ and \d+ more metrics?/, '');
}

function dropFirst(summary: string): string {
  return summary.replace(/, first in [^, ]+(?=,|$)/, '');
}

/** " in payment-3" behind the number: the text has it. */
function dropWhom(summary: string): string {
  return summary.replace(/ in [^ ,:;]+(?=, since |$)/, '');
}

function dropUsual(summary: string): string {
  return summary.replaceAll(/ \((?:usually|usual|expected|alerts from) [^()]*\)/g, '');
}

function shortenWords(summary: string): string {
  return summary
    .split(' ')
    .map((word) => (word.length <= LONGEST_WORD ? word : `${word.slice(0, LONGEST_WORD - CUT.length)}${CUT}`))
    .join(' ');
}

/** Before the part that does not fit; what has no parts, before the word. The time stays where there is room for it. */
function cut(line: string): string {
  const since = /, since [^,]{5,20} UTC/.exec(line)?.[0] ?? '';
  const room = LONGEST_SUBJECT - CUT.length - since.length;
  const kept = line.slice(0, room);
  const at = Math.max(kept.lastIndexOf(', '), kept.lastIndexOf(' and '), kept.lastIndexOf(' '));
  const start = at > room / 2 ? kept.slice(0, at).replace(/(?: (?:at|in|of|and|since))?[,;:]?$/, '') : kept;
  return `${start.replace(HANGING, '')}${CUT}${since}`;
}

/** What says nothing without what comes behind it. */
const HANGING = /: (?:still open|there again|not so by corrected data)$/;

function toAscii(text: string): string {
  return (
    toOneLine(text)
      .replaceAll(/[–—−]/g, '-')
      .replaceAll('…', CUT)
      .replaceAll('µ', 'u')
      .normalize('NFKD')
      // The accents that NFKD took off their letters.
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[^ -~]/gu, '?')
  );
}
