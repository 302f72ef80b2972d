import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  BucketNotification,
  Buckets,
  Queues,
  Secrets,
  Topics,
} from '../../../../../infra/local/contract.ts';
import { createAccess } from '../../../../../infra/local/iam/access.ts';
import type { Site } from '../../../../../infra/local/template/resources.ts';
import { createStack, type Template } from '../../../../../infra/local/template/stack.ts';

interface FakeSite {
  readonly site: Site;
  /** What was asked of the services, in order. */
  readonly made: unknown[][];
}

function createFakeSite(): FakeSite {
  const made: unknown[][] = [];
  const note = (...call: unknown[]): void => void made.push(call);
  const buckets: Pick<Buckets, 'create' | 'setNotifications'> = {
    create: async (name) => note('bucket', name),
    setNotifications: async (name, notifications: readonly BucketNotification[]) =>
      note('notify', name, ...notifications),
  };
  const queues: Pick<Queues, 'create'> = {
    create: async (name, attributes) => {
      note('queue', name, attributes);
      return { url: `http://local/${name}`, arn: `arn:aws:sqs:us-east-1:000000000000:${name}` };
    },
  };
  const topics: Pick<Topics, 'create' | 'subscribe'> = {
    create: async (name, attributes) => {
      note('topic', name, attributes);
      return { arn: `arn:aws:sns:us-east-1:000000000000:${name}` };
    },
    subscribe: async (options) => {
      note('subscribe', options);
      return { subscriptionArn: `${options.topicArn}:1` };
    },
  };
  const secrets: Pick<Secrets, 'ensure'> = {
    ensure: async (name, options) => {
      note('secret', name, options);
      return { arn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-1` };
    },
  };
  const site = {
    stackName: 'app-dev',
    region: 'us-east-1',
    buckets: buckets as Buckets,
    queues: queues as Queues,
    topics: topics as Topics,
    secrets: secrets as Secrets,
    endpoint: 'http://127.0.0.1:9000',
    maxVisibilitySeconds: 60,
    maxBatchingSeconds: 1.5,
    maxTimeoutSeconds: {},
    unpack: async (zip: string) => `/code/${zip}`,
    access: createAccess(() => {}),
    roles: new Map(),
    functions: new Map(),
    functionRoles: new Map(),
    eventSources: [],
    schedules: [],
    functionUrls: new Set<string>(),
    publicActions: new Map(),
    jobs: { addQueue() {}, addDefinition() {}, addRule() {} },
    jobLogs: [],
    stateMachines: new Map(),
    log: () => {},
  };
  return { site, made };
}

function template(
  resources: Record<string, [type: string, properties?: object, condition?: string]>,
): Template {
  const entries = Object.entries(resources).map(([id, [Type, Properties, Condition]]) => [
    id,
    { Type, ...(Properties && { Properties }), ...(Condition && { Condition }) },
  ]);
  return { Resources: Object.fromEntries(entries), Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } };
}

const FUNCTION: [string, object] = [
  'AWS::Lambda::Function',
  {
    Code: { S3Bucket: { Ref: 'ServerlessDeploymentBucket' }, S3Key: 'serverless/app/dev/1-2026/work.zip' },
    FunctionName: 'app-dev-work',
    Handler: 'functions/work.handler',
    Runtime: 'nodejs24.x',
    MemorySize: 512,
    Timeout: 30,
    Environment: { Variables: { QUEUE: { Ref: 'Jobs' }, COUNT: 3 } },
    Role: { 'Fn::GetAtt': ['WorkRole', 'Arn'] },
  },
];

const ROLE: [string, object] = [
  'AWS::IAM::Role',
  {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: ['lambda.amazonaws.com', 'scheduler.amazonaws.com'] },
          Action: 'sts:AssumeRole',
        },
      ],
    },
    Policies: [
      {
        PolicyName: 'work',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'Consume',
              Effect: 'Allow',
              Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
              Resource: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
            },
          ],
        },
      },
    ],
  },
];

describe('a stack', () => {
  it('makes what a resource refers to before it, each once', async () => {
    const { site, made } = createFakeSite();
    const stack = await createStack(
      {
        ...template({
          Bucket: [
            'AWS::S3::Bucket',
            {
              BucketName: { 'Fn::Join': ['-', ['app', { Ref: 'AWS::AccountId' }]] },
              VersioningConfiguration: { Status: 'Enabled' },
              NotificationConfiguration: {
                QueueConfigurations: [
                  {
                    Event: 's3:ObjectCreated:*',
                    Queue: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
                    Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'windows/' }] } },
                  },
                ],
              },
            },
          ],
          Jobs: [
            'AWS::SQS::Queue',
            {
              VisibilityTimeout: 720,
              RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 5 },
            },
          ],
          Dead: ['AWS::SQS::Queue', { QueueName: 'dead' }],
          Alerts: ['AWS::SNS::Topic', { TopicName: 'alerts' }],
          Subscription: [
            'AWS::SNS::Subscription',
            {
              TopicArn: { Ref: 'Alerts' },
              Protocol: 'sqs',
              Endpoint: { 'Fn::GetAtt': ['Dead', 'Arn'] },
              RawMessageDelivery: false,
              FilterPolicy: { severity: ['critical'] },
            },
          ],
          Mail: ['AWS::SNS::Subscription', { TopicArn: { Ref: 'Alerts' } }, 'Never'],
          Alarm: ['AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: 'Nowhere' }] }],
        }),
        Outputs: { Url: { Value: { Ref: 'Jobs' } }, None: { Condition: 'Never', Value: { Ref: 'Mail' } } },
      },
      site,
    );
    const dead = 'arn:aws:sqs:us-east-1:000000000000:dead';
    const jobs = 'arn:aws:sqs:us-east-1:000000000000:app-dev-Jobs';
    const alerts = 'arn:aws:sns:us-east-1:000000000000:alerts';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead, maxReceiveCount: 5 });
    const notification = { queueArn: jobs, events: ['s3:ObjectCreated:*'], prefix: 'windows/', suffix: '' };
    assert.deepEqual(made, [
      ['queue', 'dead', { VisibilityTimeout: '30' }],
      // The template's 720 s, cut to what the site allows.
      ['queue', 'app-dev-Jobs', { VisibilityTimeout: '60', RedrivePolicy }],
      ['bucket', 'app-000000000000'],
      ['notify', 'app-000000000000', notification],
      ['topic', 'alerts', {}],
      [
        'subscribe',
        {
          topicArn: alerts,
          protocol: 'sqs',
          endpoint: dead,
          attributes: { RawMessageDelivery: 'false', FilterPolicy: '{"severity":["critical"]}' },
        },
      ],
    ]);
    assert.deepEqual(stack.outputs, { Url: 'http://local/app-dev-Jobs' });
    assert.deepEqual(Object.keys(stack.resources).sort(), [
      'Alarm',
      'Alerts',
      'Bucket',
      'Dead',
      'Jobs',
      'Subscription',
    ]);
  });

  it('notes functions, what feeds them and when they run', async () => {
    const { site } = createFakeSite();
    await createStack(
      template({
        Mapping: [
          'AWS::Lambda::EventSourceMapping',
          {
            EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
            FunctionName: { 'Fn::GetAtt': ['Work', 'Arn'] },
            BatchSize: 5,
            MaximumBatchingWindowInSeconds: 2,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            ScalingConfig: { MaximumConcurrency: 4 },
            Enabled: true,
          },
        ],
        Async: [
          'AWS::Lambda::EventInvokeConfig',
          {
            FunctionName: { Ref: 'Work' },
            Qualifier: '$LATEST',
            DestinationConfig: {},
            MaximumRetryAttempts: 0,
          },
        ],
        Hourly: [
          'AWS::Scheduler::Schedule',
          {
            Name: 'hourly',
            ScheduleExpression: 'rate(1 hour)',
            State: 'DISABLED',
            FlexibleTimeWindow: { Mode: 'OFF' },
            Target: {
              Arn: { 'Fn::GetAtt': ['Work', 'Arn'] },
              RoleArn: { 'Fn::GetAtt': ['WorkRole', 'Arn'] },
              Input: '{"source":"schedule"}',
              RetryPolicy: { MaximumRetryAttempts: 1 },
            },
          },
        ],
        Work: FUNCTION,
        WorkRole: ROLE,
        More: [
          'AWS::IAM::RolePolicy',
          {
            RoleName: { Ref: 'WorkRole' },
            PolicyName: 'more',
            PolicyDocument: { Statement: { Effect: 'Deny', Action: 's3:*', Resource: '*' } },
          },
        ],
        Jobs: ['AWS::SQS::Queue', { QueueName: 'jobs' }],
        ServerlessDeploymentBucket: ['AWS::S3::Bucket', {}],
      }),
      site,
    );
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:app-dev-work';
    const [role] = [...site.roles.values()];
    assert.deepEqual(role, {
      name: 'app-dev-WorkRole',
      arn: 'arn:aws:iam::000000000000:role/app-dev-WorkRole',
      assumedBy: ['lambda.amazonaws.com', 'scheduler.amazonaws.com'],
      statements: [
        {
          effect: 'Allow',
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
          resources: ['arn:aws:sqs:us-east-1:000000000000:jobs'],
        },
        { effect: 'Deny', actions: ['s3:*'], resources: ['*'] },
      ],
    });
    const credentials = site.functions.get('app-dev-work')?.credentials;
    assert.ok(credentials && site.access.permissionsOf(credentials.accessKeyId));
    assert.deepEqual(
      [...site.functions.values()],
      [
        {
          name: 'app-dev-work',
          arn,
          codeDir: '/code/work.zip',
          handler: 'functions/work.handler',
          runtime: 'nodejs24.x',
          memoryMb: 512,
          timeoutSeconds: 30,
          environment: { QUEUE: 'http://local/jobs', COUNT: '3' },
          credentials,
          reservedConcurrency: undefined,
          asynchronous: { maximumRetryAttempts: 0, maximumEventAgeSeconds: 21_600 },
        },
      ],
    );
    const mapping = {
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
      batchSize: 5,
      // No longer than the site lets it.
      batchingWindowMs: 1500,
      reportBatchItemFailures: true,
      maximumConcurrency: 4,
    };
    assert.deepEqual(site.eventSources, [{ functionName: 'app-dev-work', mapping }]);
    const schedule = { kind: 'rate', everyMs: 3_600_000 };
    const input = { source: 'schedule' };
    assert.deepEqual(site.schedules, [
      { name: 'hourly', schedule, enabled: false, functionArn: arn, input, role },
    ]);
  });

  it('refuses, by name, what would work otherwise here than in the cloud', async () => {
    const queue = ['AWS::SQS::Queue', { QueueName: 'jobs' }] as [string, object];
    for (const [resources, message] of [
      [
        { Table: ['AWS::DynamoDB::Table', {}] },
        /^Table \(AWS::DynamoDB::Table\): this type is not emulated; known are AWS::/,
      ],
      [
        { Bucket: ['AWS::S3::Bucket', { WebsiteConfiguration: {} }] },
        /^Bucket \(AWS::S3::Bucket\): not emulated: WebsiteConfiguration$/,
      ],
      [
        { Bucket: ['AWS::S3::Bucket', { NotificationConfiguration: { TopicConfigurations: [] } }] },
        /NotificationConfiguration: not emulated: TopicConfigurations$/,
      ],
      [
        {
          Jobs: queue,
          Work: FUNCTION,
          WorkRole: ROLE,
          ServerlessDeploymentBucket: ['AWS::S3::Bucket'],
          Mapping: [
            'AWS::Lambda::EventSourceMapping',
            {
              EventSourceArn: { 'Fn::GetAtt': ['Jobs', 'Arn'] },
              FunctionName: { Ref: 'Work' },
              FilterCriteria: { Filters: [] },
            },
          ],
        },
        /^Mapping \(AWS::Lambda::EventSourceMapping\): not emulated: FilterCriteria$/,
      ],
      [
        {
          Work: FUNCTION,
          Jobs: queue,
          WorkRole: ['AWS::IAM::Role', { ...ROLE[1], AssumeRolePolicyDocument: { Statement: [] } }],
          ServerlessDeploymentBucket: ['AWS::S3::Bucket'],
        },
        /app-dev-WorkRole cannot be assumed by lambda.amazonaws.com$/,
      ],
      [
        {
          Jobs: queue,
          WorkRole: ['AWS::IAM::Role', { ...ROLE[1], ManagedPolicyArns: ['arn:aws:iam::aws:policy/X'] }],
        },
        /not emulated: ManagedPolicyArns$/,
      ],
      [
        { Topic: ['AWS::SNS::Topic', { TopicName: { Ref: 'Nobody' } }] },
        /^Topic \(AWS::SNS::Topic\): there is no resource Nobody$/,
      ],
      [
        { Jobs: queue, Topic: ['AWS::SNS::Topic', { TopicName: { 'Fn::GetAtt': ['Jobs', 'Color'] } }] },
        /^Topic \(AWS::SNS::Topic\): Jobs \(AWS::SQS::Queue\) has no attribute Color here$/,
      ],
      [
        {
          One: ['AWS::SNS::Topic', { TopicName: { Ref: 'Two' } }],
          Two: ['AWS::SNS::Topic', { TopicName: { Ref: 'One' } }],
        },
        /resources need each other: Two → One → Two$/,
      ],
      [
        {
          // Two and Three are begun at the same time, and then wait for each other.
          One: ['AWS::SNS::Topic', { TopicName: { 'Fn::Join': ['', [{ Ref: 'Two' }, { Ref: 'Three' }]] } }],
          Two: ['AWS::SNS::Topic', { TopicName: { Ref: 'Three' } }],
          Three: ['AWS::SNS::Topic', { TopicName: { Ref: 'Two' } }],
        },
        /resources need each other: Three → Two → Three$/,
      ],
      [
        { Jobs: ['AWS::SQS::Queue', { VisibilityTimeout: 'long' }] },
        /^Jobs \(AWS::SQS::Queue\): VisibilityTimeout cannot be "long"$/,
      ],
    ] as [Parameters<typeof template>[0], RegExp][])
      await assert.rejects(createStack(template(resources), createFakeSite().site), {
        name: 'TemplateError',
        message,
      });
  });
});
