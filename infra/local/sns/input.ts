/** Reads the parameters of a request to SNS. */
import { type FormNode, listItems } from '../sqs/query-protocol.ts';
import { invalidParameter } from './errors.ts';

export type SnsInput = ReadonlyMap<string, FormNode>;

export function requireText(input: SnsInput, name: string): string {
  const value = optionalText(input, name);
  if (value !== undefined) return value;
  throw invalidParameter(name, `no value found for required parameter ${name}`);
}

export function optionalText(input: SnsInput, name: string): string | undefined {
  const value = input.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** `Name.member.1`, `Name.member.2`, … */
export function memberList(input: SnsInput, name: string): readonly FormNode[] {
  const list = input.get(name);
  return list instanceof Map ? listItems(list.get('member')) : [];
}

/** `Attributes.entry.1.key` and `.value`. */
export function textMap(input: SnsInput, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entryList(input, name).map((entry) => [requireText(entry, 'key'), optionalText(entry, 'value') ?? '']),
  );
}

/** `Tags.member.1.Key` and `.Value`. */
export function tagMap(input: SnsInput): Readonly<Record<string, string>> {
  return Object.fromEntries(
    memberList(input, 'Tags')
      .filter((tag) => tag instanceof Map)
      .map((tag) => [requireText(tag, 'Key'), optionalText(tag, 'Value') ?? '']),
  );
}

/** The structures of `Name.entry.1`, `Name.entry.2`, … */
export function entryList(input: SnsInput, name: string): readonly SnsInput[] {
  const map = input.get(name);
  const items = map instanceof Map ? listItems(map.get('entry')) : [];
  return items.filter((item) => item instanceof Map);
}
