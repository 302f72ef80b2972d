/**
 * What `serverless deploy` does in an account, done here: the packaged template becomes buckets, queues, topics and
 * functions that run from their zips, fed by their queues and schedules.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import { createJobs, type Jobs } from '../batch/jobs.ts';
import { ACCOUNT_ID, type Buckets, type Queues, type Secrets, type Topics } from '../contract.ts';
import type { Access } from '../iam/access.ts';
import type { FunctionLogLine } from '../lambda/function-log.ts';
import { createFunctions, type LocalFunctions } from '../lambda/functions.ts';
import type { ManualClock } from '../manual-clock.ts';
import { startTicker } from '../schedule/ticker.ts';
import type { Created, Site } from './resources.ts';
import { createStack, readPackage } from './stack.ts';
import type { StateMachine } from './state-machines.ts';

export interface DeployOptions {
  /** What `serverless package` wrote: see package-service.ts. */
  readonly packageDir: string;
  readonly buckets: Buckets;
  readonly queues: Queues;
  readonly topics: Topics;
  readonly secrets: Secrets;
  /** Where the functions' AWS clients go: `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly region: string;
  /** Gives each function a key of its own, which acts for its role. */
  readonly access: Access;
  /** `real`: schedules tick at their times. `off`: only when `tick()` is called. */
  readonly schedules: 'off' | 'real';
  /** Each function logs into NAME.log here. */
  readonly logDir: string;
  readonly now: () => number;
  /** What the emulator has to say: messages that failed, events that were given up. */
  readonly log: (line: string) => void;
  /** Lines of the functions. */
  readonly onFunctionLog?: (line: FunctionLogLine) => void;
  /** Upper bound of the queues' visibility timeouts: how long a failed message waits. For tests; by default none. */
  readonly maxVisibilitySeconds?: number;
  /** Upper bound of how long a message waits for others of its batch. By default none, and 0 by a clock that is set by hand. */
  readonly maxBatchingSeconds?: number;
  /** Logical id of a function → upper bound of its timeout, in seconds. For tests; by default none. */
  readonly maxTimeoutSeconds?: Readonly<Record<string, number>>;
  /** Environments of one function at once; 2 by default. */
  readonly maxConcurrency?: number;
  /** What stands for the entry point of the image that jobs of AWS Batch run; without it, none starts. */
  readonly jobEntryPoint?: readonly string[];
  /** What the functions take for the time of day, where `now` is set by hand; by default the machine's. */
  readonly clock?: Pick<ManualClock, 'now' | 'file'>;
  /** How long a warm environment is kept; a minute by default. */
  readonly environmentIdleMs?: number;
}

export interface Deployment {
  readonly functions: LocalFunctions;
  /** AWS Batch, where the template has it. */
  readonly jobs: Jobs;
  /** By logical id. */
  readonly stateMachines: ReadonlyMap<string, StateMachine>;
  readonly outputs: Readonly<Record<string, string>>;
  /** Logical id → type, name, ARN, URL. */
  readonly resources: Readonly<Record<string, Created>>;
  /** @param name logical id, name, or the name's last part: `export` */
  invoke(name: string, payload: unknown): Promise<{ payload: unknown; functionError: string | undefined }>;
  /** Every enabled schedule once, one after the other, with its declared input. */
  tick(): Promise<void>;
  /** Resolves when the functions' queues are empty and nothing runs; messages that wait to be retried count. */
  idle(): Promise<void>;
  /** The same, but for messages whose time has not come: those of a clock that stands still would wait for ever. */
  settle(): Promise<void>;
  /** Kills every environment, whatever it is doing. */
  close(): Promise<void>;
}

const INVOKE = 'lambda:InvokeFunction';
/** What Lambda does with a queue in a function's name. */
const CONSUME = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;
const LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'] as const;
const IDLE_POLL_MS = 20;
/** Between a bucket, a topic and a queue there are moments in which nothing seems to go on. */
const IDLE_POLLS = 3;
/** Messages that nobody works on for so long have failed, and come back at their time. */
const FAILED_POLLS = 50;

/** @throws TemplateError where the template needs what is not emulated */
export async function deployTemplate(options: DeployOptions): Promise<Deployment> {
  const { queues, region, access, endpoint } = options;
  const { template, stackName } = readPackage(options.packageDir);
  const codeDir = await mkdtemp(join(tmpdir(), 'tidewatch-functions-'));
  const ticker = startTicker({ now: options.now });
  const functions = createFunctions({
    host: {
      endpoint,
      region,
      logDir: options.logDir,
      onLog: options.onFunctionLog ?? (() => {}),
      maxConcurrency: options.maxConcurrency ?? 2,
      idleMs: options.environmentIdleMs ?? 60_000,
      ...(options.clock !== undefined && { clock: options.clock }),
    },
    queues,
    now: options.now,
    log: options.log,
  });
  const jobs = createJobs({
    host: { entryPoint: options.jobEntryPoint ?? [], endpoint, region, logDir: options.logDir },
    queues,
    now: options.now,
    log: options.log,
  });
  const site: Site = {
    ...options,
    jobs,
    jobLogs: [],
    stackName,
    maxVisibilitySeconds: options.maxVisibilitySeconds ?? Number.POSITIVE_INFINITY,
    // Where the clock stands still, nothing more comes.
    maxBatchingSeconds:
      options.maxBatchingSeconds ?? (options.clock === undefined ? Number.POSITIVE_INFINITY : 0),
    maxTimeoutSeconds: options.maxTimeoutSeconds ?? {},
    roles: new Map(),
    functions: new Map(),
    functionRoles: new Map(),
    eventSources: [],
    schedules: [],
    stateMachines: new Map(),
    functionUrls: new Set(),
    publicActions: new Map(),
    async unpack(zip) {
      const dir = join(codeDir, zip.replace(/\.zip$/, ''));
      await unzip(join(options.packageDir, zip), dir);
      return dir;
    },
  };

  try {
    const { resources, outputs } = await createStack(template, site);
    for (const config of site.functions.values()) functions.create(config);
    for (const name of site.functionUrls)
      functions.addUrl(name, { isPublic: isPublic(site.publicActions.get(name) ?? []) });
    requireRuntimePermissions(site);
    for (const { functionName, mapping } of site.eventSources)
      functions.addEventSource(functionName, mapping);
    const enabled = site.schedules.filter((schedule) => schedule.enabled);
    if (options.schedules === 'real')
      for (const { name, schedule, functionArn, input, role } of enabled)
        ticker.add({
          name,
          schedule,
          run() {
            if (access.actAs(role).check(INVOKE, functionArn)) functions.invokeLater(functionArn, input);
          },
        });

    return {
      functions,
      jobs,
      stateMachines: site.stateMachines,
      outputs,
      resources,
      invoke: (name, payload) => functions.invoke(nameOf(name, resources), payload),
      async tick() {
        for (const { name, functionArn, input, role } of enabled) {
          access.actAs(role).require(INVOKE, functionArn);
          const result = await functions.invoke(functionArn, input);
          if (result.functionError !== undefined)
            throw new Error(`schedule ${name}: ${JSON.stringify(result.payload)}`);
        }
      },
      async idle() {
        for (let quiet = 0; quiet < IDLE_POLLS; quiet = isBusy(functions, queues, jobs) ? 0 : quiet + 1)
          await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
      },
      async settle() {
        for (let quiet = 0; ; ) {
          await new Promise((resolve) => setTimeout(resolve, IDLE_POLL_MS));
          const { visible, inFlight } = countMessages(functions, queues);
          quiet = functions.running + jobs.running + visible > 0 ? 0 : quiet + 1;
          if (quiet >= (inFlight > 0 ? FAILED_POLLS : IDLE_POLLS)) return;
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    ticker.close();
    await jobs.close();
    await functions.close();
    await rm(codeDir, { recursive: true, force: true });
  }
}

/** Both are asked for, by function URLs that were made since October 2025. */
function isPublic(actions: readonly string[]): boolean {
  return [INVOKE, 'lambda:InvokeFunctionUrl'].every((action) => actions.includes(action));
}

/** What Lambda itself does in a function's name. As in AWS, a queue that may not be read fails the deployment. */
function requireRuntimePermissions(site: Site): void {
  const { access, functionRoles, eventSources, region, jobLogs } = site;
  for (const { role, stream } of jobLogs) for (const action of LOG) access.actAs(role).check(action, stream);
  for (const [name, role] of functionRoles) {
    const permissions = access.actAs(role);
    const stream = `arn:aws:logs:${region}:${ACCOUNT_ID}:log-group:/aws/lambda/${name}:log-stream:1`;
    for (const action of LOG) permissions.check(action, stream);
    for (const { functionName, mapping } of eventSources)
      if (functionName === name) for (const action of CONSUME) permissions.require(action, mapping.queueArn);
  }
}

function isBusy(functions: LocalFunctions, queues: Queues, jobs: Jobs): boolean {
  if (functions.running > 0 || jobs.running > 0) return true;
  const { visible, inFlight, delayed } = countMessages(functions, queues);
  return visible + inFlight + delayed > 0;
}

/** Of all queues that functions consume. */
function countMessages({ sources }: LocalFunctions, queues: Queues): ReturnType<Queues['depth']> {
  const depths = sources.map((arn) => queues.depth(arn));
  const sum = (kind: keyof ReturnType<Queues['depth']>): number =>
    depths.reduce((all, depth) => all + depth[kind], 0);
  return { visible: sum('visible'), inFlight: sum('inFlight'), delayed: sum('delayed') };
}

function nameOf(given: string, resources: Readonly<Record<string, Created>>): string {
  const functions = Object.entries(resources).filter(([, { type }]) => type === 'AWS::Lambda::Function');
  const found = functions.find(([id, { ref }]) => id === given || ref === given || ref.endsWith(`-${given}`));
  if (found) return found[1].ref;
  throw new Error(`no function ${given}; there are ${functions.map(([, { ref }]) => ref).join(', ')}`);
}

/** Writes every file of a zip under `dir`. Entries that would leave it are an error of the zip reader. */
async function unzip(file: string, dir: string): Promise<void> {
  const zip = await openPromise(file);
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    const target = join(dir, entry.fileName);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await buffer(await zip.openReadStreamPromise(entry)));
  }
}
