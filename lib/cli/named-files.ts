/** The commands for files that people keep in the bucket under names of their own: add one, list them, take one away. */
import { stringify } from 'yaml';
import type { Matcher } from '../answers/matcher.ts';
import { AnswerError, PreconditionFailedError } from '../base/errors.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { StoreContext } from '../jobs/shared/context.ts';
import { type AnswerCondition, writeAnswerFile } from '../jobs/shared/write-answers.ts';
import { isObjectId } from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  type Invocation,
  type OptionHelp,
  openBucket,
} from './command.ts';
import type { ExitStatus } from './exit-code.ts';
import { durationValue, timeValue } from './option-values.ts';
import { listUnmended, listUnmendedParts, sayLeftOutParts, sayQuarantined } from './quarantined.ts';
import { formatTable } from './table.ts';
import { UsageError } from './usage-error.ts';
import { type Coverage, sayCoverage, warnOfDetectors } from './warn-matchers.ts';

/** What of a file is printed, as JSON. */
type Described = Readonly<Record<string, unknown>>;

interface WithMatchers {
  readonly matchers: readonly Matcher[];
}

/** One kind of them. */
export interface NamedFiles<T extends WithMatchers> {
  readonly command: string;
  readonly summary: string;
  /** `silence`, also the type of its JSON lines; with its article, and several of them. */
  readonly noun: string;
  readonly aNoun: string;
  readonly nouns: string;
  /** After `add NAME`; in brackets where it may have none. */
  readonly matchersHelp: 'MATCHER…' | '[MATCHER…]';
  /** `end`, and as it is said of one that was. */
  readonly takeAway: { readonly operand: string; readonly done: string };
  readonly addOptions: readonly string[];
  readonly optionsHelp: readonly OptionHelp[];
  readonly examples: readonly string[];
  readonly prefix: string;
  readonly keyOf: (name: string) => string;
  readonly nameOf: (key: string) => string | undefined;
  readonly load: (context: StoreContext) => Promise<readonly T[]>;
  /** @throws AnswerError where the text is none */
  readonly parse: (text: string, of: { readonly source: string; readonly name: string }) => T;
  /** Before one is added: what it needs of the bucket. Says what of that is left out. @throws UsageError, AnswerError */
  readonly check?: (file: T, store: ObjectStore, invocation: Invocation) => Promise<void>;
  /** Of incidents: how many of those that are open it is of. */
  readonly count?: (file: T, store: ObjectStore) => Promise<Coverage>;
  /** Whether it does nothing any more, so that another one may take its name. */
  readonly isOver: (file: T, invocation: Invocation) => boolean;
  /** The members of the file, by what was given. @throws UsageError */
  readonly membersOf: (invocation: Invocation, matchers: readonly string[]) => Described;
  readonly describe: (file: T, invocation: Invocation) => Described;
  readonly header: readonly string[];
  /** Cells of its row, under the header. */
  readonly cellsOf: (file: T, invocation: Invocation) => readonly string[];
}

export function createNamedFilesCommand<T extends WithMatchers>(files: NamedFiles<T>): Command {
  const { command, addOptions, takeAway, matchersHelp } = files;
  return {
    name: command,
    operands: `add NAME ${matchersHelp} | list | ${takeAway.operand} NAME`,
    summary: files.summary,
    optionsHelp: [BUCKET_HELP, ...files.optionsHelp],
    examples: files.examples,
    options: {
      ...BUCKET_OPTION,
      ...Object.fromEntries(addOptions.map((name) => [name, { type: 'string' }])),
    },
    async run(invocation) {
      const { operands, values } = invocation;
      const [what, name, ...matchers] = operands;
      const stray = what === 'add' ? undefined : addOptions.find((each) => values[each] !== undefined);
      if (stray !== undefined) throw new UsageError(`--${stray} goes with ${command} add`);
      if (what === 'add') return await add(files, invocation, readOperandsOfAdd(files, name, matchers));
      if (what === 'list' && name === undefined) return await list(files, invocation);
      if (what === takeAway.operand && name !== undefined && matchers.length === 0)
        return await remove(files, invocation, name);
      throw new UsageError(sayWrongOperands(files, operands));
    },
  };
}

/** @throws UsageError that says what is missing */
function readOperandsOfAdd<T extends WithMatchers>(
  { command, aNoun, matchersHelp }: NamedFiles<T>,
  name: string | undefined,
  matchers: readonly string[],
): { readonly name: string; readonly matchers: readonly string[] } {
  const usage = (...operands: readonly string[]): string =>
    `tidewatch ${[command, 'add', ...operands].join(' ')}; see tidewatch ${command} --help`;
  if (name === undefined || name === '')
    throw new UsageError(`${command} add needs a name: ${usage('NAME', matchersHelp)}`);
  // No name has such a sign, and every matcher one.
  if (/[=~]/.test(name))
    throw new UsageError(
      `${command} add needs a name before its matchers, not ${JSON.stringify(name)}: ${usage('NAME', matchersHelp)}`,
    );
  if (!isObjectId(name))
    throw new UsageError(
      `${aNoun} is called by letters, digits, dots, dashes and underscores, not ${JSON.stringify(name)}`,
    );
  if (matchers.length === 0 && matchersHelp === 'MATCHER…')
    throw new UsageError(
      `${command} add needs a matcher, such as detector=checkout, or 'detector=~.*' for everything: ${usage(name, matchersHelp)}`,
    );
  return { name, matchers };
}

/** Of what is neither an `add` nor a whole command: which part is missing, or too much. */
function sayWrongOperands<T extends WithMatchers>(
  { command, matchersHelp, takeAway }: NamedFiles<T>,
  [what, ...more]: readonly string[],
): string {
  const forms = `add NAME ${matchersHelp}, list, or ${takeAway.operand} NAME`;
  const help = `see tidewatch ${command} --help`;
  const given = JSON.stringify(more.join(' '));
  if (what === undefined) return `${command} needs to know what: ${forms}; ${help}`;
  if (what === 'list') return `${command} list takes nothing more, not ${given}; ${help}`;
  if (what === takeAway.operand)
    return more.length === 0
      ? `${command} ${what} needs a name, one of tidewatch ${command} list: tidewatch ${command} ${what} NAME; ${help}`
      : `${command} ${what} takes one name, not ${given}; ${help}`;
  const meant = meantBy(what, takeAway.operand);
  if (meant === undefined)
    return `${command} takes ${forms}, not ${JSON.stringify([what, ...more].join(' '))}; ${help}`;
  const operands = meant === 'list' ? [] : more.length === 0 ? ['NAME'] : more;
  return `${command} has no ${JSON.stringify(what)}; did you mean tidewatch ${[command, meant, ...operands].join(' ')}?`;
}

/** Words of other tools, and of the other command of this kind, for taking one away. */
const TAKES_AWAY = ['remove', 'end', 'delete', 'rm', 'stop', 'expire'];

/** What a word was meant for that is none of a command's. */
function meantBy(what: string, takeAway: string): string | undefined {
  if (TAKES_AWAY.includes(what)) return takeAway;
  return what === 'show' || what === 'ls' ? 'list' : nearestName(what, ['add', 'list', takeAway]);
}

/**
 * Epoch ms of `--from`, and of the end that `--until` or `--for` says.
 * @param start that `--for` counts from where there is no `--from`; undefined: it has no end then
 * @throws UsageError where both say it
 */
export function readRange(
  { values }: Invocation,
  start: number | undefined,
): { readonly from: number | undefined; readonly end: number | undefined } {
  const from = timeValue(values, 'from');
  const until = timeValue(values, 'until');
  const length = durationValue(values, 'for');
  if (until !== undefined && length !== undefined)
    throw new UsageError('--for and --until both say when it ends; give one of them');
  const begin = from ?? start;
  if (from !== undefined && until !== undefined && from >= until)
    throw new UsageError(
      `--from is ${new Date(from).toISOString()}, which is not before --until, ${new Date(until).toISOString()}`,
    );
  return { from, end: length === undefined || begin === undefined ? until : begin + length };
}

/** `--comment` and `--by`, those that were given. */
export function readNotes({ values: { comment, by } }: Invocation): Described {
  return { ...(comment !== undefined && { comment }), ...(by !== undefined && { by }) };
}

async function add<T extends WithMatchers>(
  files: NamedFiles<T>,
  invocation: Invocation,
  { name, matchers }: { readonly name: string; readonly matchers: readonly string[] },
): Promise<ExitStatus> {
  const { command, noun, takeAway } = files;
  const store = openBucket(invocation);
  const key = files.keyOf(name);
  const text = stringify(files.membersOf(invocation, matchers));
  const file = readAdded(files, text, name);
  await files.check?.(file, store, invocation);
  const exists = (): UsageError =>
    new UsageError(
      `${noun} ${name} exists already; ${takeAway.operand} it first: tidewatch ${command} ${takeAway.operand} ${name}`,
    );
  const keys = await findKeys(files, store, name);
  const over =
    keys.length === 1 && keys[0] === key
      ? await findOver(files, invocation, { store, key, name })
      : undefined;
  if (keys.length > 0 && over === undefined) throw exists();
  const condition: AnswerCondition = over === undefined ? { ifAbsent: true } : { ifMatch: over };
  try {
    await writeAnswerFile(store, { key, text }, condition);
  } catch (error) {
    if (error instanceof PreconditionFailedError) throw exists();
    throw error;
  }
  const coverage = await lookAround(files, file, { store, invocation });
  const covers = coverage === undefined ? '' : `, ${sayCoverage(coverage)}`;
  invocation.output.print(noun, `written: ${key}${covers}`, {
    ...files.describe(file, invocation),
    ...coverage,
  });
  return 'ok';
}

/** What it is of, as far as whoever adds it may read that: the file is written, whatever is found. */
async function lookAround<T extends WithMatchers>(
  { count }: NamedFiles<T>,
  file: T,
  { store, invocation }: { readonly store: ObjectStore; readonly invocation: Invocation },
): Promise<Coverage | undefined> {
  try {
    await warnOfDetectors(file.matchers, store, invocation);
    return await count?.(file, store);
  } catch (error) {
    invocation.output.telemetry.warn(`what it covers is not known: ${String(error)}`);
    return undefined;
  }
}

/** The ETag of a file that does nothing any more; undefined of one that does, or that cannot be read. */
async function findOver<T extends WithMatchers>(
  { noun, parse, isOver }: NamedFiles<T>,
  invocation: Invocation,
  of: { readonly store: ObjectStore; readonly key: string; readonly name: string },
): Promise<string | undefined> {
  const { body, etag } = await of.store.get(of.key);
  try {
    const file = parse(new TextDecoder().decode(body), { source: `${noun} ${of.name}`, name: of.name });
    return isOver(file, invocation) ? etag : undefined;
  } catch (error) {
    if (error instanceof AnswerError) return undefined;
    throw error;
  }
}

/** As the file is read: what would go to quarantine is not written. */
function readAdded<T extends WithMatchers>({ noun, parse }: NamedFiles<T>, text: string, name: string): T {
  try {
    return parse(text, { source: `${noun} ${name}`, name });
  } catch (error) {
    if (error instanceof AnswerError) throw new UsageError(error.message);
    throw error;
  }
}

/** By either ending; a name that has its ending, as that of a calendar does, is the whole one. */
async function findKeys<T extends WithMatchers>(
  { prefix, nameOf }: NamedFiles<T>,
  store: ObjectStore,
  name: string,
): Promise<readonly string[]> {
  const keys: string[] = [];
  const begin = `${prefix}${name}`;
  for await (const { key } of store.list(nameOf(begin) === name ? begin : `${begin}.`))
    if (nameOf(key) === name) keys.push(key);
  return keys;
}

async function list<T extends WithMatchers>(
  files: NamedFiles<T>,
  invocation: Invocation,
): Promise<ExitStatus> {
  const { noun, nouns, header, describe, cellsOf } = files;
  const { output } = invocation;
  const store = openBucket(invocation);
  const found = await files.load(createContext(invocation, store));
  const unusable = await listUnmended(store, files.prefix);
  for (const { key, message, code } of unusable)
    output.print('quarantined', sayQuarantined({ key, message }), { key, code, message });
  for (const note of await listUnmendedParts(store, files.prefix))
    output.print('left-out', sayLeftOutParts(note).join('\n'), { key: note.key, leftOut: note.leftOut });
  const outcome = unusable.length > 0 ? 'quarantined' : 'ok';
  const [first, ...rest] = found;
  if (first === undefined) {
    output.print('note', `no ${nouns}`, { [nouns]: 0 });
    return outcome;
  }
  const rows = found.map((file) => cellsOf(file, invocation));
  output.print(noun, formatTable([header, ...rows]), describe(first, invocation));
  for (const each of rest) output.print(noun, undefined, describe(each, invocation));
  return outcome;
}

async function remove<T extends WithMatchers>(
  files: NamedFiles<T>,
  invocation: Invocation,
  name: string,
): Promise<ExitStatus> {
  const { noun, takeAway } = files;
  const store = openBucket(invocation);
  const keys = await findKeys(files, store, name);
  if (keys.length === 0) throw new UsageError(`no ${noun} ${JSON.stringify(name)} in this bucket`);
  for (const key of keys) {
    await store.delete(key);
    invocation.output.print(noun, `${takeAway.done}: ${key} is deleted`, { [noun]: name, key });
  }
  return 'ok';
}
