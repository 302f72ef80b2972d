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

  const resources: Record<string, Created> = {};
  for (const [logicalId, { Condition }] of Object.entries(template.Resources)) {
    if (logicalId.startsWith(DEPLOYMENT_BUCKET)) continue;
    if (Condition === undefined || (await condition(Condition, [])))
      resources[logicalId] = await ensure(logicalId, [], 'Resources');
  }
  const outputs: Record<string, string> = {};
  for (const [name, { Condition, Value }] of Object.entries(template.Outputs ?? {})) {
    if (name.startsWith(DEPLOYMENT_BUCKET)) continue;
    if (Condition === undefined || (await condition(Condition, [])))
      outputs[name] = String(await resolve(Value, scopeOf(`Outputs ${name}`, [])));
  }
  return { resources, outputs };

  /** @param path the resources that wait for this one, to tell a circle */
  async function ensure(logicalId: string, path: readonly string[], where: string): Promise<Created> {
    const resource = template.Resources[logicalId];
    if (resource === undefined) throw new TemplateError(where, `there is no resource ${logicalId}`);
    if (path.includes(logicalId))
      throw new TemplateError(where, `resources need each other: ${[...path, logicalId].join(' → ')}`);
    let creation = created.get(logicalId);
    if (creation === undefined) {
      creation = create(logicalId, resource.Type, resource.Properties ?? {}, [...path, logicalId]);
      created.set(logicalId, creation);
    }
    return await creation;
  }

  async function create(logicalId: string, type: string, values: unknown, path: string[]): Promise<Created> {
    const resolved = isIgnored(type) || logicalId === DEPLOYMENT_BUCKET ? {} : values;
    if (logicalId === DEPLOYMENT_BUCKET) return { type, ref: 'deployment-bucket', attributes: {} };
    return await createResource(
      logicalId,
      type,
      await resolve(resolved, scopeOf(`${logicalId} (${type})`, path)),
      site,
    );
  }

  function scopeOf(where: string, path: readonly string[]): Scope {
    return {
      where,
      async ref(name) {
        if (Object.hasOwn(pseudo, name)) return pseudo[name];
        const parameter = template.Parameters?.[name];
        if (parameter === undefined) return (await ensure(name, path, where)).ref;
        if (parameter.Default !== undefined) return parameter.Default;
        throw new TemplateError(where, `parameter ${name} has no default`);
      },
      async getAtt(logicalId, attribute) {
        const { type, attributes } = await ensure(logicalId, path, where);
        const value = attributes[attribute];
        if (value !== undefined) return value;
        throw new TemplateError(where, `${logicalId} (${type}) has no attribute ${attribute} here`);
      },
      condition: (name) => condition(name, path),
    };
  }

  async function condition(name: string, path: readonly string[]): Promise<boolean> {
    const expression = template.Conditions?.[name];
    if (expression === undefined) throw new TemplateError('Conditions', `there is no condition ${name}`);
    return Boolean(await resolve(expression, scopeOf(`Conditions ${name}`, path)));
  }
}
