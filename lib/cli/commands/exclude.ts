import { type Exclusion, parseExclusion } from '../../answers/exclusion.ts';
import { formatMatcher } from '../../answers/matcher.ts';
import { loadExclusions } from '../../jobs/shared/load-exclusions.ts';
import { EXCLUSIONS_PREFIX, exclusionKey, exclusionOfKey } from '../../store/keys.ts';
import type { Command, Invocation } from '../command.ts';
import { createNamedFilesCommand, readNotes, readRange } from '../named-files.ts';
import { UsageError } from '../usage-error.ts';

export const exclude: Command = createNamedFilesCommand<Exclusion>({
  command: 'exclude',
  summary: 'keep a range of data out of every training, list what is, or take it in again',
  noun: 'exclusion',
  aNoun: 'an exclusion',
  nouns: 'exclusions',
  matchersHelp: '[MATCHER…]',
  takeAway: { operand: 'remove', done: 'removed' },
  addOptions: ['from', 'until', 'for', 'comment', 'by'],
  optionsHelp: [
    ['--from TIME, --until TIME', 'add: a day or a time, UTC where no zone is given'],
    ['--for DURATION', 'add: from --from, in place of --until, such as 70m'],
    ['--comment TEXT, --by NAME', 'add: for people'],
  ],
  examples: [
    "tidewatch exclude add load-test detector=checkout 'entity=~shop/.*' --from 2026-11-22T08:30Z --for 70m",
    'tidewatch exclude add migration --from 2026-11-20 --until 2026-11-21 --comment "old cluster" --by ada',
    'tidewatch exclude remove load-test',
  ],
  prefix: EXCLUSIONS_PREFIX,
  keyOf: exclusionKey,
  nameOf: exclusionOfKey,
  load: loadExclusions,
  parse: parseExclusion,
  // Data of that range stay left out for as long as it stands.
  isOver: () => false,
  membersOf: (invocation, matchers) => ({
    ...(matchers.length > 0 && { matchers }),
    ...rangeOf(invocation),
    ...readNotes(invocation),
  }),
  describe: ({ name, matchers, from, until, by = null, comment = null }) => ({
    exclusion: name,
    matchers: matchers.map(formatMatcher),
    from: iso(from),
    until: iso(until),
    by,
    comment,
  }),
  header: ['EXCLUSION', 'MATCHERS', 'FROM', 'UNTIL', 'BY', 'COMMENT'],
  cellsOf: ({ name, matchers, from, until, by = '-', comment = '-' }) => [
    name,
    matchers.length === 0 ? 'everything' : matchers.map(formatMatcher).join(', '),
    iso(from),
    iso(until),
    by,
    comment,
  ],
});

function iso(time: number): string {
  return new Date(time).toISOString();
}

function hasEnd({ values }: Invocation): boolean {
  return values.until !== undefined || values.for !== undefined;
}

function rangeOf(invocation: Invocation): Readonly<Record<string, unknown>> {
  const { from, end } = readRange(invocation, undefined);
  if (from === undefined)
    throw new UsageError(
      `exclude add needs its beginning: --from TIME${hasEnd(invocation) ? '' : ', and its end: --until TIME or --for DURATION'}`,
    );
  if (end === undefined) throw new UsageError('exclude add needs its end: --until TIME or --for DURATION');
  return { from: iso(from), until: iso(end) };
}
