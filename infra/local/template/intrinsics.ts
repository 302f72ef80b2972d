/**
 * CloudFormation's intrinsic functions, in their JSON form.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
import { TemplateError } from './template-error.ts';

/** What names stand for. Resources are created when something first refers to them, hence the promises. */
export interface Scope {
  /** The resource or parameter that is being resolved, for errors. */
  readonly where: string;
  ref(name: string): Promise<unknown>;
  getAtt(resource: string, attribute: string): Promise<unknown>;
  condition(name: string): Promise<boolean>;
}

/** What `!Ref AWS::NoValue` is: the property that holds it does not exist. */
export const NO_VALUE: unique symbol = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope) => Promise<unknown>;

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: async (name, scope) => await scope.ref(asText(name, scope)),
  Condition: async (name, scope) => await scope.condition(asText(name, scope)),
  'Fn::GetAtt': getAtt,
  'Fn::Sub': substitute,
  'Fn::Join': async (argument, scope) => {
    const [separator, parts] = asList(await resolve(argument, scope), scope, 2);
    return asList(parts, scope)
      .map((part) => asText(part, scope))
      .join(asText(separator, scope));
  },
  'Fn::Split': async (argument, scope) => {
    const [separator, text] = asList(await resolve(argument, scope), scope, 2);
    return asText(text, scope).split(asText(separator, scope));
  },
  'Fn::Select': async (argument, scope) => {
    const [index, list] = asList(await resolve(argument, scope), scope, 2);
    const values = asList(list, scope);
    if (!(Number(index) in values))
      throw new TemplateError(scope.where, `Fn::Select of item ${index} in a list of ${values.length}`);
    return values[Number(index)];
  },
  'Fn::If': async (argument, scope) => {
    const [name, then, otherwise] = asList(argument, scope, 3);
    return await resolve((await scope.condition(asText(name, scope))) ? then : otherwise, scope);
  },
  'Fn::Equals': async (argument, scope) => {
    const [left, right] = asList(await resolve(argument, scope), scope, 2);
    return asText(left, scope) === asText(right, scope);
  },
  'Fn::Not': async (argument, scope) => !asList(await resolve(argument, scope), scope, 1)[0],
  'Fn::And': async (argument, scope) => asList(await resolve(argument, scope), scope).every(Boolean),
  'Fn::Or': async (argument, scope) => asList(await resolve(argument, scope), scope).some(Boolean),
};

/** The value with every intrinsic function in it worked out. @throws TemplateError */
export async function resolve(value: unknown, scope: Scope): Promise<unknown> {
  if (Array.isArray(value)) {
    const items = await Promise.all(value.map((item) => resolve(item, scope)));
    return items.filter((item) => item !== NO_VALUE);
  }
  if (value === null || typeof value !== 'object') return value;
  const [only, ...others] = Object.entries(value);
  if (only && others.length === 0) {
    const [name, argument] = only;
    const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
    // IAM's policies have a property named Condition too; theirs holds an object.
    if (intrinsic && (name !== 'Condition' || typeof argument === 'string'))
      return await intrinsic(argument, scope);
    if (name.startsWith('Fn::')) throw new TemplateError(scope.where, `${name} is not emulated`);
  }
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => [key, await resolve(inner, scope)] as const),
  );
  return Object.fromEntries(entries.filter(([, inner]) => inner !== NO_VALUE));
}

async function getAtt(argument: unknown, scope: Scope): Promise<unknown> {
  const [resource, ...attribute] =
    typeof argument === 'string'
      ? argument.split('.')
      : asList(argument, scope, 2).map((part) => asText(part, scope));
  return await scope.getAtt(resource ?? '', attribute.join('.'));
}

/** `${Name}`, `${Name.Attribute}`, `${!literal}`; names of its own map first. */
async function substitute(argument: unknown, scope: Scope): Promise<string> {
  const [text, given] = Array.isArray(argument) ? asList(argument, scope, 2) : [argument, {}];
  const own = (await resolve(given, scope)) as Readonly<Record<string, unknown>>;
  let result = '';
  let end = 0;
  const template = asText(text, scope);
  for (const match of template.matchAll(/\$\{(!?)([^}]+)\}/g)) {
    const [whole, literal, name = ''] = match;
    result += template.slice(end, match.index);
    end = match.index + whole.length;
    if (literal) result += `\${${name}}`;
    else if (Object.hasOwn(own, name)) result += asText(own[name], scope);
    else if (name.includes('.')) result += asText(await getAtt(name, scope), scope);
    else result += asText(await scope.ref(name), scope);
  }
  return result + template.slice(end);
}

function asText(value: unknown, scope: Scope): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(scope.where, `a text is needed in place of ${JSON.stringify(value)}`);
}

function asList(value: unknown, scope: Scope, length?: number): unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  const size = length === undefined ? '' : ` of ${length}`;
  throw new TemplateError(scope.where, `a list${size} is needed in place of ${JSON.stringify(value)}`);
}
