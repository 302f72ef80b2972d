import { stringify } from 'yaml';
import { type Exclusion, parseExclusion } from '../../answers/exclusion.ts';
import { formatMatcher } from '../../answers/matcher.ts';
import { AnswerError, PreconditionFailedError } from '../../base/errors.ts';
import { loadExclusions } from '../../jobs/shared/load-exclusions.ts';
import { EXCLUSIONS_PREFIX, exclusionKey, exclusionOfKey, isObjectId } from '../../store/keys.ts';
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

const HEADER = ['EXCLUSION', 'MATCHERS', 'FROM', 'UNTIL', 'BY', 'COMMENT'] as const;
const ADD_OPTIONS = ['from', 'until', 'for', 'comment', 'by'] as const;

export const exclude: Command = {
  name: 'exclude',
  operands: 'add NAME [MATCHER…] | list | remove NAME',
  summary: 'keep a range of data out of every training, list what is, or take it in again',
  optionsHelp: [
    BUCKET_HELP,
    ['--from TIME, --until TIME', 'add: a day or a time, UTC where no zone is given'],
    ['--for DURATION', 'add: from --from, in place of --until, such as 70m'],
    ['--comment TEXT, --by NAME', 'add: for people'],
  ],
  examples: [
    "tidewatch exclude add load-test detector=checkout 'entity=~shop/.*' --from 2026-11-22T08:30Z --for 70m",
    'tidewatch exclude add migration --from 2026-11-20 --until 2026-11-21 --comment "old cluster" --by ada',
    'tidewatch exclude remove load-test',
  ],
  options: { ...BUCKET_OPTION, ...Object.fromEntries(ADD_OPTIONS.map((name) => [name, { type: 'string' }])) },
  async run(invocation) {
    const [what, name, ...matchers] = invocation.operands;
    const stray =
      what === 'add' ? undefined : ADD_OPTIONS.find((each) => invocation.values[each] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with exclude add`);
    if (what === 'add' && name !== undefined) return await add(invocation, name, matchers);
    if (what === 'list' && name === undefined) return await list(invocation);
    if (what === 'remove' && name !== undefined && matchers.length === 0)
      return await remove(invocation, name);
    throw new UsageError(
      `exclude takes add NAME [MATCHER…], list, or remove NAME, not ${JSON.stringify(invocation.operands.join(' '))}; see tidewatch exclude --help`,
    );
  },
};

async function add(invocation: Invocation, name: string, matchers: readonly string[]): Promise<ExitStatus> {
  const store = openBucket(invocation);
  if (!isObjectId(name))
    throw new UsageError(
      `an exclusion is called by letters, digits, dots, dashes and underscores, not ${JSON.stringify(name)}`,
    );
  const key = exclusionKey(name);
  const text = stringify({ ...(matchers.length > 0 && { matchers }), ...membersOf(invocation) });
  const exclusion = readAdded(text, name);
  const exists = (): UsageError =>
    new UsageError(`exclusion ${name} exists already; remove it first: tidewatch exclude remove ${name}`);
  if ((await findKeys(store, name)).length > 0) throw exists();
  try {
    await store.put(key, new TextEncoder().encode(text), { contentType: 'application/yaml', ifAbsent: true });
  } catch (error) {
    if (error instanceof PreconditionFailedError) throw exists();
    throw error;
  }
  invocation.output.print('exclusion', `written: ${key}`, describe(exclusion));
  return 'ok';
}

/** As the file is read: what would go to quarantine is not written. */
function readAdded(text: string, name: string): Exclusion {
  try {
    return parseExclusion(text, { source: `exclusion ${name}`, name });
  } catch (error) {
    if (error instanceof AnswerError) throw new UsageError(error.message);
    throw error;
  }
}

/** By either ending. */
async function findKeys(store: ObjectStore, name: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`${EXCLUSIONS_PREFIX}${name}.`))
    if (exclusionOfKey(key) === name) keys.push(key);
  return keys;
}

/** The members of the file, those that were given. */
function membersOf({ values }: Invocation): Readonly<Record<string, unknown>> {
  const [from, until, length] = [
    timeValue(values, 'from'),
    timeValue(values, 'until'),
    durationValue(values, 'for'),
  ];
  if (until !== undefined && length !== undefined)
    throw new UsageError('--for and --until both say when it ends; give one of them');
  if (from === undefined || (until === undefined && length === undefined))
    throw new UsageError('exclude add needs --from, and --until or --for');
  const end = until ?? from + (length ?? 0);
  const { comment, by } = values;
  return {
    from: new Date(from).toISOString(),
    until: new Date(end).toISOString(),
    ...(comment !== undefined && { comment }),
    ...(by !== undefined && { by }),
  };
}

async function list(invocation: Invocation): Promise<ExitStatus> {
  const { output } = invocation;
  const store = openBucket(invocation);
  const exclusions = await loadExclusions(createContext(invocation, store));
  const unusable = await listUnmended(store, EXCLUSIONS_PREFIX);
  for (const { key, message, code } of unusable)
    output.print('quarantined', sayQuarantined({ key, message }), { key, code, message });
  const outcome = unusable.length > 0 ? 'quarantined' : 'ok';
  const found = exclusions.map(describe);
  const [first, ...rest] = found;
  if (first === undefined) {
    output.print('note', 'no exclusions', { exclusions: 0 });
    return outcome;
  }
  const rows = found.map(({ exclusion, matchers, from, until, by, comment }) => [
    exclusion,
    matchers.length === 0 ? 'everything' : matchers.join(', '),
    from,
    until,
    by ?? '-',
    comment ?? '-',
  ]);
  output.print('exclusion', formatTable([HEADER, ...rows]), first);
  for (const each of rest) output.print('exclusion', undefined, each);
  return outcome;
}

interface Described {
  readonly exclusion: string;
  readonly matchers: readonly string[];
  readonly from: string;
  readonly until: string;
  readonly by: string | null;
  readonly comment: string | null;
}

function describe(exclusion: Exclusion): Described {
  const { name, matchers, from, until, by = null, comment = null } = exclusion;
  return {
    exclusion: name,
    matchers: matchers.map(formatMatcher),
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
    by,
    comment,
  };
}

async function remove(invocation: Invocation, name: string): Promise<ExitStatus> {
  const store = openBucket(invocation);
  const keys = await findKeys(store, name);
  if (keys.length === 0) throw new UsageError(`no exclusion ${JSON.stringify(name)} in this bucket`);
  for (const key of keys) {
    await store.delete(key);
    invocation.output.print('exclusion', `removed: ${key} is deleted`, { exclusion: name, key });
  }
  return 'ok';
}
