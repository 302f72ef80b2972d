/** The commands by which a person answers an incident, as text to be copied into a shell. */
import { formatMatcher, LONGEST_VALUE, type MatchedName, type Matcher } from '../answers/matcher.ts';
import { toOneLine } from '../base/foreign-text.ts';
import type { Alert, AlertMember } from './alert.ts';

export interface Answer {
  /** Short: it stands before the command. */
  readonly label: string;
  readonly command: string;
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
  const matchers = chooseMatchers(of).map((matcher) => quoteForShell(formatMatcher(matcher)));
  return [
    { label: 'A real fault', command: `tidewatch verdict ${id} true${place}` },
    { label: 'A false alarm', command: `tidewatch verdict ${id} false${place}` },
    { label: 'It was expected', command: `tidewatch verdict ${id} expected${place}` },
    {
      label: 'Quiet for 2 hours',
      command: `tidewatch silence add ${id} ${matchers.join(' ')} --for 2h${place}`,
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
 * there is only one, otherwise the workload. They name the detector alone if names cannot stand in a matcher, or not all
 * are known.
 */
export function chooseMatchers({ members, membersLeftOut = 0 }: Answered): readonly Matcher[] {
  const entities = distinct(members.map(({ entity }) => entity));
  const workloads = distinct(members.map(({ workload }) => workload));
  const narrow = [
    entities.length === 1 && membersLeftOut === 0 ? matchAny('entity', entities) : undefined,
    membersLeftOut === 0 || workloads.length === 1 ? matchAny('workload', workloads) : undefined,
  ].find((matcher) => matcher !== undefined);
  const detectors = matchAny('detector', distinct(members.map(({ detector }) => detector)));
  return [detectors ?? EVERYTHING, ...(narrow === undefined ? [] : [narrow])];
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
