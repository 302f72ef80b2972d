/**
 * The tables of parameters in docs/models/: names, defaults and what is taken are asked of the kinds themselves, by
 * reading no parameters, an unknown one and a wrong one. What a parameter does is written by hand, and kept.
 */
import { ModelError } from '../lib/base/errors.ts';
import { learnsBySteps, MODEL_KINDS, type ModelKind } from '../lib/config/model-kind.ts';
import { getModel } from '../lib/models/registry.ts';
import { placePart, readDescriptions } from './place-part.ts';

const PART = { name: 'parameters', script: 'make-model-docs.ts' };

/** Of every kind the page that has its parameters, by path from the root: networks have them in common. */
export const PARAMETER_PAGES: ReadonlyMap<ModelKind, string> = new Map(
  MODEL_KINDS.map((kind) => [kind, `docs/models/${learnsBySteps(kind) ? 'networks' : kind}.md`]),
);

/** `page` with the parameters as they are. @throws Error where a mark is missing */
export async function placeParams(kind: ModelKind, page: string): Promise<string> {
  const parse = (await getModel(kind)).parseParams as ParseParams;
  const names = listParams(parse);
  if (names.length === 0) return placePart(page, PART, 'None.');
  const told = readDescriptions(page, PART);
  const rows = names.map((name) =>
    [`\`${name}\``, sayDefault(parse, name), sayTaken(parse, name), told.get(name) ?? ''].join(' | '),
  );
  const head = ['| parameter | default | takes | what it does |', '| --- | --- | --- | --- |'];
  return placePart(page, PART, [...head, ...rows.map((row) => `| ${row.trimEnd()} |`)].join('\n'));
}

type ParseParams = (given: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

function listParams(parse: ParseParams): readonly string[] {
  const names = / it has (.+)$/.exec(complaint(parse, { '?': 0 }))?.[1] ?? '';
  return names === 'none at all' ? [] : names.split(', ');
}

/** An object is what no parameter takes. */
function sayTaken(parse: ParseParams, name: string): string {
  const message = complaint(parse, { [name]: {} });
  const taken = /, not (.+)$/.exec(message)?.[1] ?? /, which is no ([^;]+)/.exec(message)?.[1];
  if (taken === undefined) throw new Error(`the message does not say what ${name} takes: ${message}`);
  // Thousands are set apart in whole numbers alone.
  return taken
    .replace(/^an? /, '')
    .replace(/(?<![.\d])\d{4,}/g, (digits) => Number(digits).toLocaleString('en-US'));
}

function complaint(parse: ParseParams, given: Readonly<Record<string, unknown>>): string {
  try {
    parse(given);
  } catch (error) {
    if (error instanceof ModelError) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(given)} is taken`);
}

/** What is left out of the parameters where nobody gives it is the first of what is taken. */
function sayDefault(parse: ParseParams, name: string): string {
  const defaults = parse({});
  if (!Object.hasOwn(defaults, name)) return `\`${sayTaken(parse, name).split(' or ')[0]}\``;
  const value = defaults[name];
  if (value === undefined) return 'by the data';
  const isOfMembers = Array.isArray(value) && value.some((each) => typeof each === 'object');
  if (isOfMembers) return value.map(({ kind }: { readonly kind: string }) => `\`${kind}\``).join(', ');
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
