import { stringify } from 'yaml';
import { formatMatcher } from '../../answers/matcher.ts';
import { isActive, parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { AnswerError, PreconditionFailedError } from '../../base/errors.ts';
import { loadSilencings } from '../../jobs/notify/load-silencings.ts';
import { isObjectId, SILENCES_PREFIX, silenceKey, silenceOfKey } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  type Invocation,
  openBucket,
} from '../command.ts';
import type { ExitStatus } from '../exit-code.ts';
import { durationValue, timeValue } from '../option-values.ts';
import { listUnmended, sayQuarantined } from '../quarantined.ts';
import { formatTable } from '../table.ts';
import { UsageError } from '../usage-error.ts';

const HEADER = ['SILENCE', 'HOLDS', 'MATCHERS', 'UNTIL', 'BY', 'COMMENT'] as const;
const ADD_OPTIONS = ['for', 'from', 'until', 'hours', 'days', 'time-zone', 'comment', 'by'] as const;

export const silence: Command = {
  name: 'silence',
  operands: 'add NAME MATCHER… | list | end NAME',
  summary: 'keep incidents from being told for a time, list what does, or end it',
  optionsHelp: [
    BUCKET_HELP,
    ['--for DURATION', 'add: from --from, or from now, such as 2h'],
    ['--from TIME, --until TIME', 'add: a day or a time, UTC where no zone is given'],
    ['--hours START-END', 'add: only in these hours of a day, such as 22:00-06:00'],
    ['--days DAY,…', 'add: days on which --hours start; every day where it is not given'],
    ['--time-zone ZONE', 'add: of --hours; UTC where it is not given'],
    ['--comment TEXT, --by NAME', 'add: for people'],
  ],
  examples: [
    "tidewatch silence add payment-move workload=payment 'severity!=critical' --for 10h",
    "tidewatch silence add backup 'entity=~db/.*' --hours 22:00-06:00 --time-zone Europe/Berlin",
    'tidewatch silence end payment-move',
  ],
  options: { ...BUCKET_OPTION, ...Object.fromEntries(ADD_OPTIONS.map((name) => [name, { type: 'string' }])) },
  async run(invocation) {
    const [what, name, ...matchers] = invocation.operands;
    const stray =
      what === 'add' ? undefined : ADD_OPTIONS.find((each) => invocation.values[each] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with silence add`);
    if (what === 'add' && name !== undefined) return await add(invocation, name, matchers);
    if (what === 'list' && name === undefined) return await list(invocation);
    if (what === 'end' && name !== undefined && matchers.length === 0) return await end(invocation, name);
    throw new UsageError(
      `silence takes add NAME MATCHER…, list, or end NAME, not ${JSON.stringify(invocation.operands.join(' '))}; see tidewatch silence --help`,
    );
  },
};

async function add(invocation: Invocation, name: string, matchers: readonly string[]): Promise<ExitStatus> {
  const store = openBucket(invocation);
  if (!isObjectId(name))
    throw new UsageError(
      `a silence is called by letters, digits, dots, dashes and underscores, not ${JSON.stringify(name)}`,
    );
  const key = silenceKey(name);
  const text = stringify({ matchers, ...timesOf(invocation) });
  const silencing = readAdded(text, name);
  const exists = (): UsageError =>
    new UsageError(`silence ${name} exists already; end it first: tidewatch silence end ${name}`);
  if ((await findKeys(store, name)).length > 0) throw exists();
  try {
    await store.put(key, new TextEncoder().encode(text), { contentType: 'application/yaml', ifAbsent: true });
  } catch (error) {
    if (error instanceof PreconditionFailedError) throw exists();
    throw error;
  }
  invocation.output.print('silence', `written: ${key}`, describe(silencing, invocation));
  return 'ok';
}

/** As the file is read: what would go to quarantine is not written. */
function readAdded(text: string, name: string): Silencing {
  try {
    return parseSilencing(text, { source: `silence ${name}`, name });
  } catch (error) {
    if (error instanceof AnswerError) throw new UsageError(error.message);
    throw error;
  }
}

/** By either ending. */
async function findKeys(store: ObjectStore, name: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`${SILENCES_PREFIX}${name}.`))
    if (silenceOfKey(key) === name) keys.push(key);
  return keys;
}

/** The members of the file, those that were given. */
function timesOf({ values, host }: Invocation): Readonly<Record<string, unknown>> {
  const [from, until, length] = [
    timeValue(values, 'from'),
    timeValue(values, 'until'),
    durationValue(values, 'for'),
  ];
  if (until !== undefined && length !== undefined)
    throw new UsageError('--for and --until both say when it ends; give one of them');
  const end = length === undefined ? until : (from ?? host.now()) + length;
  const { hours, days, comment, by } = values;
  if (end === undefined && hours === undefined)
    throw new UsageError(
      'silence add needs its end: --for 2h, --until TIME, or --hours START-END of each day',
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
    ...(from !== undefined && { from: new Date(from).toISOString() }),
    ...(end !== undefined && { until: new Date(end).toISOString() }),
    ...(hours !== undefined && {
      every: {
        ...(days !== undefined && { days: String(days).split(',') }),
        start,
        end: stop,
        time_zone: zone ?? 'UTC',
      },
    }),
    ...(comment !== undefined && { comment }),
    ...(by !== undefined && { by }),
  };
}

async function list(invocation: Invocation): Promise<ExitStatus> {
  const { output } = invocation;
  const store = openBucket(invocation);
  const silencings = await loadSilencings(createContext(invocation, store));
  const unusable = await listUnmended(store, SILENCES_PREFIX);
  for (const { key, message, code } of unusable)
    output.print('quarantined', sayQuarantined({ key, message }), { key, code, message });
  const outcome = unusable.length > 0 ? 'quarantined' : 'ok';
  const found = silencings.map((silencing) => describe(silencing, invocation));
  const [first, ...rest] = found;
  if (first === undefined) {
    output.print('note', 'no silences', { silences: 0 });
    return outcome;
  }
  const rows = found.map(({ silence: name, holds, matchers, until, by, comment }) => [
    name,
    holds ? 'yes' : 'no',
    matchers.join(', '),
    until ?? '-',
    by ?? '-',
    comment ?? '-',
  ]);
  output.print('silence', formatTable([HEADER, ...rows]), first);
  for (const each of rest) output.print('silence', undefined, each);
  return outcome;
}

interface Described {
  readonly silence: string;
  readonly holds: boolean;
  readonly matchers: readonly string[];
  readonly from: string | null;
  readonly until: string | null;
  readonly by: string | null;
  readonly comment: string | null;
}

function describe(silencing: Silencing, { host }: Invocation): Described {
  const { name, matchers, from, until, by = null, comment = null } = silencing;
  const iso = (time: number | undefined): string | null =>
    time === undefined ? null : new Date(time).toISOString();
  const holds = isActive(silencing, host.now());
  return {
    silence: name,
    holds,
    matchers: matchers.map(formatMatcher),
    from: iso(from),
    until: iso(until),
    by,
    comment,
  };
}

async function end(invocation: Invocation, name: string): Promise<ExitStatus> {
  const store = openBucket(invocation);
  const keys = await findKeys(store, name);
  if (keys.length === 0) throw new UsageError(`no silence ${JSON.stringify(name)} in this bucket`);
  for (const key of keys) {
    await store.delete(key);
    invocation.output.print('silence', `ended: ${key} is deleted`, { silence: name, key });
  }
  return 'ok';
}
