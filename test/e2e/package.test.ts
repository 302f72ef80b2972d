/** What `serverless package` makes: valid for CloudFormation, least privilege, watched, small, the same each time. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageService } from '../../infra/local/template/package-service.ts';
import { ALARMED_NAMES } from '../../lib/base/telemetry.ts';
import { readSettings, type Settings } from '../../lib/config/settings.ts';
import { MOST_ZIP_BYTES, readPlacedSizes, readZipSizes } from '../../scripts/zip-docs.ts';
import { asPrometheus } from '../helpers/as-prometheus.ts';
import { EVERYTHING } from '../helpers/every-parameter.ts';
import {
  environmentOf,
  findFaults,
  listZip,
  type Resource,
  readResources,
  renderStatement,
  statementsOf,
  statementsWhere,
  templateOf,
  variablesOf,
} from '../helpers/packaged-template.ts';

const FUNCTIONS = ['export', 'train', 'score', 'notify', 'receipt', 'deliver', 'pages'] as const;

/** As Serverless calls it. */
type Resolver = (serverless: {
  readonly resolveVariable: (name: string) => Promise<unknown>;
}) => Promise<unknown>;
const load = createRequire(import.meta.url);
const readVpc = load('../../infra/aws/vpc.cjs') as Resolver;
const readKey = load('../../infra/aws/kms-key.cjs') as Resolver;
const readBatch = load('../../infra/aws/batch.cjs') as Resolver;
const readBackfill = load('../../infra/aws/backfill.cjs') as Resolver;
const readSources = load('../../infra/aws/prometheus-sources.cjs') as Resolver;
const readNames = load('../../infra/aws/known-params.cjs') as (given: {
  readonly options: { readonly param?: readonly string[] };
  readonly resolveConfigurationProperty: (path: readonly string[]) => Promise<unknown>;
}) => Promise<readonly string[]>;

let temp: string;
let packageDir: string;
let everythingDir: string;
let resources: Record<string, Resource>;

before(async () => {
  temp = await mkdtemp(join(tmpdir(), 'tidewatch-package-'));
  packageDir = await packageService();
  everythingDir = await packageService({ stage: 'prod', params: EVERYTHING });
  resources = await readResources(packageDir);
});
after(async () => await rm(temp, { recursive: true, force: true }));

describe('the packaged template', () => {
  it('is valid for CloudFormation, with the defaults and with every parameter set', () => {
    for (const dir of [packageDir, everythingDir]) assert.deepEqual(findFaults(templateOf(dir)), []);
  });

  it('would be found invalid with a fault in it', async () => {
    const text = await readFile(templateOf(packageDir), 'utf8');
    const faults: Record<string, [string, string]> = {
      'a property that does not exist': ['"VisibilityTimeout"', '"VisibilityTimeOut"'],
      'an attribute that does not exist': [
        '"Fn::GetAtt": [\n',
        '"Fn::GetAtt": [ "ScoreQueue", "Arm" ], "x": [\n',
      ],
      'a value out of its set': ['"arm64"', '"arm65"'],
      'a value of another type': ['"BatchSize": 10', '"BatchSize": "many"'],
      'a reference to nothing': ['"Ref": "AlertTopic"', '"Ref": "AlarmTopic"'],
    };
    for (const [name, [sound, faulty]] of Object.entries(faults)) {
      assert.ok(text.includes(sound), `${name}: the template holds ${sound}`);
      const file = join(temp, 'faulty.json');
      await writeFile(file, text.replace(sound, faulty));
      assert.notDeepEqual(findFaults(file), [], name);
    }
  });

  it('keeps nothing but the data bucket when the service is removed', () => {
    const kept = Object.entries(resources)
      .filter(([, { DeletionPolicy = 'Delete' }]) => DeletionPolicy !== 'Delete')
      .map(([id, { DeletionPolicy }]) => [id, DeletionPolicy]);
    assert.deepEqual(kept, [['DataBucket', 'RetainExceptOnCreate']]);
    const replaced = Object.entries(resources).filter(([, { UpdateReplacePolicy }]) => UpdateReplacePolicy);
    assert.deepEqual(
      replaced.map(([id]) => id),
      ['DataBucket'],
    );
  });

  it('keeps the logs of every function for 30 days', () => {
    const groups = ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => Properties);
    const functions = FUNCTIONS.map((name) => `/aws/lambda/tidewatch-dev-${name}`);
    const names = ['/aws/batch/tidewatch-dev-train', ...functions].sort();
    assert.deepEqual(groups.map(({ LogGroupName }) => LogGroupName).sort(), names);
    for (const group of groups) assert.equal(group['RetentionInDays'], 30);
  });

  it('takes the parameters in', async () => {
    const { ExportLambdaFunction, NotifyLambdaFunction, DeliverLambdaFunction, DataBucket } =
      await readResources(everythingDir);
    const variables = variablesOf(ExportLambdaFunction);
    assert.equal(variables['TIDEWATCH_PROMETHEUS_URL'], EVERYTHING.prometheusUrl);
    assert.equal(variables['TIDEWATCH_PROMETHEUS_AUTH'], 'sigv4');
    assert.equal(variables['TIDEWATCH_PROMETHEUS_HEADERS'], EVERYTHING.prometheusHeaders);
    assert.equal(variables['TIDEWATCH_PROMETHEUS_SECRET_ARN'], EVERYTHING.prometheusSecretArn);
    const { source, namedSources } = readSettings(
      { ...environmentOf(ExportLambdaFunction), AWS_REGION: 'eu-west-1' },
      ['source', 'namedSources'],
    );
    assert.equal(source.concurrency, 8);
    assert.deepEqual(asPrometheus(source).tls, {
      kind: 'secret',
      secretArn: EVERYTHING.prometheusTlsSecretArn,
    });
    assert.deepEqual([...namedSources.keys()], ['prod-eu', 'prod-ap']);
    assert.equal(variables['TIDEWATCH_SERVICE'], 'tidewatch-prod');
    assert.equal(variables['TIDEWATCH_DETECTOR_METRICS'], EVERYTHING.detectorMetrics);
    const { grouping } = readSettings(environmentOf(NotifyLambdaFunction), ['grouping']);
    assert.deepEqual(grouping, {
      groupBy: ['detector', 'namespace'],
      groupWait: 60_000,
      groupInterval: 600_000,
      repeatInterval: 12 * 3_600_000,
      incidentsADay: 5,
      digestAt: { time: 7.5 * 3_600_000, timeZone: 'Europe/Berlin' },
    });
    const { receivers } = readSettings(environmentOf(DeliverLambdaFunction), ['receivers']);
    assert.deepEqual(
      receivers.map((receiver) => ('url' in receiver ? receiver.url : receiver.secretArn)),
      [
        EVERYTHING.alertmanagerUrl,
        'https://events.pagerduty.com/v2/enqueue',
        EVERYTHING.opsgenieUrl,
        EVERYTHING.slackWebhookSecretArn,
        EVERYTHING.teamsWebhookSecretArn,
      ],
    );
    assert.deepEqual(DataBucket?.Properties['BucketName'], { 'Fn::Sub': 'metrics-of-team-a' });
  });
});

describe('the list of Prometheus servers', () => {
  const ARNS = ['prometheus', 'prometheus-tls', 'eu', 'eu-tls'].map(
    (name) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-abc123`,
  );
  const of = (given: Record<string, unknown>) =>
    readSources({
      resolveVariable: async (name) => (name === 'self:provider.region' ? 'eu-west-1' : given[name.slice(6)]),
    });

  it('lets the export read the secrets of each, and no other', async () => {
    const { ExportSecretPolicy } = await readResources(everythingDir);
    const [statement, ...others] = statementsOf(ExportSecretPolicy);
    assert.deepEqual(others, []);
    assert.deepEqual([statement?.Action, statement?.Resource], ['secretsmanager:GetSecretValue', ARNS]);
  });

  it('is enough for the export to run, and to sign what one of them wants signed', async () => {
    const list = { a: { url: 'https://aps.example.com', auth: 'sigv4' }, b: { url: 'https://b' } };
    const { json, ...switches } = (await of({ prometheusSources: list })) as Record<string, string>;
    assert.deepEqual(JSON.parse(json ?? ''), list);
    assert.deepEqual(switches, { hasSecrets: 'off', secretArns: [''], signs: 'on' });
    assert.deepEqual(await of({}), { json: '', hasSecrets: 'off', secretArns: [''], signs: 'off' });
    const { Conditions } = JSON.parse(await readFile(templateOf(everythingDir), 'utf8')) as {
      Conditions: Record<string, unknown>;
    };
    assert.match(JSON.stringify(Conditions['HasPrometheus']), /prometheus\.ap\.internal/);
  });

  it('may be a file beside serverless.yml, and is refused where it cannot hold', async () => {
    const file = join(temp, 'sources.json');
    await writeFile(file, '{\n  "a": { "url": "https://a" }\n}\n');
    const path = relative(fileURLToPath(new URL('../..', import.meta.url)), file);
    assert.equal(
      ((await of({ prometheusSources: path })) as { json: string }).json,
      '{"a":{"url":"https://a"}}',
    );
    await assert.rejects(of({ prometheusSources: '{"a": {"urll": "https://a"}}' }), /unknown field "urll"/);
    await assert.rejects(of({ prometheusSources: 'nowhere.json' }), /ENOENT/);
    const url = `https://a/${'x'.repeat(3_072)}`;
    await assert.rejects(of({ prometheusSources: { a: { url } } }), /bytes, and a function takes 3072$/);
  });
});

describe('the VPC', () => {
  const VPC = {
    SubnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-1a1b2c3d'],
    SecurityGroupIds: ['sg-0a1b2c3d4e5f60718'],
  };
  const INTERFACES = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DeleteNetworkInterface',
  ];

  it('holds the functions that have to reach what is private, and no other', async () => {
    const everything = await readResources(everythingDir);
    const placed = Object.entries(everything).flatMap(([id, { Properties }]) =>
      Properties?.['VpcConfig'] === undefined ? [] : [[id, Properties['VpcConfig']]],
    );
    assert.deepEqual(Object.fromEntries(placed), {
      ExportLambdaFunction: { 'Fn::If': ['ExportInVpc', VPC, { Ref: 'AWS::NoValue' }] },
      DeliverLambdaFunction: { 'Fn::If': ['DeliverInVpc', VPC, { Ref: 'AWS::NoValue' }] },
    });
  });

  it('is there where its parameters are set', async () => {
    const conditions = async (dir: string): Promise<Record<string, unknown>> =>
      (JSON.parse(await readFile(templateOf(dir), 'utf8')) as { Conditions: Record<string, unknown> })
        .Conditions;
    for (const [dir, value] of [
      [packageDir, 'off'],
      [everythingDir, 'on'],
    ] as const)
      for (const name of ['ExportInVpc', 'DeliverInVpc'])
        assert.deepEqual((await conditions(dir))[name], { 'Fn::Equals': [value, 'on'] }, name);
  });

  it('lets Lambda make network interfaces by the role, and the code of the function none', () => {
    for (const name of ['Export', 'Deliver']) {
      const [allowed, denied, ...others] = statementsWhere(`${name}InVpc`, resources[`${name}Role`]);
      assert.deepEqual(others, []);
      for (const action of INTERFACES) assert.ok(allowed?.Action.includes(action), action);
      for (const action of [allowed?.Action ?? []].flat()) assert.match(action, /^ec2:\w+$/);
      assert.deepEqual([allowed?.Effect, allowed?.Resource], ['Allow', '*']);
      assert.deepEqual([denied?.Effect, denied?.Resource, denied?.Action], ['Deny', '*', allowed?.Action]);
      assert.match(
        JSON.stringify(denied?.Condition),
        new RegExp(
          `^{"ArnEquals":{"lambda:SourceFunctionArn":.*:function:tidewatch-dev-${name.toLowerCase()}"`,
        ),
      );
    }
    for (const role of Object.keys(resources).filter((id) => !/^(Export|Deliver)Role$/.test(id)))
      assert.doesNotMatch(JSON.stringify(resources[role]), /ec2:/, role);
  });

  it('is refused where a parameter is missing or no id', async () => {
    const refusals: [Record<string, string>, RegExp][] = [
      [{ vpcSubnetIds: 'subnet-0a1b2c3d' }, /need each other/],
      [
        { vpcSubnetIds: 'vpc-0a1b2c3d', vpcSecurityGroupIds: 'sg-0a1b2c3d' },
        /vpcSubnetIds holds "vpc-0a1b2c3d"/,
      ],
      [{ vpcSubnetIds: 'subnet-0a1b2c3d', vpcSecurityGroupIds: 'sg-0a1b2c3d,' }, /SecurityGroupIds holds ""/],
      [{ vpcDeliver: 'on' }, /there is no VPC/],
    ];
    for (const [given, message] of refusals)
      await assert.rejects(
        readVpc({ resolveVariable: async (name) => given[name.slice('param:'.length)] }),
        message,
      );
  });
});

describe('trainings beyond a function', () => {
  const conditionsOf = async (dir: string): Promise<Record<string, unknown>> =>
    (JSON.parse(await readFile(templateOf(dir), 'utf8')) as { Conditions: Record<string, unknown> })
      .Conditions;

  it('have what they run on where batch is on, and nothing of it is there otherwise', async () => {
    for (const [dir, value] of [
      [packageDir, 'off'],
      [everythingDir, 'on'],
    ] as const) {
      const { HasBatch, ImageIsFromEcr } = await conditionsOf(dir);
      assert.deepEqual(HasBatch, { 'Fn::Equals': [value, 'on'] });
      assert.deepEqual(ImageIsFromEcr, { 'Fn::Equals': [value, 'on'] });
    }
    const conditions = Object.entries(resources).flatMap(([id, { Type, Condition }]) =>
      /^TrainJob|^TrainCompute|^TrainBatch/.test(id) || /^AWS::(Batch|Events)::/.test(Type)
        ? [[id, Condition]]
        : [],
    );
    assert.deepEqual(Object.fromEntries(conditions), {
      TrainCompute: 'HasBatch',
      TrainJobQueue: 'HasBatch',
      TrainJobDefinition: 'HasBatch',
      TrainJobLogGroup: 'HasBatch',
      TrainJobFailed: 'HasBatch',
      TrainJobRole: 'HasBatch',
      TrainJobExecutionRole: 'HasBatch',
      TrainBatchPolicy: 'HasBatch',
      TrainJobKmsPolicy: 'BatchUsesKey',
    });
    for (const [name, value] of Object.entries(variablesOf(resources['TrainLambdaFunction'])))
      if (name.startsWith('TIDEWATCH_BATCH'))
        assert.deepEqual((value as { 'Fn::If': unknown[] })['Fn::If'][2], { Ref: 'AWS::NoValue' }, name);
  });

  it('take image, size and place from the parameters, and the function knows what there is', async () => {
    const { TrainCompute, TrainJobDefinition, TrainLambdaFunction } = await readResources(everythingDir);
    assert.deepEqual(TrainCompute?.Properties['ComputeResources'], {
      Type: 'FARGATE_SPOT',
      MaxvCpus: 16,
      Subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-1a1b2c3d'],
      SecurityGroupIds: ['sg-0a1b2c3d4e5f60718'],
    });
    const container = TrainJobDefinition?.Properties['ContainerProperties'] as unknown as {
      Image: string;
      Command: string[];
      ResourceRequirements: { Type: string; Value: string }[];
      Environment: { Name: string; Value: unknown }[];
    };
    assert.equal(container.Image, EVERYTHING.batchImage);
    assert.deepEqual(container.ResourceRequirements, [
      { Type: 'VCPU', Value: '8' },
      { Type: 'MEMORY', Value: '32768' },
    ]);
    // What a container reads is held to its memory.
    assert.deepEqual(
      container.Environment.find(({ Name }) => Name === 'TIDEWATCH_MEMORY')?.Value,
      container.ResourceRequirements[1]?.Value,
    );
    // Words that the command line of the image knows.
    assert.equal(container.Command[0], 'train-job');
    const { batch } = readSettings(environmentOf(TrainLambdaFunction), ['batch']);
    assert.deepEqual(batch.room, { memoryMb: 32_768, processors: 8, seconds: 43_200 });
  });

  it('may do what the train function may but for its queue, and start with what Fargate has to do for that', async () => {
    const everything = await readResources(everythingDir);
    const [list, ...own] = statementsOf(resources['TrainJobRole']).map(renderStatement);
    assert.equal(list, 's3:ListBucket DataBucket.Arn');
    const ofFunction = statementsOf(resources['TrainRole']).slice(2).map(renderStatement);
    assert.deepEqual(
      own,
      ofFunction.filter((statement) => !statement.endsWith('TrainQueue.Arn')),
    );
    const [start, ...others] = statementsOf(resources['TrainJobExecutionRole']).map(renderStatement);
    assert.deepEqual(others, []);
    assert.match(
      start ?? '',
      /^logs:CreateLogStream,logs:PutLogEvents .*:\/aws\/batch\/tidewatch-dev-train:\*$/,
    );
    const [pull, signIn] = statementsWhere('ImageIsFromEcr', everything['TrainJobExecutionRole']);
    assert.match(JSON.stringify(pull?.Resource), /:ecr:eu-west-1:123456789012:repository\/team\/tidewatch"/);
    assert.deepEqual([signIn?.Action, signIn?.Resource], ['ecr:GetAuthorizationToken', '*']);
    const [submit, ...more] = statementsOf(resources['TrainBatchPolicy']).map(renderStatement);
    assert.deepEqual(more, []);
    assert.match(submit ?? '', /^batch:SubmitJob TrainJobQueue \S+:job-definition\/tidewatch-dev-train:\*$/);
    for (const role of ['TrainJobRole', 'TrainJobExecutionRole'])
      assert.match(JSON.stringify(resources[role]), /"Service":"ecs-tasks.amazonaws.com"/);
  });

  it('are told of where they fail, by the one queue that may be written to for it', () => {
    const rule = resources['TrainJobFailed']?.Properties as unknown as {
      EventPattern: object;
      Targets: object[];
    };
    assert.deepEqual(rule.EventPattern, {
      source: ['aws.batch'],
      'detail-type': ['Batch Job State Change'],
      detail: { status: ['FAILED'], jobQueue: [{ Ref: 'TrainJobQueue' }] },
    });
    assert.deepEqual(rule.Targets, [{ Id: 'train', Arn: { 'Fn::GetAtt': ['TrainQueue', 'Arn'] } }]);
    assert.match(
      JSON.stringify(resources['TrainQueuePolicy']),
      /"HasBatch",\{"Sid":"FailedJobs".*"events.amazonaws.com".*"aws:SourceArn":\{"Fn::GetAtt":\["TrainJobFailed","Arn"\]/,
    );
  });

  it('are refused where a parameter is missing or cannot hold', async () => {
    const vpc = { vpcSubnetIds: 'subnet-0a1b2c3d', vpcSecurityGroupIds: 'sg-0a1b2c3d' };
    const refusals: [Record<string, string>, RegExp][] = [
      [{ batch: 'yes' }, /batch is "yes": on or off/],
      [{ batch: 'on', batchImage: 'tidewatch' }, /batch is on, and vpcSubnetIds is empty/],
      [{ batch: 'on', ...vpc }, /batchImage is empty: the image that the Dockerfile builds/],
      [{ batch: 'on', ...vpc, batchImage: 'a b' }, /batchImage is "a b", which is no name/],
      [{ batchVcpus: '3' }, /batchVcpus is "3": one of 1, 2, 4, 8, 16/],
      [
        { batchMemory: '40000' },
        /batchMemory is "40000": with 4 processors, 8192 to 30720 MB in steps of 1024/,
      ],
    ];
    for (const [given, message] of refusals)
      await assert.rejects(
        readBatch({ resolveVariable: async (name) => given[name.slice('param:'.length)] }),
        message,
      );
    const { image, isFromEcr, memory } = (await readBatch({
      resolveVariable: async (name) =>
        ({ ...vpc, batch: 'on', batchImage: 'example.com/tidewatch:1' })[name.slice('param:'.length)],
    })) as Record<string, string>;
    assert.deepEqual([image, isFromEcr, memory], ['example.com/tidewatch:1', 'off', '30720']);
  });
});

describe('backfills', () => {
  it('have a state machine where backfill is on, which may do what it is there for', async () => {
    const { BackfillMachine, BackfillRole } = resources;
    assert.deepEqual([BackfillMachine?.Condition, BackfillRole?.Condition], ['HasBackfill', 'HasBackfill']);
    const [work, items, underWay, ...others] = statementsOf(BackfillRole).map(renderStatement);
    assert.deepEqual(others, []);
    assert.equal(work, 'lambda:InvokeFunction ExportLambdaFunction.Arn TrainLambdaFunction.Arn');
    assert.match(items ?? '', /^states:StartExecution \S+:stateMachine:tidewatch-dev-backfill$/);
    assert.match(
      underWay ?? '',
      /^states:DescribeExecution,states:StopExecution \S+:execution:tidewatch-dev-backfill\/\*$/,
    );
    for (const [dir, value] of [
      [packageDir, 'off'],
      [everythingDir, 'on'],
    ] as const) {
      const { Conditions } = JSON.parse(await readFile(templateOf(dir), 'utf8')) as {
        Conditions: Record<string, unknown>;
      };
      assert.deepEqual(Conditions['HasBackfill'], { 'Fn::Equals': [value, 'on'] });
    }
  });

  it('export as many days at a time as share what Prometheus is asked', async () => {
    const { BackfillMachine } = await readResources(everythingDir);
    assert.ok(BackfillMachine !== undefined);
    const { Definition } = BackfillMachine.Properties as unknown as {
      Definition: { States: Record<string, { MaxConcurrency?: number; ItemSelector?: { share: number } }> };
    };
    const { MaxConcurrency, ItemSelector } = Definition.States['ExportDays'] ?? {};
    assert.equal(MaxConcurrency, Number(EVERYTHING.backfillConcurrency));
    assert.equal(ItemSelector?.share, Number(EVERYTHING.backfillConcurrency));
  });

  it('are refused where there is no Prometheus, or one that is asked less at a time', async () => {
    const refuse = (given: Record<string, string>, message: RegExp) =>
      assert.rejects(
        readBackfill({
          resolveVariable: async (name) =>
            name === 'self:provider.region' ? 'eu-west-1' : given[name.slice('param:'.length)],
        }),
        message,
      );
    await refuse({ backfill: 'yes' }, /backfill is "yes": on or off/);
    await refuse({ backfillConcurrency: 'many' }, /backfillConcurrency is "many"/);
    await refuse({ backfill: 'on' }, /there is no Prometheus/);
    const own = { backfill: 'on', prometheusUrl: 'https://p' };
    await refuse({ ...own, backfillConcurrency: '5' }, /is 5, and prometheusConcurrency is 4/);
    const prometheusSources = '{"eu": {"url": "https://eu", "concurrency": 1}}';
    await refuse({ ...own, prometheusSources }, /is 2, and the concurrency of eu is 1/);
  });
});

describe('the delivery to receivers', () => {
  it('is there where a receiver is set, with all that belongs to it', async () => {
    const text = await readFile(templateOf(packageDir), 'utf8');
    const { Conditions } = JSON.parse(text) as { Conditions: Record<string, unknown> };
    const receivers = ['HasSlack', 'HasTeams', 'HasPagerDuty', 'HasOpsgenie', 'HasAlertmanager'];
    assert.deepEqual(Conditions['HasReceiver'], {
      'Fn::Or': receivers.map((Condition) => ({ Condition })),
    });
    const ids = Object.keys(resources).filter((id) => /^Deliver|^AlertsRefused/.test(id));
    const conditions = Object.fromEntries(ids.map((id) => [id, resources[id]?.Condition]));
    assert.deepEqual(conditions, {
      DeliverLogGroup: 'HasReceiver',
      DeliverLambdaFunction: 'HasReceiver',
      DeliverEventSourceMappingSQSDeliverQueue: 'HasReceiver',
      DeliverSubscription: 'HasReceiver',
      DeliverQueue: 'HasReceiver',
      DeliverDeadLetters: 'HasReceiver',
      DeliverDeadLettersPolicy: 'HasReceiver',
      DeliverQueuePolicy: 'HasReceiver',
      DeliverRole: 'HasReceiver',
      DeliverSlackSecretPolicy: 'HasSlack',
      DeliverTeamsSecretPolicy: 'HasTeams',
      DeliverPagerDutySecretPolicy: 'HasPagerDuty',
      DeliverOpsgenieSecretPolicy: 'HasOpsgenie',
      DeliverAlertmanagerSecretPolicy: 'HasAlertmanagerSecret',
      DeliverKmsPolicy: 'DeliverUsesKey',
      DeliverErrors: 'HasReceiver',
      DeliverDeadLettersFilled: 'HasReceiver',
      AlertsRefusedByReceiver: 'HasReceiver',
    });
  });

  it('may read the secrets that are set, each by its own policy', async () => {
    const everything = await readResources(everythingDir);
    const policies = Object.entries(everything).filter(([id]) => /^Deliver\w+SecretPolicy$/.test(id));
    assert.deepEqual(
      policies.map(([, policy]) => {
        const [statement, ...others] = statementsOf(policy);
        assert.deepEqual(others, []);
        return [policy.Properties['RoleName'], statement?.Action, statement?.Resource];
      }),
      [
        EVERYTHING.slackWebhookSecretArn,
        EVERYTHING.teamsWebhookSecretArn,
        EVERYTHING.pagerdutySecretArn,
        EVERYTHING.opsgenieSecretArn,
        EVERYTHING.alertmanagerSecretArn,
      ].map((arn) => [{ Ref: 'DeliverRole' }, 'secretsmanager:GetSecretValue', arn]),
    );
  });
});

describe('the pages of incidents', () => {
  it('are there where they are switched on, with all that belongs to them', async () => {
    const text = await readFile(templateOf(packageDir), 'utf8');
    const { Conditions, Outputs } = JSON.parse(text) as {
      Conditions: Record<string, unknown>;
      Outputs: Record<string, { readonly Condition?: string }>;
    };
    assert.deepEqual(Conditions['HasPages'], {
      'Fn::Not': [{ 'Fn::Or': ['', 'off'].map((value) => ({ 'Fn::Equals': ['off', value] })) }],
    });
    const ids = Object.keys(resources).filter((id) => /Pages|^Links/.test(id));
    assert.deepEqual(Object.fromEntries(ids.map((id) => [id, resources[id]?.Condition])), {
      PagesKmsPolicy: 'PagesUseKey',
      ...Object.fromEntries(
        [
          'PagesLogGroup',
          'PagesLambdaFunction',
          'PagesRole',
          'NotifyPagesKeyPolicy',
          'PagesUrl',
          'PagesUrlPermission',
          'PagesInvokePermission',
          'PagesKey',
          'PagesErrors',
          'LinksRefusedOften',
        ].map((id) => [id, 'HasPages']),
      ),
    });
    for (const name of ['PagesUrl', 'PagesKeyArn']) assert.equal(Outputs[name]?.Condition, 'HasPages', name);
  });

  it('have one address on the internet, which invokes one function and by no other way', () => {
    const urls = ofType('AWS::Lambda::Url');
    const target = { 'Fn::GetAtt': ['PagesLambdaFunction', 'Arn'] };
    assert.deepEqual(
      urls.map(([, { Properties }]) => Properties),
      [{ TargetFunctionArn: target, AuthType: 'NONE' }],
    );
    assert.deepEqual(
      ofType('AWS::Lambda::Permission').map(([, { Properties }]) => Properties),
      [
        {
          FunctionName: target,
          Action: 'lambda:InvokeFunctionUrl',
          Principal: '*',
          FunctionUrlAuthType: 'NONE',
        },
        {
          FunctionName: target,
          Action: 'lambda:InvokeFunction',
          Principal: '*',
          InvokedViaFunctionUrl: true,
        },
      ],
    );
    const { ReservedConcurrentExecutions } = resources['PagesLambdaFunction']?.Properties ?? {};
    assert.equal(ReservedConcurrentExecutions, 5);
  });

  it('are linked by who tells people, with a key that the template makes', async () => {
    const { NotifyLambdaFunction, NotifyPagesKeyPolicy, PagesKey } = await readResources(everythingDir);
    const { TIDEWATCH_PAGES_URL, TIDEWATCH_PAGES_KEY_ARN } = variablesOf(NotifyLambdaFunction);
    assert.deepEqual(TIDEWATCH_PAGES_URL, {
      'Fn::If': ['HasPages', { 'Fn::GetAtt': ['PagesUrl', 'FunctionUrl'] }, ''],
    });
    assert.deepEqual(TIDEWATCH_PAGES_KEY_ARN, { 'Fn::If': ['HasPages', { Ref: 'PagesKey' }, ''] });
    assert.deepEqual(statementsOf(NotifyPagesKeyPolicy).map(renderStatement), [
      'secretsmanager:GetSecretValue PagesKey',
    ]);
    assert.deepEqual(NotifyPagesKeyPolicy?.Properties['RoleName'], { Ref: 'NotifyRole' });
    assert.deepEqual(PagesKey?.Properties['GenerateSecretString'], {
      PasswordLength: 64,
      ExcludePunctuation: true,
    });
  });
});

describe('privileges', () => {
  /** Tags go along with what is copied into quarantine/. */
  const QUARANTINE = ['s3:GetObjectTagging detectors/* windows/*', 's3:PutObjectTagging quarantine/*'];
  /** Every statement of every role, so that a widened one cannot pass unseen. Logs and listing are the same for all. */
  const EXPECTED: Record<string, string[]> = {
    ExportRole: [
      ...QUARANTINE,
      's3:GetObject detectors/* state/* quarantine/*',
      's3:PutObject windows/* state/* quarantine/*',
      'sqs:SendMessage ScoreQueue.Arn',
    ],
    TrainRole: [
      's3:GetObjectTagging detectors/* windows/* exclusions/*',
      's3:PutObjectTagging quarantine/*',
      's3:GetObject detectors/* windows/* exclusions/* feedback/* anomalies/* incidents/* models/* training/* state/* quarantine/*',
      's3:PutObject models/* training/* state/* quarantine/*',
      's3:DeleteObject models/*',
      'sqs:ReceiveMessage,sqs:DeleteMessage,sqs:ChangeMessageVisibility,sqs:GetQueueAttributes TrainQueue.Arn',
      'sqs:SendMessage ScoreQueue.Arn',
      'sqs:SendMessage TrainQueue.Arn',
    ],
    ScoreRole: [
      ...QUARANTINE,
      's3:GetObject detectors/* windows/* models/* state/* scores/* quarantine/*',
      's3:PutObject state/* scores/* quarantine/*',
      'sqs:ReceiveMessage,sqs:DeleteMessage,sqs:ChangeMessageVisibility,sqs:GetQueueAttributes ScoreQueue.Arn',
      'sqs:SendMessage TrainQueue.Arn',
      'sqs:SendMessage ScoreQueue.Arn',
      'sqs:SendMessage NotifyQueue.Arn',
    ],
    NotifyRole: [
      's3:GetObjectTagging silences/* state/*',
      's3:PutObjectTagging quarantine/*',
      's3:GetObject feedback/* silences/* windows/* models/* state/* anomalies/* incidents/* quarantine/*',
      's3:PutObject state/* anomalies/* incidents/* quarantine/*',
      'sqs:ReceiveMessage,sqs:DeleteMessage,sqs:ChangeMessageVisibility,sqs:GetQueueAttributes NotifyQueue.Arn',
      'sqs:SendMessage NotifyQueue.Arn',
      'sns:Publish AlertTopic',
    ],
    ReceiptRole: [
      's3:GetObject,s3:PutObject incidents/*',
      'sqs:ReceiveMessage,sqs:DeleteMessage,sqs:ChangeMessageVisibility,sqs:GetQueueAttributes ReceiptQueue.Arn',
    ],
    DeliverRole: [
      's3:GetObject incidents/*',
      'sqs:ReceiveMessage,sqs:DeleteMessage,sqs:ChangeMessageVisibility,sqs:GetQueueAttributes DeliverQueue.Arn',
      'sqs:SendMessage DeliverQueue.Arn',
    ],
    PagesRole: [
      's3:GetObject incidents/*',
      's3:GetObject,s3:PutObject feedback/* silences/*',
      'secretsmanager:GetSecretValue PagesKey',
    ],
  };

  it('are those that each function needs, and no more', () => {
    for (const [role, expected] of Object.entries(EXPECTED)) {
      const [logs, list, ...own] = statementsOf(resources[role]);
      const name = role.replace('Role', '').toLowerCase();
      assert.match(
        renderStatement(logs),
        new RegExp(`^logs:CreateLogStream,logs:PutLogEvents .*tidewatch-dev-${name}:\\*$`),
      );
      assert.equal(renderStatement(list), 's3:ListBucket DataBucket.Arn');
      assert.deepEqual(own.map(renderStatement), expected, role);
    }
    assert.deepEqual(statementsOf(resources['SchedulerRole']).map(renderStatement), [
      'lambda:InvokeFunction ExportLambdaFunction.Arn TrainLambdaFunction.Arn NotifyLambdaFunction.Arn',
    ]);
  });

  it('hold no wildcard for an action or for every resource, with every parameter set', async () => {
    const everything = await readResources(everythingDir);
    const policies = Object.values(everything).filter(({ Type }) =>
      /^AWS::IAM::(Role|RolePolicy)$/.test(Type),
    );
    assert.equal(policies.length, 28);
    for (const statement of policies.flatMap(statementsOf)) {
      for (const action of [statement.Action].flat()) assert.doesNotMatch(action, /\*/);
      assert.notEqual(statement.Resource, '*');
    }
  });

  it('may use the key that bucket, queues and topics are under, where there is one, and no key where there is none', async () => {
    const everything = await readResources(everythingDir);
    const keyOf = (id: string): string => JSON.stringify(everything[id]?.Properties);
    const under = Object.entries(everything).filter(([, { Type }]) =>
      /^AWS::(SQS::Queue|SNS::Topic|S3::Bucket)$/.test(Type),
    );
    // And the bucket that serverless keeps its packages in, which holds no data.
    for (const [id] of under.filter(([id]) => id !== 'ServerlessDeploymentBucket'))
      assert.match(keyOf(id), /"Fn::If":\["HasKmsKey",[^\]]*arn:aws:kms:eu-west-1:123456789012:key/, id);
    for (const name of ['Export', 'Train', 'Score', 'Notify', 'Receipt', 'Deliver', 'Pages']) {
      const policy = everything[`${name}KmsPolicy`];
      assert.deepEqual(policy?.Properties['RoleName'], { Ref: `${name}Role` });
      assert.deepEqual(statementsOf(policy), [
        { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: EVERYTHING.kmsKeyArn },
      ]);
      assert.match(String(policy?.Condition), /Key$/);
    }
  });

  it('are one role per function', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { Properties }]) =>
      JSON.stringify(Properties['Role']),
    );
    assert.equal(new Set(roles).size, FUNCTIONS.length);
  });

  it('keep the bucket private and everything on TLS', () => {
    const bucket = resources['DataBucket']?.Properties as unknown as {
      PublicAccessBlockConfiguration: Record<string, boolean>;
    };
    assert.deepEqual(Object.values(bucket.PublicAccessBlockConfiguration), [true, true, true, true]);
    const guarded = [
      'DataBucketPolicy',
      'ScoreQueuePolicy',
      'TrainQueuePolicy',
      'NotifyQueuePolicy',
      'ReceiptQueuePolicy',
      'DeliverQueuePolicy',
      'AlertTopicPolicy',
      'OpsTopicPolicy',
      ...['Score', 'Train', 'Notify', 'Receipt', 'Deliver'].map((name) => `${name}DeadLettersPolicy`),
    ];
    const holders = Object.entries(resources).filter(([, { Type }]) =>
      /^AWS::(SQS::Queue|SNS::Topic)$/.test(Type),
    );
    assert.deepEqual(
      holders.map(([id]) => `${id}Policy`).filter((id) => !guarded.includes(id)),
      [],
      'a queue or topic without a policy',
    );
    for (const id of guarded)
      assert.match(JSON.stringify(resources[id]), /"Effect":"Deny".*"aws:SecureTransport":"false"/);
  });
});

describe('a name of a parameter', () => {
  it('that is none is refused, in place of what it meant staying unset', async () => {
    const resolve = (param?: readonly string[]): Promise<readonly string[]> =>
      readNames({
        options: param === undefined ? {} : { param },
        resolveConfigurationProperty: async () => ({
          default: { prometheusUrl: '', groupBy: '' },
          prod: { mine: 1 },
          dev: null,
        }),
      });
    assert.deepEqual(await resolve(), ['prometheusUrl', 'groupBy', 'mine']);
    assert.deepEqual(await resolve(['groupBy=none', 'mine=a=b']), ['prometheusUrl', 'groupBy', 'mine']);
    await assert.rejects(
      resolve(['groupBy=none', 'prometheusURL=http://a']),
      /"prometheusURL", which is no parameter; did you mean prometheusUrl\?$/,
    );
    await assert.rejects(
      resolve(['prometheus=a']),
      /"prometheus", .*; they are prometheusUrl, groupBy, mine$/,
    );
    const packaged = packageService({ params: { prometheusURL: 'http://a' } });
    await assert.rejects(
      packaged,
      /names "prometheusURL", which is no parameter; did you mean prometheusUrl\?/,
    );
  });
});

describe('a key of KMS', () => {
  const resolve = (arn: string) => readKey({ resolveVariable: async () => arn });

  it('is named by its ARN, which is told before anything is deployed', async () => {
    assert.equal(((await resolve('')) as { uses: string }).uses, 'off');
    assert.deepEqual(await resolve(EVERYTHING.kmsKeyArn), { arn: EVERYTHING.kmsKeyArn, uses: 'on' });
    for (const arn of ['alias/metrics', 'arn:aws:kms:eu-west-1:123456789012:alias/metrics', '1234abcd'])
      await assert.rejects(resolve(arn), /kmsKeyArn is ".*", not the ARN of a key/);
  });
});

describe('alarms', () => {
  const alarms = () =>
    ofType('AWS::CloudWatch::Alarm').map(
      ([id, { Properties, Condition }]) =>
        ({ id, Condition, ...(Properties as object) }) as {
          id: string;
          Condition: string | undefined;
          Namespace: string;
          MetricName: string;
          Dimensions: { Name: string; Value: unknown }[];
          AlarmActions: unknown;
          TreatMissingData: string;
        },
    );

  it('watch each metric that the code publishes, and no other, in the dimension that it emits', () => {
    const own = alarms().filter(({ Namespace }) => Namespace === 'Tidewatch');
    assert.deepEqual(own.map(({ MetricName }) => MetricName).sort(), [...ALARMED_NAMES].sort());
    const service = variablesOf(resources['ExportLambdaFunction'])['TIDEWATCH_SERVICE'];
    for (const { Dimensions } of own) assert.deepEqual(Dimensions, [{ Name: 'service', Value: service }]);
  });

  it('tell of a silent exporter, of errors of each function and of each dead-letter queue', () => {
    // Counted by who looks at the detectors: that nobody looks any more is the alarm of its own.
    const silent = alarms().find(({ MetricName }) => MetricName === 'ExporterSilent');
    assert.equal(silent?.TreatMissingData, 'notBreaching');
    const unwatched = alarms().find(({ MetricName }) => MetricName === 'WatchRuns');
    assert.equal(unwatched?.TreatMissingData, 'breaching');
    // Where there is no Prometheus as well: files that people drop have no exporter that could be silent.
    for (const { id, Condition } of alarms())
      if (!/^ExporterSilent$|^Deliver|^AlertsRefused|^Pages|^Links/.test(id))
        assert.equal(Condition, undefined, id);
    const watched = JSON.stringify(alarms().map(({ Dimensions }) => Dimensions));
    // What it fails at ends among its dead letters, and nothing is late by it.
    for (const [id] of ofType('AWS::Lambda::Function'))
      assert.equal(watched.includes(`{"Ref":"${id}"}`), id !== 'ReceiptLambdaFunction', id);
    for (const [id] of ofType('AWS::SQS::Queue'))
      if (id.endsWith('DeadLetters')) assert.ok(watched.includes(`["${id}","QueueName"]`), id);
  });

  it('tell of runs that Lambda turned away, of the functions whose delay people feel', () => {
    const { Metrics } = alarms().find(({ id }) => id === 'FunctionsThrottled') as unknown as {
      Metrics: {
        Id: string;
        MetricStat?: { Metric: { MetricName: string; Dimensions: { Value: unknown }[] } };
      }[];
    };
    const [sum, ...parts] = Metrics;
    assert.equal(sum?.MetricStat, undefined);
    assert.deepEqual(
      parts.map(({ Id, MetricStat }) => [
        Id,
        MetricStat?.Metric.MetricName,
        MetricStat?.Metric.Dimensions[0]?.Value,
      ]),
      ['export', 'score', 'notify'].map((name) => [
        name,
        'Throttles',
        { Ref: `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction` },
      ]),
    );
  });

  it('go to the operations topic', () => {
    for (const alarm of alarms()) assert.deepEqual(alarm.AlarmActions, [{ Ref: 'OpsTopic' }], alarm.id);
  });
});

describe('queues', () => {
  it('hide a message for six times as long as its function may take, and while it waits for others', () => {
    const mappings = ofType('AWS::Lambda::EventSourceMapping');
    assert.equal(mappings.length, 5);
    for (const [id, { Properties }] of mappings) {
      const { EventSourceArn, FunctionName } = Properties as Record<
        string,
        { 'Fn::GetAtt': [string, string] }
      >;
      const queue = resources[EventSourceArn?.['Fn::GetAtt'][0] ?? '']?.Properties as unknown as {
        VisibilityTimeout: number;
        RedrivePolicy: { deadLetterTargetArn: unknown };
      };
      const timeout = Number(resources[FunctionName?.['Fn::GetAtt'][0] ?? '']?.Properties['Timeout']);
      const waits = Number(Properties['MaximumBatchingWindowInSeconds'] ?? 0);
      assert.ok(
        queue.VisibilityTimeout >= 6 * timeout + waits,
        `${id}: ${queue.VisibilityTimeout} s for ${timeout} s and ${waits} s`,
      );
      assert.ok(queue.RedrivePolicy.deadLetterTargetArn, id);
      assert.deepEqual(Properties['FunctionResponseTypes'], ['ReportBatchItemFailures'], id);
    }
  });
});

describe('functions', () => {
  it('find in their environment what they read', async () => {
    for (const name of FUNCTIONS) {
      const source = await readFile(new URL(`../../functions/${name}.ts`, import.meta.url), 'utf8');
      const [, required = '', optional = ''] =
        /readSettings\(\s*process\.env,\s*\[([^\]]*)\](?:,\s*\[([^\]]*)\])?/.exec(source) ?? [];
      assert.notEqual(required, '', `functions/${name}.ts reads its settings`);
      const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;
      const everything = await readResources(everythingDir);
      const environment = environmentOf(everything[id]);
      const read = readSettings({ ...environment, AWS_REGION: 'eu-west-1' }, [
        ...words(required),
        ...words(optional),
      ]);
      assert.ok(Object.values(read).every((value) => value !== undefined));
    }
  });

  it('are small, and hold code, the Parquet decoder, what models compute with, and what training alone needs', async () => {
    const kernels = ['functions/fused.wasm.br', 'functions/plain.wasm.br'];
    const training = [
      'functions/index_bg.wasm.br',
      'functions/prophet-wasmstan.core.wasm.br',
      'functions/series-worker.mjs',
    ];
    for (const name of FUNCTIONS) {
      const file = join(packageDir, `${name}.zip`);
      const { size } = await stat(file);
      assert.ok(size < MOST_ZIP_BYTES, `${name}.zip has ${size} bytes`);
      const decoder = ['receipt', 'deliver', 'pages'].includes(name)
        ? []
        : ['functions/parquet_wasm_bg.wasm.br'];
      const files = await listZip(file);
      const models = name === 'train' || name === 'score' ? kernels : [];
      const isPart = (path: string): boolean => /-[A-Z0-9]{8}\.mjs$/.test(path);
      const [parts, others] = [true, false].map((wanted) => files.filter((path) => isPart(path) === wanted));
      assert.deepEqual(
        parts?.filter((path) => !path.startsWith(`functions/${name}.`)),
        [],
      );
      assert.ok(parts && parts.length > 0);
      assert.deepEqual(
        others,
        [`functions/${name}.mjs`, ...decoder, ...models, ...(name === 'train' ? training : [])].sort(),
      );
    }
  });

  it('have the sizes that docs/benchmarks.md tells of, within a tenth', async () => {
    const sizes = await readZipSizes(packageDir);
    const told = readPlacedSizes(
      await readFile(new URL('../../docs/benchmarks.md', import.meta.url), 'utf8'),
    );
    assert.deepEqual([...told.keys()], [...sizes.keys()], 'run node scripts/make-zip-docs.ts');
    for (const [name, size] of sizes)
      assert.ok(
        Math.abs(told.get(name)! / size - 1) < 0.1,
        `${name}: ${told.get(name)} is told of, and it has ${size} bytes: run node scripts/make-zip-docs.ts`,
      );
  });

  it('are packaged byte for byte the same again, once for callers at the same time', async () => {
    // As deep as the first one: names of part files go by the way from them to node_modules.
    const cacheDir = await mkdtemp(join(dirname(dirname(packageDir)), 'again-'));
    try {
      const [first, second] = await Promise.all([packageService({ cacheDir }), packageService({ cacheDir })]);
      assert.equal(first, second);
      assert.deepEqual(await readdir(cacheDir), [first.split('/').at(-1)]);
      for (const name of FUNCTIONS)
        assert.ok(
          (await readFile(join(first, `${name}.zip`))).equals(
            await readFile(join(packageDir, `${name}.zip`)),
          ),
          name,
        );
    } finally {
      await rm(cacheDir, { recursive: true });
    }
  });
});

function ofType(type: string): [string, Resource][] {
  const found = Object.entries(resources).filter(([, resource]) => resource.Type === type);
  assert.ok(found.length > 0, type);
  return found;
}

function words(list: string): (keyof Settings)[] {
  return [...list.matchAll(/'(\w+)'/g)].map(([, name]) => name as keyof Settings);
}
