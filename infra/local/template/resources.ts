/** How each type of resource in the packaged template comes to be here. */

import type { Jobs } from '../batch/jobs.ts';
import {
  ACCOUNT_ID,
  type BucketNotification,
  type Buckets,
  type Queues,
  type Secrets,
  type Topics,
} from '../contract.ts';
import type { Access, Role } from '../iam/access.ts';
import type { EventSourceMapping } from '../lambda/event-source.ts';
import type { FunctionConfig } from '../lambda/function-config.ts';
import { parseSchedule, type Schedule } from '../schedule/expression.ts';
import {
  createComputeEnvironment,
  createEventRule,
  createJobDefinition,
  createJobQueue,
} from './batch-resources.ts';
import { functionOf } from './function-of.ts';
import { type Properties, readProperties } from './properties.ts';
import { createFunctionUrl, createSecret, permit } from './public-resources.ts';
import { createRole, createRolePolicy, roleOf } from './roles.ts';
import { createStateMachine, type StateMachine } from './state-machines.ts';
import { TemplateError } from './template-error.ts';

/** A resource as others refer to it. */
export interface Created {
  readonly type: string;
  /** What `Ref` gives. */
  readonly ref: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ScheduledInvocation {
  readonly name: string;
  readonly schedule: Schedule;
  readonly enabled: boolean;
  readonly functionArn: string;
  readonly input: unknown;
  /** What it is invoked as. */
  readonly role: Role;
}

/** Where resources go: made at once, or noted until everything that they need is there. */
export interface Site {
  readonly stackName: string;
  readonly region: string;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly topics: Topics;
  readonly secrets: Secrets;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** Seconds; see DeployOptions. */
  readonly maxVisibilitySeconds: number;
  readonly maxBatchingSeconds: number;
  /** By logical id of the function. */
  readonly maxTimeoutSeconds: Readonly<Record<string, number>>;
  /** The folder into which that zip of the package was unpacked. */
  unpack(zip: string): Promise<string>;
  readonly access: Access;
  /** By ARN. */
  readonly roles: Map<string, Role>;
  /** By name. */
  readonly functions: Map<string, FunctionConfig>;
  /** By the function's name. */
  readonly functionRoles: Map<string, Role>;
  readonly eventSources: { readonly functionName: string; readonly mapping: EventSourceMapping }[];
  readonly schedules: ScheduledInvocation[];
  /** By logical id. */
  readonly stateMachines: Map<string, StateMachine>;
  readonly log: (line: string) => void;
  /** Names of functions that have an address of their own. */
  readonly functionUrls: Set<string>;
  readonly jobs: Pick<Jobs, 'addQueue' | 'addDefinition' | 'addRule'>;
  /** Who writes what jobs log. */
  readonly jobLogs: { readonly role: Role; readonly stream: string }[];
  /** By the function's name: actions that everybody may do to it, by its address. */
  readonly publicActions: Map<string, readonly string[]>;
}

type Creator = (logicalId: string, properties: Properties, site: Site) => Promise<Omit<Created, 'type'>>;

/** Nothing here depends on them: services trust each other, and logs and alarms of the cloud have no counterpart. */
const IGNORED: ReadonlySet<string> = new Set([
  'AWS::CloudWatch::Alarm',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
]);

const CREATORS: Readonly<Record<string, Creator>> = {
  'AWS::Batch::ComputeEnvironment': createComputeEnvironment,
  'AWS::Batch::JobDefinition': createJobDefinition,
  'AWS::Batch::JobQueue': createJobQueue,
  'AWS::Events::Rule': createEventRule,
  'AWS::IAM::Role': createRole,
  'AWS::IAM::RolePolicy': createRolePolicy,
  'AWS::S3::Bucket': createBucket,
  'AWS::SQS::Queue': createQueue,
  'AWS::SNS::Topic': createTopic,
  'AWS::SNS::Subscription': createSubscription,
  'AWS::Lambda::Function': createFunction,
  'AWS::Lambda::EventInvokeConfig': configureAsyncInvocation,
  'AWS::Lambda::EventSourceMapping': createEventSourceMapping,
  'AWS::Lambda::Permission': permit,
  'AWS::Lambda::Url': createFunctionUrl,
  'AWS::SecretsManager::Secret': createSecret,
  'AWS::Scheduler::Schedule': createSchedule,
  'AWS::StepFunctions::StateMachine': createStateMachine,
};

export function isIgnored(type: string): boolean {
  return IGNORED.has(type);
}

/** @throws TemplateError for a type or a property that is not emulated */
export async function createResource(
  logicalId: string,
  type: string,
  values: unknown,
  site: Site,
): Promise<Created> {
  if (IGNORED.has(type)) return { type, ...standIn(logicalId, site) };
  const creator = Object.hasOwn(CREATORS, type) ? CREATORS[type] : undefined;
  if (creator === undefined) {
    const known = [...Object.keys(CREATORS), ...IGNORED].sort().join(', ');
    throw new TemplateError(`${logicalId} (${type})`, `this type is not emulated; known are ${known}`);
  }
  const properties = readProperties(`${logicalId} (${type})`, values);
  properties.ignore('Tags');
  const created = await creator(logicalId, properties, site);
  properties.finish();
  return { type, ...created };
}

function standIn(logicalId: string, site: Site): Omit<Created, 'type'> {
  const name = `${site.stackName}-${logicalId}`;
  return { ref: name, attributes: { Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` } };
}

async function createBucket(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('BucketName', `${site.stackName}-${logicalId}`.toLowerCase());
  // Safeguards for data in an account, and upkeep over months. Nothing here would end the versions of a state that is
  // rewritten with every window.
  properties.ignore('BucketEncryption', 'LifecycleConfiguration', 'OwnershipControls');
  properties.ignore('PublicAccessBlockConfiguration', 'VersioningConfiguration');
  const notifications = properties
    .object('NotificationConfiguration')
    .list('QueueConfigurations')
    .map((values) => toNotification(`${logicalId} QueueConfigurations`, values));
  await site.buckets.create(name);
  await site.buckets.setNotifications(name, notifications);
  const domain = `${name}.s3.${site.region}.amazonaws.com`;
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: domain } };
}

function toNotification(where: string, values: unknown): BucketNotification {
  const configuration = readProperties(where, values);
  const rules = configuration.object('Filter').object('S3Key').list('Rules');
  const filter = { prefix: '', suffix: '' };
  for (const rule of rules) {
    const one = readProperties(`${where} Rules`, rule);
    const name = one.text('Name').toLowerCase();
    if (name !== 'prefix' && name !== 'suffix') throw new TemplateError(where, `filter rule ${name}`);
    filter[name] = one.text('Value');
    one.finish();
  }
  const notification = {
    events: [configuration.text('Event')],
    queueArn: configuration.text('Queue'),
    ...filter,
  };
  configuration.finish();
  return notification;
}

async function createQueue(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('QueueName', `${site.stackName}-${logicalId}`);
  const visibility = properties.number('VisibilityTimeout', 30);
  const attributes: Record<string, string> = {
    VisibilityTimeout: String(Math.min(visibility, site.maxVisibilitySeconds)),
  };
  // What is left are SQS's attributes under their own names; it refuses those that it does not know.
  for (const attribute of properties.names()) {
    const value = properties.value(attribute);
    attributes[attribute] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  const { url, arn } = await site.queues.create(name, attributes);
  return { ref: url, attributes: { Arn: arn, QueueName: name, QueueUrl: url } };
}

async function createTopic(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('TopicName', `${site.stackName}-${logicalId}`);
  const displayName = properties.optionalText('DisplayName');
  const { arn } = await site.topics.create(
    name,
    displayName === undefined ? {} : { DisplayName: displayName },
  );
  return { ref: arn, attributes: { TopicArn: arn, TopicName: name } };
}

async function createSubscription(
  _logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const subscription = {
    topicArn: properties.text('TopicArn'),
    protocol: properties.text('Protocol'),
    endpoint: properties.text('Endpoint'),
  };
  const attributes: Record<string, string> = {};
  for (const name of ['RawMessageDelivery', 'FilterPolicy', 'FilterPolicyScope', 'RedrivePolicy']) {
    const value = properties.value(name);
    if (value !== undefined)
      attributes[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  const { subscriptionArn } = await site.topics.subscribe({ ...subscription, attributes });
  return { ref: subscriptionArn, attributes: { Arn: subscriptionArn } };
}

async function createFunction(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('FunctionName', `${site.stackName}-${logicalId}`);
  const arn = `arn:aws:lambda:${site.region}:${ACCOUNT_ID}:function:${name}`;
  const code = properties.object('Code');
  code.ignore('S3Bucket');
  // The package folder holds the zip under the last part of the key that it would be uploaded to.
  const codeDir = await site.unpack(code.text('S3Key').split('/').at(-1) ?? '');
  const environment = properties.object('Environment').object('Variables');
  const reserved = properties.number('ReservedConcurrentExecutions', -1);
  // arm64 and x86_64 run the same bundle, and all of it is on one network.
  properties.ignore('Architectures', 'Description', 'VpcConfig');
  const role = roleOf(logicalId, properties.text('Role'), 'lambda.amazonaws.com', site);
  site.functionRoles.set(name, role);
  site.functions.set(name, {
    name,
    arn,
    codeDir,
    handler: properties.text('Handler'),
    runtime: properties.text('Runtime'),
    memoryMb: properties.number('MemorySize', 128),
    timeoutSeconds: Math.min(
      properties.number('Timeout', 3),
      site.maxTimeoutSeconds[logicalId] ?? Number.POSITIVE_INFINITY,
    ),
    environment: Object.fromEntries(environment.names().map((key) => [key, environment.text(key)])),
    credentials: site.access.issueKey(role),
    reservedConcurrency: reserved < 0 ? undefined : reserved,
    asynchronous: { maximumRetryAttempts: 2, maximumEventAgeSeconds: 21_600 },
  });
  return { ref: name, attributes: { Arn: arn } };
}

async function configureAsyncInvocation(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const config = functionOf(logicalId, properties.text('FunctionName'), site);
  properties.ignore('Qualifier');
  properties.object('DestinationConfig');
  const { maximumRetryAttempts, maximumEventAgeSeconds } = config.asynchronous;
  const asynchronous = {
    maximumRetryAttempts: properties.number('MaximumRetryAttempts', maximumRetryAttempts),
    maximumEventAgeSeconds: properties.number('MaximumEventAgeInSeconds', maximumEventAgeSeconds),
  };
  site.functions.set(config.name, { ...config, asynchronous });
  return { ref: `${config.name}-async`, attributes: {} };
}

async function createEventSourceMapping(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const config = functionOf(logicalId, properties.text('FunctionName'), site);
  const mapping = {
    queueArn: properties.text('EventSourceArn'),
    batchSize: properties.number('BatchSize', 10),
    batchingWindowMs:
      Math.min(properties.number('MaximumBatchingWindowInSeconds', 0), site.maxBatchingSeconds) * 1000,
    reportBatchItemFailures: properties.list('FunctionResponseTypes').includes('ReportBatchItemFailures'),
    maximumConcurrency: properties.object('ScalingConfig').number('MaximumConcurrency', 1000),
  };
  if (!mapping.queueArn.startsWith('arn:aws:sqs:'))
    throw new TemplateError(logicalId, `${mapping.queueArn} is not a queue; no other source is emulated`);
  if (properties.boolean('Enabled', true)) site.eventSources.push({ functionName: config.name, mapping });
  return { ref: `${config.name}-${mapping.queueArn}`, attributes: {} };
}

async function createSchedule(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('Name', `${site.stackName}-${logicalId}`);
  const expression = properties.text('ScheduleExpression');
  const timezone = properties.text('ScheduleExpressionTimezone', 'UTC');
  const state = properties.text('State', 'ENABLED');
  const target = properties.object('Target');
  const config = functionOf(logicalId, target.text('Arn'), site);
  // Delivery in process neither fails nor spreads over a time window.
  target.ignore('RetryPolicy');
  properties.ignore('Description', 'FlexibleTimeWindow', 'GroupName');
  site.schedules.push({
    name,
    schedule: parseSchedule(expression, timezone),
    enabled: state === 'ENABLED',
    functionArn: config.arn,
    input: JSON.parse(target.text('Input', '{}')) as unknown,
    role: roleOf(logicalId, target.text('RoleArn'), 'scheduler.amazonaws.com', site),
  });
  const arn = `arn:aws:scheduler:${site.region}:${ACCOUNT_ID}:schedule/default/${name}`;
  return { ref: name, attributes: { Arn: arn } };
}
