/** Reads what `serverless package` wrote. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RegoEngine, TemplateFile } from '@aws/cloudformation-validate';
import { openPromise } from 'yauzl';

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  // The shape depends on the type; each test reads what it is about.
  readonly Properties: Record<string, never>;
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface PolicyHolder {
  readonly PolicyDocument: { readonly Statement: Statement[] };
}

export function templateOf(dir: string): string {
  return join(dir, 'cloudformation-template-update-stack.json');
}

export async function readResources(dir: string): Promise<Record<string, Resource>> {
  const template = JSON.parse(await readFile(templateOf(dir), 'utf8')) as {
    Resources: Record<string, Resource>;
  };
  return template.Resources;
}

/**
 * Findings that would fail a deployment. Values out of their set or bounds are only warnings to the validator, W3…;
 * W3005 is a needless DependsOn, which serverless itself writes.
 */
export function findFaults(file: string): string[] {
  const engine = new RegoEngine();
  try {
    return engine
      .validateStandard(new TemplateFile(file))
      .diagnostics.filter(
        ({ severity, ruleId }) =>
          severity === 'FATAL' || severity === 'ERROR' || (/^W3/.test(ruleId) && ruleId !== 'W3005'),
      )
      .map(({ ruleId, message, entity }) => `${ruleId} ${entity?.logicalId}: ${message}`);
  } finally {
    engine.free();
  }
}

/** Of a role's own policies that depend on no condition, or of a policy. */
export function statementsOf(resource: Resource | undefined): Statement[] {
  const properties = resource?.Properties as unknown as { Policies?: PolicyHolder[] } & Partial<PolicyHolder>;
  const holders = properties.PolicyDocument ? [properties as PolicyHolder] : (properties.Policies ?? []);
  return holders
    .filter((holder) => 'PolicyDocument' in holder)
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

/** Statements that a role has where the condition holds. */
export function statementsWhere(condition: string, resource: Resource | undefined): Statement[] {
  const { Policies = [] } = (resource?.Properties ?? {}) as unknown as {
    Policies?: { readonly 'Fn::If'?: readonly [string, PolicyHolder, unknown] }[];
  };
  return Policies.flatMap(({ 'Fn::If': choice }) =>
    choice?.[0] === condition ? choice[1].PolicyDocument.Statement : [],
  );
}

/** `actions resources`, with intrinsic functions reduced to what they name and keys to their prefix. */
export function renderStatement(statement: Statement | undefined): string {
  assert.equal(statement?.Effect, 'Allow');
  const targets = [statement?.Resource].flat().map((target) => {
    const [value] = Object.values(target as Record<string, string | string[]>);
    const text = typeof value === 'string' ? value : (value ?? []).join('.');
    return text.replace(/^\$\{DataBucket\.Arn\}\//, '');
  });
  return `${[statement?.Action].flat().join(',')} ${targets.join(' ')}`;
}

export function variablesOf(resource: Resource | undefined): Record<string, unknown> {
  const properties = resource?.Properties as unknown as {
    Environment: { Variables: Record<string, unknown> };
  };
  return properties.Environment.Variables;
}

/** A function's environment, with what references could become in an account. */
export function environmentOf(resource: Resource | undefined): Record<string, string> {
  const values: Record<string, string> = {
    DataBucket: 'metrics-of-team-a',
    AlertTopic: 'arn:aws:sns:eu-west-1:123456789012:alerts',
    PagesKey: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:PagesKey-abc123',
    TrainJobQueue: 'arn:aws:batch:eu-west-1:123456789012:job-queue/tidewatch-prod-train',
    TrainJobDefinition: 'arn:aws:batch:eu-west-1:123456789012:job-definition/tidewatch-prod-train:3',
    PagesUrl: 'https://abc123.lambda-url.eu-west-1.on.aws/',
  };
  return Object.fromEntries(
    Object.entries(variablesOf(resource)).map(([name, value]) => {
      const literal = whereItHolds(value);
      if (typeof literal === 'string') return [name, literal];
      const id = nameReference(value);
      return [name, values[id] ?? `https://sqs.eu-west-1.amazonaws.com/123456789012/${id}`];
    }),
  );
}

function whereItHolds(value: unknown): unknown {
  const { 'Fn::If': choice } = Object(value) as { readonly 'Fn::If'?: readonly unknown[] };
  return choice === undefined ? value : choice[1];
}

/** The resource that a reference is to; of a condition, where it holds. */
function nameReference(value: unknown): string {
  const {
    Ref,
    'Fn::GetAtt': attribute,
    'Fn::If': choice,
  } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string]; 'Fn::If'?: [string, unknown, unknown] };
  return Ref ?? attribute?.[0] ?? nameReference(choice?.[1]);
}

export async function listZip(file: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { fileName } of (await openPromise(file)).eachEntry()) names.push(fileName);
  return names.sort();
}
