import { parseCalendar } from '../../answers/calendar/parse-calendar.ts';
import { formatMatcher } from '../../answers/matcher.ts';
import { isActive, parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { NotFoundError } from '../../base/errors.ts';
import { loadSilencings } from '../../jobs/notify/load-silencings.ts';
import { calendarOfKey, SILENCES_PREFIX, silenceKey, silenceOfKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Command, Invocation } from '../command.ts';
import { createNamedFilesCommand, readNotes, readRange } from '../named-files.ts';
import { sayLeftOutParts } from '../quarantined.ts';
import { describeHours, sayTimes } from '../silence-times.ts';
import { UsageError } from '../usage-error.ts';
import { countCovered } from '../warn-matchers.ts';

export const silence: Command = createNamedFilesCommand<Silencing>({
  command: 'silence',
  summary: 'keep incidents from being told for a time, list what does, or end it',
  noun: 'silence',
  aNoun: 'a silence',
  nouns: 'silences',
  matchersHelp: 'MATCHER…',
  takeAway: { operand: 'end', done: 'ended' },
  addOptions: ['for', 'from', 'until', 'hours', 'days', 'time-zone', 'calendar', 'comment', 'by'],
  optionsHelp: [
    ['--for DURATION', 'add: from --from, or from now, such as 2h'],
    ['--from TIME, --until TIME', 'add: a day or a time, UTC where no zone is given'],
    ['--hours START-END', 'add: only in these hours of a day, such as 22:00-06:00'],
    ['--days DAY,…', 'add: days on which --hours start; every day where it is not given'],
    ['--time-zone ZONE', 'add: of --hours; UTC where it is not given'],
    ['--calendar FILE', 'add: only during the events of silences/FILE, such as maintenance.ics'],
    ['--comment TEXT, --by NAME', 'add: for people'],
  ],
  examples: [
    "tidewatch silence add payment-move workload=payment 'severity!=critical' --for 10h",
    "tidewatch silence add backup 'entity=~db/.*' --hours 22:00-06:00 --time-zone Europe/Berlin",
    'tidewatch silence end payment-move',
  ],
  prefix: SILENCES_PREFIX,
  keyOf: silenceKey,
  nameOf: (key) => silenceOfKey(key) ?? calendarOfKey(key),
  load: loadSilencings,
  parse: parseSilencing,
  check: checkCalendar,
  count: countCovered,
  isOver: ({ until = Infinity }, { host }) => until <= host.now(),
  membersOf: (invocation, matchers) => ({ matchers, ...timesOf(invocation), ...readNotes(invocation) }),
  describe: (silencing, invocation) => ({
    silence: silencing.name,
    holds: holdsNow(silencing, invocation),
    matchers: silencing.matchers.map(formatMatcher),
    from: iso(silencing.from),
    until: iso(silencing.until),
    every: silencing.every === undefined ? null : describeHours(silencing.every),
    calendar: silencing.calendar ?? null,
    events: silencing.events?.length ?? null,
    by: silencing.by ?? null,
    comment: silencing.comment ?? null,
    via: silencing.via ?? null,
  }),
  header: ['SILENCE', 'HOLDS', 'MATCHERS', 'WHEN', 'UNTIL', 'CALENDAR', 'BY', 'COMMENT'],
  cellsOf: (silencing, invocation) => [
    silencing.name,
    holdsNow(silencing, invocation) ? 'yes' : 'no',
    silencing.matchers.map(formatMatcher).join(', ') || 'everything',
    sayTimes(silencing),
    iso(silencing.until) ?? '-',
    describeCalendar(silencing),
    silencing.by ?? '-',
    silencing.comment ?? '-',
  ],
});

/** A silence that names a calendar which nobody can read would never hold, and whoever added it would rely on it. */
async function checkCalendar(
  { calendar }: Silencing,
  store: ObjectStore,
  { output }: Invocation,
): Promise<void> {
  if (calendar === undefined) return;
  const key = `${SILENCES_PREFIX}${calendar}`;
  try {
    const text = new TextDecoder().decode((await store.get(key)).body);
    const { leftOut } = parseCalendar(text, { source: key });
    if (leftOut.length > 0)
      output.print('left-out', sayLeftOutParts({ key, leftOut }).join('\n'), { key, leftOut });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new UsageError(`the bucket has no ${key}, which --calendar names: put the calendar there first`);
  }
}

function holdsNow(silencing: Silencing, { host }: Invocation): boolean {
  return isActive(silencing, host.now());
}

/** "maintenance.ics (12 events)", "maintenance.ics (not there)" */
function describeCalendar({ calendar, events }: Silencing): string {
  if (calendar === undefined) return '-';
  return `${calendar} (${events === undefined ? 'not there, or in quarantine' : `${events.length} event${events.length === 1 ? '' : 's'}`})`;
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}

function timesOf(invocation: Invocation): Readonly<Record<string, unknown>> {
  const { values, host } = invocation;
  const { from, end } = readRange(invocation, host.now());
  const { hours, days, calendar } = values;
  if (end === undefined && hours === undefined && calendar === undefined)
    throw new UsageError(
      'silence add needs its end: --for 2h, --until TIME, --hours START-END of each day, or --calendar FILE',
    );
  if (end !== undefined && end <= host.now())
    throw new UsageError(
      `silence add would add what is already over: it ends ${new Date(end).toISOString()}`,
    );
  const zone = values['time-zone'];
  if (hours === undefined && (days !== undefined || zone !== undefined))
    throw new UsageError('--days and --time-zone say of what --hours are; give --hours START-END');
  const [, start, stop] = /^(\S+)-(\S+)$/.exec(String(hours)) ?? [];
  if (hours !== undefined && start === undefined)
    throw new UsageError(`--hours is ${JSON.stringify(hours)}, not START-END such as 22:00-06:00`);
  return {
    ...(from !== undefined && { from: iso(from) }),
    ...(end !== undefined && { until: iso(end) }),
    ...(calendar !== undefined && { calendar }),
    ...(hours !== undefined && {
      every: {
        ...(days !== undefined && { days: String(days).split(',') }),
        start,
        end: stop,
        time_zone: zone ?? 'UTC',
      },
    }),
  };
}
