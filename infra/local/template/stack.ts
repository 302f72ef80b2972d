/** A template's resources, each created once, when something first refers to it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT_ID } from '../contract.ts';
import { NO_VALUE, resolve, type Scope } from './intrinsics.ts';
import { type Created, createResource, isIgnored, type Site } from './resources.ts';
import { TemplateError } from './template-error.ts';

export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Condition?: string; readonly Properties?: unknown }>
  >;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Outputs?: Readonly<Record<string, { readonly Condition?: string; readonly Value: unknown }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
}

export interface Stack {
  readonly resources: Readonly<Record<string, Created>>;
  readonly outputs: Readonly<Record<string, string>>;
}

const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';
const STATE_FILE = 'serverless-state.json';
/** Holds the zips on their way into Lambda, which reads them from the package folder here. */
const DEPLOYMENT_BUCKET = 'ServerlessDeploymentBucket';

/** What `serverless package` left in a folder. */
export function readPackage(packageDir: string): { template: Template; stackName: string } {
  const template = JSON.parse(readFileSync(join(packageDir, TEMPLATE_FILE), 'utf8')) as Template;
  const state = JSON.parse(readFileSync(join(packageDir, STATE_FILE), 'utf8')) as {
    readonly service: { readonly service: string; readonly provider: { readonly stage: string } };
  };
  return { template, stackName: `${state.service.service}-${state.service.provider.stage}` };
}

/** @throws TemplateError */
export async function createStack(template: Template, site: Site): Promise<Stack> {
  const created = new Map<string, Promise<Created>>();
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::AccountId': ACCOUNT_ID,
    'AWS::NoValue': NO_VALUE,
    'AWS::Partition': 'aws',
    'AWS::Region': site.region,
    'AWS::StackName': site.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${site.region}:${ACCOUNT_ID}:stack/${site.stackName}/local`,
    'AWS::URLSuffix': 'amazonaws.com',
  };

  /** Which resource waits for which. */
  const needs = new Map<string, Set<string>>();

  const resources: Record<string, Created> = {};
  for (const [logicalId, { Condition }] of Object.entries(template.Resources)) {
    if (logicalId.startsWith(DEPLOYMENT_BUCKET)) continue;
    if (Condition === undefined || (await condition(Condition)))
      resources[logicalId] = await ensure(logicalId, undefined, 'Resources');
  }
  const outputs: Record<string, string> = {};
  for (const [name, { Condition, Value }] of Object.entries(template.Outputs ?? {})) {
    if (name.startsWith(DEPLOYMENT_BUCKET)) continue;
    if (Condition === undefined || (await condition(Condition)))
      outputs[name] = String(await resolve(Value, scopeOf(`Outputs ${name}`)));
  }
  return { resources, outputs };

  /** @param from the resource that needs this one */
  async function ensure(logicalId: string, from: string | undefined, where: string): Promise<Created> {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new TemplateError(where, `there is no resource ${logicalId}`);
    if (from !== undefined) {
      const circle = findPath(needs, logicalId, from);
      if (circle)
        throw new TemplateError(where, `resources need each other: ${[from, ...circle].join(' → ')}`);
      needs.set(from, (needs.get(from) ?? new Set()).add(logicalId));
    }
    let creation = created.get(logicalId);
    if (creation === undefined) {
      creation = create(logicalId, resource.Type, resource.Properties ?? {});
      created.set(logicalId, creation);
    }
    return await creation;
  }

  async function create(logicalId: string, type: string, values: unknown): Promise<Created> {
    if (logicalId === DEPLOYMENT_BUCKET) return { type, ref: 'deployment-bucket', attributes: {} };
    // What is ignored may refer to anything.
    const scope = scopeOf(`${logicalId} (${type})`, logicalId);
    const properties = isIgnored(type) ? {} : await resolve(values, scope);
    return await createResource(logicalId, type, properties, site);
  }

  function scopeOf(where: string, from?: string): Scope {
    return {
      where,
      async ref(name) {
        if (Object.hasOwn(pseudo, name)) return pseudo[name];
        const parameter = template.Parameters?.[name];
        if (parameter === undefined) return (await ensure(name, from, where)).ref;
        if (parameter.Default !== undefined) return parameter.Default;
        throw new TemplateError(where, `parameter ${name} has no default`);
      },
      async getAtt(logicalId, attribute) {
        const { type, attributes } = await ensure(logicalId, from, where);
        const value = attributes[attribute];
        if (value !== undefined) return value;
        throw new TemplateError(where, `${logicalId} (${type}) has no attribute ${attribute} here`);
      },
      condition,
    };
  }

  async function condition(name: string): Promise<boolean> {
    const expression = template.Conditions?.[name];
    if (expression === undefined) throw new TemplateError('Conditions', `there is no condition ${name}`);
    return Boolean(await resolve(expression, scopeOf(`Conditions ${name}`)));
  }
}

/** From one name to another along `edges`, both included; undefined where there is no way. */
function findPath(
  edges: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
  to: string,
): string[] | undefined {
  if (from === to) return [to];
  for (const next of edges.get(from) ?? []) {
    const rest = findPath(edges, next, to);
    if (rest) return [from, ...rest];
  }
  return undefined;
}
