/** What of AWS Batch the template has, and the rule by which its failures are told. */
import type { ExitRule } from '../batch/contract.ts';
import { ACCOUNT_ID } from '../contract.ts';
import { type Properties, readProperties } from './properties.ts';
import type { Created, Site } from './resources.ts';
import { roleOf } from './roles.ts';
import { TemplateError } from './template-error.ts';

type Made = Promise<Omit<Created, 'type'>>;

/** Containers are processes of this machine, on its network. */
export async function createComputeEnvironment(logicalId: string, properties: Properties, site: Site): Made {
  properties.ignore('Type', 'State', 'ComputeResources');
  const arn = batchArn(site, `compute-environment/${site.stackName}-${logicalId}`);
  return { ref: arn, attributes: { ComputeEnvironmentArn: arn } };
}

export async function createJobQueue(logicalId: string, properties: Properties, site: Site): Made {
  const name = properties.text('JobQueueName', `${site.stackName}-${logicalId}`);
  properties.ignore('State', 'Priority', 'ComputeEnvironmentOrder');
  const arn = batchArn(site, `job-queue/${name}`);
  site.jobs.addQueue(arn);
  return { ref: arn, attributes: { JobQueueArn: arn } };
}

export async function createJobDefinition(logicalId: string, properties: Properties, site: Site): Made {
  const name = properties.text('JobDefinitionName', `${site.stackName}-${logicalId}`);
  const arn = batchArn(site, `job-definition/${name}:1`);
  if (properties.text('Type') !== 'container')
    throw new TemplateError(logicalId, 'only jobs of one container are emulated');
  properties.ignore('PlatformCapabilities');
  const container = properties.object('ContainerProperties');
  // A process has what the machine has, and logs into a file.
  container.ignore('ResourceRequirements', 'RuntimePlatform', 'NetworkConfiguration', 'LogConfiguration');
  const jobRole = roleOf(logicalId, container.text('JobRoleArn'), 'ecs-tasks.amazonaws.com', site);
  const executionRole = roleOf(
    logicalId,
    container.text('ExecutionRoleArn'),
    'ecs-tasks.amazonaws.com',
    site,
  );
  site.jobLogs.push({
    role: executionRole,
    stream: `arn:aws:logs:${site.region}:${ACCOUNT_ID}:log-group:/aws/batch/${name}:log-stream:train/1`,
  });
  const parameters = properties.object('Parameters');
  const retries = properties.object('RetryStrategy');
  site.jobs.addDefinition({
    name,
    arn,
    image: container.text('Image'),
    command: container.list('Command').map(String),
    parameters: Object.fromEntries(parameters.names().map((each) => [each, parameters.text(each)])),
    environment: Object.fromEntries(
      container.list('Environment').map((each) => readVariable(logicalId, each)),
    ),
    credentials: site.access.issueKey(jobRole),
    attempts: retries.number('Attempts', 1),
    evaluateOnExit: retries.list('EvaluateOnExit').map((each) => readRule(logicalId, each)),
    timeoutSeconds: properties.object('Timeout').number('AttemptDurationSeconds', 1_209_600),
  });
  return { ref: arn, attributes: {} };
}

/** Of jobs alone: a status and a queue of AWS Batch. */
export async function createEventRule(logicalId: string, properties: Properties, site: Site): Made {
  properties.ignore('Description');
  const pattern = properties.object('EventPattern');
  if (String(pattern.list('source')) !== 'aws.batch')
    throw new TemplateError(logicalId, 'only events of aws.batch are emulated');
  pattern.ignore('detail-type');
  const detail = pattern.object('detail');
  const queueArns = properties.list('Targets').map((each) => {
    const target = readProperties(`${logicalId} Targets`, each);
    target.ignore('Id');
    const arn = target.text('Arn');
    target.finish();
    if (arn.startsWith('arn:aws:sqs:')) return arn;
    throw new TemplateError(logicalId, `${arn} is not a queue; no other target is emulated`);
  });
  const rule = {
    statuses: detail.list('status').map(String),
    jobQueues: detail.list('jobQueue').map(String),
    queueArns,
  };
  if (properties.text('State', 'ENABLED') === 'ENABLED') site.jobs.addRule(rule);
  const name = `${site.stackName}-${logicalId}`;
  const arn = `arn:aws:events:${site.region}:${ACCOUNT_ID}:rule/${name}`;
  return { ref: name, attributes: { Arn: arn } };
}

function readVariable(where: string, values: unknown): [string, string] {
  const variable = readProperties(`${where} Environment`, values);
  const read: [string, string] = [variable.text('Name'), variable.text('Value')];
  variable.finish();
  return read;
}

function readRule(where: string, values: unknown): ExitRule {
  const rule = readProperties(`${where} EvaluateOnExit`, values);
  const action = rule.text('Action');
  if (action !== 'RETRY' && action !== 'EXIT')
    throw new TemplateError(where, `Action is RETRY or EXIT, not ${action}`);
  const read = {
    action,
    onExitCode: rule.optionalText('OnExitCode'),
    onReason: rule.optionalText('OnReason'),
    onStatusReason: rule.optionalText('OnStatusReason'),
  } as const;
  rule.finish();
  return read;
}

function batchArn(site: Site, path: string): string {
  return `arn:aws:batch:${site.region}:${ACCOUNT_ID}:${path}`;
}
