/**
 * `npm run emulator -- --port 9000 --data DIR`: the emulator alone, for any client that speaks to AWS; with `--functions`, what
 * serverless.yml declares on it: a deployment on this machine, that goes on with what DIR holds.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { startEmulator } from './emulator.ts';
import { ACCESS_KEY_ID, SECRET_ACCESS_KEY } from './iam/access.ts';
import { startLocalService } from './local-service.ts';

interface Flags {
  readonly port: number;
  readonly dataDir: string;
  readonly region: string;
  readonly host: string;
  readonly quiet: boolean;
  /** Undefined: the emulator alone. */
  readonly params: Readonly<Record<string, string>> | undefined;
}

/** What is started, and what its user has to know of it. */
interface Started {
  readonly url: string;
  readonly about: string;
  close(): Promise<void>;
}

class UsageError extends Error {}

const HOSTS = ['127.0.0.1', '0.0.0.0'];

const USAGE = `usage: npm run emulator -- [--port 9000] --data DIR [--functions [--param NAME=VALUE]…]
                           [--region us-east-1] [--host 127.0.0.1] [--quiet]

Serves S3, SQS, SNS, STS and Secrets Manager on 127.0.0.1 and keeps everything in DIR.

  --port PORT      0 to 65535; 0 takes a free one (default 9000)
  --data DIR       where everything is kept; created where it is missing
  --functions      with what serverless.yml declares: functions, queues, topics and schedules, by the clock
  --param N=V      a parameter of serverless.yml, such as prometheusUrl=http://localhost:9090; may be repeated
  --region REGION  the one region (default us-east-1)
  --host ADDRESS   that it listens on: 127.0.0.1 (default), or 0.0.0.0 inside of a container
  --quiet          no line for each request
  --help           this text

exit codes: 0 stopped by SIGINT or SIGTERM, 1 could not start, 2 bad flags`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let flags: Flags | undefined;
  try {
    flags = parseFlags(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (flags === undefined) {
    console.log(USAGE);
    return 0;
  }
  try {
    await run(flags);
    return 0;
  } catch (error) {
    console.error(explain(error, flags));
    return 1;
  }
}

async function run(flags: Flags): Promise<void> {
  const stopped = new Promise<void>((stop) => {
    // Not once: a terminal and `npm` may both send it, and the second must not cut the closing short.
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop());
  });
  const { url, about, close } = await start(flags);
  const { dataDir, region } = flags;
  console.log(`Emulating AWS on ${url}, data in ${dataDir}. For a client:

export AWS_ENDPOINT_URL=${url}
export AWS_ACCESS_KEY_ID=${ACCESS_KEY_ID}
export AWS_SECRET_ACCESS_KEY=${SECRET_ACCESS_KEY}
export AWS_REGION=${region}
export AWS_DEFAULT_REGION=${region}
${about}
Ctrl-C stops it.`);
  await stopped;
  await close();
}

async function start(flags: Flags): Promise<Started> {
  const { port, dataDir, region, host, quiet, params } = flags;
  const log = quiet ? () => {} : (line: string) => console.error(line);
  if (params === undefined) {
    const emulator = await startEmulator({ port, dataDir, region, host, now: Date.now, log });
    return { url: emulator.url, about: '', close: () => emulator.close() };
  }
  const service = await startLocalService({
    port,
    dataDir,
    region,
    host,
    params,
    schedules: 'real',
    // The sources may be another user's.
    packageCacheDir: join(dataDir, 'package'),
    log,
  });
  const { DataBucketName, AlertTopicArn } = service.deployment.outputs;
  return {
    url: service.emulator.url,
    about: `export TIDEWATCH_BUCKET=${DataBucketName}

Alerts go to ${AlertTopicArn}, logs of the functions to ${join(dataDir, 'logs')}.
`,
    close: () => service.close(),
  };
}

/** Undefined where help is asked for. @throws UsageError */
function parseFlags(args: readonly string[]): Flags | undefined {
  const values = readArgs(args);
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new UsageError(`--port must be a whole number from 0 to 65535, not ${JSON.stringify(values.port)}`);
  if (values.data === undefined || values.data === '')
    throw new UsageError('--data is missing: the folder in which everything is kept');
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(values.region))
    throw new UsageError(`--region must look like us-east-1, not ${JSON.stringify(values.region)}`);
  if (!HOSTS.includes(values.host))
    throw new UsageError(`--host must be one of ${HOSTS.join(' and ')}, not ${JSON.stringify(values.host)}`);
  if (values.param.length > 0 && !values.functions)
    throw new UsageError('--param is of serverless.yml, which --functions deploys');
  const params = Object.fromEntries(values.param.map(readParam));
  return {
    port,
    dataDir: resolve(values.data),
    region: values.region,
    host: values.host,
    quiet: values.quiet,
    params: values.functions ? params : undefined,
  };
}

function readParam(text: string): readonly [string, string] {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--param must look like NAME=VALUE, not ${JSON.stringify(text)}`);
  return [name, value];
}

function readArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '9000' },
        data: { type: 'string' },
        region: { type: 'string', default: 'us-east-1' },
        host: { type: 'string', default: '127.0.0.1' },
        functions: { type: 'boolean', default: false },
        param: { type: 'string', multiple: true, default: [] },
        quiet: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function explain(error: unknown, { port, dataDir }: Flags): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return `port ${port} is in use: give another by --port, or 0 for a free one`;
  if (code === 'EACCES' && port > 0 && port < 1024)
    return `port ${port} needs privileges: give one above 1023`;
  return `cannot start on ${dataDir}: ${error instanceof Error ? error.message : String(error)}`;
}
