/** The emulator: every service behind one port, on one folder. */
import { join } from 'node:path';
import {
  AwsError,
  type Buckets,
  type EmulatorOptions,
  type Functions,
  type Queues,
  type Secrets,
  type Service,
  type Topics,
} from './contract.ts';
import { lockFolder } from './folder-lock.ts';
import { type Access, createAccess } from './iam/access.ts';
import { createBuckets } from './s3/buckets.ts';
import { createSecrets } from './secrets/secrets.ts';
import { type Server, startServer } from './server.ts';
import { createTopics } from './sns/sns.ts';
import { createQueues } from './sqs/sqs.ts';
import { createSts } from './sts.ts';

export interface Emulator {
  /** `http://127.0.0.1:PORT`, for AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly topics: Topics;
  readonly secrets: Secrets;
  /** Roles and their keys; whoever holds the key `test` may do everything. */
  readonly access: Access;
  /** Where messages to email subscribers go, one file each. */
  readonly outboxDir: string;
  /** Serves them as Lambda, and lets topics deliver to them. Whoever made them closes them. */
  useFunctions(functions: Functions): void;
  /** Serves one more service: requests whose credential scope has that name. */
  mount(name: string, service: Service): void;
  /** Takes no more requests, lets those under way finish, and closes every service that it opened. */
  close(): Promise<void>;
}

export type StartOptions = EmulatorOptions & {
  /** The clock that signatures are held against, epoch milliseconds: the clients' own, so the wall clock unless given. */
  readonly signatureClock?: () => number;
  /** Takes the buckets' events in place of the emulator's queues; for tests. */
  readonly eventQueues?: Pick<Queues, 'send'>;
  /** Milliseconds between attempts of one of a topic's deliveries: one attempt more than there are pauses. */
  readonly retryPauses?: readonly number[];
};

/** @throws Error where the port is taken, or another emulator uses the folder */
export async function startEmulator(options: StartOptions): Promise<Emulator> {
  const { dataDir, region, log, signatureClock = Date.now } = options;
  const outboxDir = join(dataDir, 'outbox');
  let functions: Functions | undefined;
  /** What was opened, and is closed in the opposite order. */
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  const open = <T extends { close(): Promise<void> }>(service: T): T => {
    opened.push(() => service.close());
    return service;
  };

  const access = createAccess(log);
  const lock = lockFolder(dataDir);
  opened.push(async () => lock.release());
  try {
    let server: Server | undefined;
    const shared = { ...options, origin: () => server?.url ?? '' };
    const queues = open(await createQueues(shared));
    const invokeLambda = (arn: string, event: unknown) => deliverToFunction(functions, arn, event);
    const topics = open(await createTopics({ ...shared, queues, outboxDir, invokeLambda }));
    const buckets = open(createBuckets({ ...options, queues: options.eventQueues ?? queues }));
    const secrets = open(createSecrets(options));
    server = open(
      await startServer({ port: options.port, host: options.host, region, access, log, signatureClock }),
    );
    const services = { s3: buckets, sns: topics, sqs: queues, sts: createSts(), secretsmanager: secrets };
    for (const [name, service] of Object.entries(services)) server.mount(name, service);
    const { url, mount } = server;
    const useFunctions = (added: Functions): void => {
      functions = added;
      mount('lambda', added);
      mount('function-url', { handle: (request) => added.handleUrl(request), close: async () => {} });
    };
    const made = { buckets, queues, topics, secrets, access };
    return { url, region, ...made, outboxDir, useFunctions, mount, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function deliverToFunction(
  functions: Functions | undefined,
  arn: string,
  event: unknown,
): Promise<void> {
  if (functions === undefined)
    throw new AwsError('ResourceNotFoundException', 404, `No functions are deployed, so not ${arn}`);
  const { functionError, payload } = await functions.invoke(arn, event);
  if (functionError !== undefined) throw new Error(`${arn} failed: ${JSON.stringify(payload)}`);
}
