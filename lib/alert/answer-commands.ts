/** The commands by which a person answers an incident, as text to be copied into a shell. */
import { formatMatcher, LONGEST_VALUE, type MatchedName, type Matcher } from '../answers/matcher.ts';
import { toOneLine } from '../base/foreign-text.ts';
import { aroundGenerated } from '../base/workload.ts';
import type { Alert, AlertMember } from './alert.ts';

export interface Answer {
  /** Short: it stands before the command. */
  readonly label: string;
  readonly command: string;
  /** Of a silence, what it is of: "what its detector finds in its workload, also pods that are new". */
  readonly covers?: string | undefined;
}

export interface Answered {
  readonly incidentId: string;
  /** Left out: whoever runs it says which bucket. */
  readonly bucket?: string | undefined;
  readonly members: readonly Pick<AlertMember, 'detector' | 'entity' | 'workload'>[];
  /** Members of which nothing is known here. */
  readonly membersLeftOut?: number | undefined;
}

/** What is matched where nothing narrower can be said. */
const EVERYTHING: Matcher = { name: 'detector', operator: '=~', value: '.*' };

/** Ends with the one that silences the incident. */
export function listAnswers(of: Answered): readonly Answer[] {
  const id = quoteForShell(of.incidentId);
  const place = of.bucket === undefined ? '' : ` --bucket ${quoteForShell(of.bucket)}`;
  const chosen = chooseMatchers(of);
  const matchers = chosen.map((matcher) => quoteForShell(formatMatcher(matcher)));
  return [
    { label: 'A real fault', command: `tidewatch verdict ${id} true${place}` },
    { label: 'A false alarm', command: `tidewatch verdict ${id} false${place}` },
    { label: 'It was expected', command: `tidewatch verdict ${id} expected${place}` },
    {
      label: 'Quiet for 2 hours',
      command: `tidewatch silence add ${id} ${matchers.join(' ')} --for 2h${place}`,
      covers: sayCovered(chosen),
    },
  ];
}

/** Of a message, whose members may be cut. Empty for a digest: each of its incidents is answered by itself. */
export function answersOf(alert: Alert): readonly Answer[] {
  const { incidentId, state, detector, entity, objects, members = [], membersLeftOut } = alert;
  if (state === 'digest') return [];
  const known = members.length > 0 ? members : [{ detector, entity, workload: '' }];
  return listAnswers({ incidentId, bucket: objects.bucket, members: known, membersLeftOut });
}

/** The command that tells more of one. */
export function showCommand(incidentId: string, bucket: string | undefined): string {
  const place = bucket === undefined ? '' : ` --bucket ${quoteForShell(bucket)}`;
  return `tidewatch incidents show ${quoteForShell(incidentId)}${place}`;
}

/**
 * Matchers that match every member: if one member is not silenced, the whole incident is told. They name the entity if
 * there is only one and it keeps its name, otherwise the workload: a pod whose name is generated is replaced under another one. They
 * name the detector alone if names cannot stand in a matcher, or not all are known.
 */
export function chooseMatchers({ members, membersLeftOut = 0 }: Answered): readonly Matcher[] {
  const detectors = matchAny('detector', distinct(members.map(({ detector }) => detector))) ?? EVERYTHING;
  const entities = distinct(members.map(({ entity }) => entity));
  const workload = matchAny('workload', distinct(members.map(({ workload }) => workload)));
  const entity = entities.length === 1 && membersLeftOut === 0 ? matchAny('entity', entities) : undefined;
  if (workload !== undefined && membersLeftOut === 0 && members.every(isReplaced)) {
    const around = matchAround(entities);
    return [detectors, workload, ...(around === undefined ? [] : [around])];
  }
  const isWhole = membersLeftOut === 0 || workload?.operator === '=';
  const narrow = entity ?? (isWhole ? workload : undefined);
  return [detectors, ...(narrow === undefined ? [] : [narrow])];
}

/** A pod that never comes back by its name. */
function isReplaced({ entity, workload }: Answered['members'][number]): boolean {
  return workload !== entity && aroundGenerated(entity) !== undefined;
}

/** The namespace, and whatever else such pods have in common; undefined where it is nothing, or not one for all. */
function matchAround(entities: readonly string[]): Matcher | undefined {
  const [around, ...others] = distinct(
    entities.map((entity) => {
      const { before, after } = aroundGenerated(entity)!;
      return `${escapeExpression(before)}[^/]+${escapeExpression(after)}`;
    }),
  );
  if (around === undefined || others.length > 0 || around === '[^/]+') return undefined;
  if (toOneLine(around) !== around || around.length > LONGEST_VALUE) return undefined;
  return { name: 'entity', operator: '=~', value: around };
}

/** What they are of, of an incident, to be read on from "covers". The names stand in the matchers. */
function sayCovered(matchers: readonly Matcher[]): string {
  if (matchesEverything(matchers)) return 'everything';
  const [detector, ...narrow] = matchers;
  const isOne = ({ operator }: Matcher): boolean => operator === '=';
  const workload = narrow.find(({ name }) => name === 'workload');
  if (workload !== undefined)
    return `what its detector finds in its workload${isOne(workload) ? '' : 's'}, also pods that are new`;
  if (narrow.length > 0) return 'this entity alone';
  return `everything that its detector${isOne(detector!) ? ' finds' : 's find'}`;
}

/** Whether they are of every incident there is. */
export function matchesEverything(matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher === EVERYTHING);
}

/** Undefined where a name is empty, or a text of one line and of that length cannot say them. */
function matchAny(name: MatchedName, values: readonly string[]): Matcher | undefined {
  if (values.length === 0 || values.some((value) => value === '' || toOneLine(value) !== value))
    return undefined;
  const matcher: Matcher =
    values.length === 1
      ? { name, operator: '=', value: values[0]! }
      : { name, operator: '=~', value: values.map(escapeExpression).join('|') };
  return matcher.value.length <= LONGEST_VALUE ? matcher : undefined;
}

/** For RE2, which takes a backslash before any punctuation. */
function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

/** For a POSIX shell: what holds more than harmless characters stands in single quotes. */
function quoteForShell(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
