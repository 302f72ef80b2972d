/**
 * The text of an iCalendar file (RFC 5545) as components and properties. Says nothing of what they mean. A line within an
 * event or a zone that is none makes that one unusable, and no other: whoever reads it refuses it.
 */
import { AnswerError } from '../../base/errors.ts';

export interface Property {
  /** In capitals, as the names of parameters are. */
  readonly name: string;
  readonly params: ReadonlyMap<string, string>;
  readonly value: string;
  /** 1 for the first line of the file. */
  readonly line: number;
}

export interface Component {
  readonly name: string;
  readonly properties: readonly Property[];
  readonly components: readonly Component[];
  readonly line: number;
  /** Of its first line that is none, also one of what lies in it; undefined: all of them are read. */
  readonly fault: AnswerError | undefined;
}

interface Open extends Component {
  readonly properties: Property[];
  readonly components: Component[];
  fault: AnswerError | undefined;
}

/** A calendar has three levels: VCALENDAR, VEVENT, VALARM. */
const MOST_LEVELS = 10;
/** With the root: of a calendar and what lies right in it. A line of the calendar itself may be of all events. */
const LEVELS_OF_PARTS = 3;
const LONGEST_SHOWN = 60;
/** A name, its parameters, a colon that stands outside of quotes, and the value. */
const LINE = /^([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)$/s;
const PARAM = /;([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)/g;

/** @throws AnswerError with code bad-answer that names the line, where it cannot be told which component is at fault */
export function readComponents(text: string, source: string): readonly Component[] {
  const root = open('', 0);
  const stack: Open[] = [root];
  for (const { content, line } of unfold(text)) {
    const property = readProperty(content, line);
    const top = stack.at(-1)!;
    if (property === undefined || (top === root && property.name !== 'BEGIN')) {
      const fault = refuse(source, line, `${show(content)} is no line of an iCalendar file`);
      if (stack.length < LEVELS_OF_PARTS) throw fault;
      for (const part of stack.slice(LEVELS_OF_PARTS - 1)) part.fault ??= fault;
      continue;
    }
    const name = property.value.trim().toUpperCase();
    if (property.name === 'BEGIN') {
      if (stack.length > MOST_LEVELS)
        throw refuse(source, line, `${name} lies more than ${MOST_LEVELS} deep`);
      stack.push(open(name, line));
    } else if (property.name === 'END') {
      if (name !== top.name) throw refuse(source, line, `${show(content)} ends no ${top.name}`);
      stack.pop();
      stack.at(-1)!.components.push(top);
    } else top.properties.push(property);
  }
  const left = stack.at(-1)!;
  if (left !== root) throw refuse(source, left.line, `${left.name} has no end: the file may be cut`);
  return root.components;
}

function open(name: string, line: number): Open {
  return { name, properties: [], components: [], line, fault: undefined };
}

export function findProperty({ properties }: Component, name: string): Property | undefined {
  return properties.find((property) => property.name === name);
}

export function listProperties({ properties }: Component, name: string): readonly Property[] {
  return properties.filter((property) => property.name === name);
}

export function refuse(source: string, line: number, problem: string): AnswerError {
  return new AnswerError('bad-answer', `${source}: line ${line}: ${problem}`);
}

/** A line that begins with a space or a tab goes on with the one before. Empty ones are passed over. */
function unfold(text: string): readonly { readonly content: string; readonly line: number }[] {
  const lines: { content: string; line: number }[] = [];
  for (const [index, given] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const last = lines.at(-1);
    if (/^[ \t]/.test(given) && last !== undefined) last.content += given.slice(1);
    else if (given !== '') lines.push({ content: given, line: index + 1 });
  }
  return lines;
}

function readProperty(content: string, line: number): Property | undefined {
  const [, name, params, value] = LINE.exec(content) ?? [];
  if (name === undefined || params === undefined || value === undefined) return undefined;
  const read = [...params.matchAll(PARAM)].map(
    ([, key, given]) => [key!.toUpperCase(), given!.replaceAll('"', '')] as const,
  );
  return { name: name.toUpperCase(), params: new Map(read), value, line };
}

function show(text: string): string {
  return JSON.stringify(text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`);
}
