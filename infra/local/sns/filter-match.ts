/** Holds a message against a filter policy. */
import type { MessageAttributes } from '../sqs/queue.ts';
import type { FilterPolicy, FilterRule, Scalar } from './filter-policy.ts';

type Document = Readonly<Record<string, unknown>>;

export interface FilterSubject {
  readonly body: string;
  readonly attributes: MessageAttributes;
}

/** A body that is no JSON object matches no policy on the body. */
export function matchesPolicy({ scope, rule }: FilterPolicy, { body, attributes }: FilterSubject): boolean {
  const document = scope === 'MessageBody' ? parseObject(body) : documentOf(attributes);
  return document !== undefined && matchesRule(rule, document);
}

function matchesRule(rule: FilterRule, document: Document): boolean {
  return (
    rule.keys.every(({ name, conditions }) => {
      const values = scalarsOf(member(document, name));
      return conditions.some(
        ({ test, onAbsence }) => (onAbsence && values.length === 0) || values.some((value) => test(value)),
      );
    }) &&
    rule.nested.every(({ name, rule: inner }) =>
      objectsOf(member(document, name)).some((one) => matchesRule(inner, one)),
    ) &&
    rule.alternatives.every((rules) => rules.some((inner) => matchesRule(inner, document)))
  );
}

/** Text, numbers and arrays as JSON would hold them; binary attributes are invisible to policies. */
function documentOf(attributes: MessageAttributes): Document {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([, { stringValue }]) => stringValue !== undefined)
      .map(([name, { dataType, stringValue = '' }]) => {
        if (dataType === 'String.Array') return [name, JSON.parse(stringValue) as unknown];
        return [name, /^Number(\.|$)/.test(dataType) ? Number(stringValue) : stringValue];
      }),
  );
}

function parseObject(text: string): Document | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function member(document: Document, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

function scalarsOf(value: unknown): Scalar[] {
  if (Array.isArray(value)) return value.flatMap(scalarsOf);
  return value === undefined || isObject(value) ? [] : [value as Scalar];
}

/** Of an array, each element has to satisfy a nested policy by itself; where there is none, absence is tested. */
function objectsOf(value: unknown): Document[] {
  const found = [value].flat(Number.POSITIVE_INFINITY as 1).filter(isObject);
  return found.length > 0 ? found : [{}];
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
