import { TemplateError } from './template-error.ts';

/** A resource's resolved properties, read one by one, so that one which nobody reads can be told. */
export interface Properties {
  text(name: string): string;
  text(name: string, fallback: string): string;
  optionalText(name: string): string | undefined;
  number(name: string, fallback: number): number;
  boolean(name: string, fallback: boolean): boolean;
  /** Properties of the object under `name`; an empty one where there is none. */
  object(name: string): Properties;
  list(name: string): unknown[];
  value(name: string): unknown;
  names(): string[];
  /** Reads what makes no difference here. */
  ignore(...names: string[]): void;
  /** @throws TemplateError that names the properties which nothing read */
  finish(): void;
}

/** @param where for errors: the resource and its type */
export function readProperties(where: string, values: unknown): Properties {
  if (values === null || typeof values !== 'object' || Array.isArray(values))
    throw new TemplateError(where, `properties are needed in place of ${JSON.stringify(values)}`);
  const left = new Map(Object.entries(values));
  const nested: Properties[] = [];

  const properties: Properties = {
    text(name: string, fallback?: string): string {
      const text = properties.optionalText(name) ?? fallback;
      if (text !== undefined) return text;
      throw new TemplateError(where, `${name} is missing`);
    },
    optionalText(name) {
      const value = take(name);
      if (value === undefined || typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      throw new TemplateError(where, `${name} cannot be ${JSON.stringify(value)}`);
    },
    number(name, fallback) {
      const value = take(name) ?? fallback;
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number === 'number' && Number.isFinite(number)) return number;
      throw new TemplateError(where, `${name} cannot be ${JSON.stringify(value)}`);
    },
    boolean(name, fallback) {
      const value = take(name) ?? fallback;
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw new TemplateError(where, `${name} cannot be ${JSON.stringify(value)}`);
    },
    object(name) {
      const inner = readProperties(`${where} ${name}`, take(name) ?? {});
      nested.push(inner);
      return inner;
    },
    list(name) {
      const value = take(name) ?? [];
      if (Array.isArray(value)) return value;
      throw new TemplateError(where, `${name} cannot be ${JSON.stringify(value)}`);
    },
    value: take,
    names: () => [...left.keys()],
    ignore(...names) {
      for (const name of names) left.delete(name);
    },
    finish() {
      for (const inner of nested) inner.finish();
      if (left.size > 0) throw new TemplateError(where, `not emulated: ${[...left.keys()].join(', ')}`);
    },
  };
  return properties;

  function take(name: string): unknown {
    const value = left.get(name);
    left.delete(name);
    return value;
  }
}
