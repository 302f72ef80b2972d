/** Secrets Manager, as far as functions read secrets and people change them. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ACCOUNT_ID, AwsError, type AwsRequest, type AwsResponse, type Secrets } from '../contract.ts';

interface Version {
  readonly id: string;
  readonly value: string;
  readonly stages: readonly string[];
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly versions: readonly Version[];
}

type Input = Readonly<Record<string, unknown>>;

const TARGET = /^secretsmanager\.(\w+)$/;
const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** They are kept as they are in one file, which its owner alone may read. */
export function createSecrets(options: {
  readonly dataDir: string;
  readonly region: string;
  readonly now: () => number;
}): Secrets {
  const file = join(options.dataDir, 'secrets.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Secret[]) : [];
  const secrets = new Map(kept.map((secret) => [secret.name, secret]));

  function keep(secret: Secret): void {
    secrets.set(secret.name, secret);
    const next = `${file}.next`;
    writeFileSync(next, JSON.stringify([...secrets.values()], undefined, 2), { mode: 0o600, flush: true });
    renameSync(next, file);
  }

  function createVersion(value: string): Version {
    return { id: randomUUID(), value, stages: [CURRENT], createdAt: options.now() };
  }

  function create(name: string, value: string): Secret {
    if (secrets.has(name)) throw failure('ResourceExistsException', `The secret ${name} already exists.`);
    const suffix = randomBytes(3).toString('hex');
    const arn = `arn:aws:secretsmanager:${options.region}:${ACCOUNT_ID}:secret:${name}-${suffix}`;
    const secret = { name, arn, versions: [createVersion(value)] };
    keep(secret);
    return secret;
  }

  function find(input: Input): Secret {
    const id = textOf(input, 'SecretId');
    const found = [...secrets.values()].find(({ name, arn }) => id === name || id === arn);
    if (found !== undefined) return found;
    throw failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }

  const operations: Readonly<
    Record<string, (input: Input, request: AwsRequest) => Readonly<Record<string, unknown>>>
  > = {
    CreateSecret(input, { permissions }) {
      permissions?.require('secretsmanager:CreateSecret', '*');
      const { arn, name, versions } = create(textOf(input, 'Name'), textOf(input, 'SecretString'));
      return { ARN: arn, Name: name, VersionId: versions[0]?.id };
    },
    GetSecretValue(input, { permissions }) {
      const secret = find(input);
      permissions?.require('secretsmanager:GetSecretValue', secret.arn);
      if (input['VersionId'] !== undefined) throw notEmulated('GetSecretValue by VersionId');
      const stage = input['VersionStage'] === undefined ? CURRENT : textOf(input, 'VersionStage');
      const version = secret.versions.find(({ stages }) => stages.includes(stage));
      if (version === undefined)
        throw failure(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
        );
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        SecretString: version.value,
        VersionStages: version.stages,
        CreatedDate: version.createdAt / 1000,
      };
    },
    PutSecretValue(input, { permissions }) {
      const secret = find(input);
      permissions?.require('secretsmanager:PutSecretValue', secret.arn);
      const version = createVersion(textOf(input, 'SecretString'));
      const before = secret.versions.find(({ stages }) => stages.includes(CURRENT));
      // What has no stage any more is gone.
      const versions = [version, ...(before === undefined ? [] : [{ ...before, stages: [PREVIOUS] }])];
      keep({ ...secret, versions });
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: version.id,
        VersionStages: version.stages,
      };
    },
  };

  return {
    async ensure(name, { length }) {
      const known = secrets.get(name) ?? create(name, randomText(length));
      return { arn: known.arn };
    },
    async handle(request) {
      const operation = TARGET.exec(request.headers['x-amz-target'] ?? '')?.[1] ?? '';
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw notEmulated(operation || 'a request without a target');
      return answer(run(JSON.parse((await text(request.body)) || '{}') as Input, request));
    },
    async close() {},
  };
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHANUMERIC[randomInt(ALPHANUMERIC.length)]).join('');
}

function textOf(input: Input, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw failure('InvalidParameterException', `${name} has to be a text.`);
}

function answer(body: Readonly<Record<string, unknown>>): AwsResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(body),
  };
}

function failure(code: string, message: string): AwsError {
  return new AwsError(code, 400, message);
}

function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `Secrets Manager: ${what} is not emulated`);
}
