/**
 * `npm start`: the whole service on this machine, on real data, from history to alert.
 *
 *   npm start                                            sample pods of a Kubernetes cluster
 *   npm start -- --prometheus http://localhost:9090      a live Prometheus instead
 *   npm start -- --watch                                 stays up afterwards
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type LocalService, startLocalService } from '../infra/local/local-service.ts';
import { INCIDENTS_PREFIX } from '../lib/store/keys.ts';
import type { ObjectStore } from '../lib/store/object-store.ts';
import { createS3Client, createS3ObjectStore } from '../lib/store/s3-object-store.ts';
import { type AlertFeed, openAlertFeed } from './demo/alert-feed.ts';
import type { DemoRun } from './demo/demo-run.ts';
import { goOn } from './demo/go-on.ts';
import { runLive } from './demo/live.ts';
import { SAMPLE_DETECTOR } from './demo/sample-data.ts';
import { runSamples } from './demo/samples.ts';
import { createScreen, type Screen } from './demo/screen.ts';
import { showAlert } from './demo/show-alert.ts';
import { sayOfLog } from './demo/tell-logs.ts';

const USAGE = `usage: npm start -- [--prometheus URL] [--watch] [--port PORT] [--data DIR] [--verbose]

  --prometheus URL  watch this Prometheus instead of the sample data
  --watch           stay up: drop files, subscribe, look around; Ctrl-C ends it
  --port PORT       of the emulator, and of the links in alerts; a free one by default
  --data DIR        keep everything in DIR, and go on with what an earlier start kept there; without it .tidewatch/demo,
                    emptied at each start
  --verbose         print the functions' log lines
`;

const ROOT = join(import.meta.dirname, '..');
const DEFAULT_DATA_DIR = join(ROOT, '.tidewatch/demo');

const options = readOptions();
const screen = createScreen();
/** From then on, what becomes of each file is told. */
let isWatching = false;
try {
  await main();
} catch (error) {
  console.error(`\nnpm start failed: ${error instanceof Error ? error.message : String(error)}`);
  if (options.verbose) console.error(error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  console.log('Tidewatch: anomaly detection for the metrics in a bucket.');
  screen.step('Packaging the functions and starting the local cloud');
  // What a user named is not ours to empty.
  if (options.dataDir === DEFAULT_DATA_DIR) rmSync(DEFAULT_DATA_DIR, { recursive: true, force: true });
  const service = await startLocalService({
    dataDir: options.dataDir,
    port: options.port,
    params: {
      // A day goes by in seconds here: what belongs together arrives at once, and nothing is waited for.
      groupWait: '0s',
      groupInterval: '0s',
      // All that is found is shown.
      incidentsADay: '1000',
      // Alerts link a page with buttons, served here.
      pages: 'on',
      ...(options.prometheus !== undefined && { prometheusUrl: options.prometheus }),
    },
    schedules: 'off',
    log: (line) => options.verbose && screen.say(line),
    onFunctionLog: ({ functionName, text }) => {
      const told = options.verbose ? `${functionName}: ${text}` : isWatching ? sayOfLog(text) : undefined;
      if (told !== undefined) screen.say(told);
    },
    maxVisibilitySeconds: 10,
    // Two seconds for each window of a day that is played within a minute.
    maxBatchingSeconds: 0,
  });
  Object.assign(process.env, service.environment);
  let feed: AlertFeed | undefined;
  try {
    const { outputs } = service.deployment;
    screen.say(
      `S3, SNS, SQS and Lambda at ${service.emulator.url}; the functions run from their deployment zips`,
    );
    let shown = 0;
    feed = await openAlertFeed(output(outputs, 'AlertTopicArn'), (alert) =>
      screen.show(showAlert(alert, { isFirst: shown++ === 0, isServed: options.watch })),
    );
    const bucket = output(outputs, 'DataBucketName');
    const store = createS3ObjectStore({ client: createS3Client(), bucket });
    const run = { store, deployment: service.deployment, feed, screen };
    const detector = await demonstrate(run);
    sayWhatNext(service, bucket, detector);
    await sayPages(store, bucket, feed);
    if (options.watch) {
      isWatching = true;
      await untilInterrupted(service, screen);
      isWatching = false;
    }
  } finally {
    await feed?.close();
    await service.close();
  }
}

async function demonstrate(run: DemoRun): Promise<string> {
  if (options.goesOn) return (await goOn(run, options.dataDir)) ?? SAMPLE_DETECTOR;
  return options.prometheus === undefined ? runSamples(run) : runLive(run, options.prometheus);
}

function sayWhatNext({ emulator, deployment }: LocalService, bucket: string, detector: string): void {
  screen.step('What next');
  const folder = relative(ROOT, join(options.dataDir, 's3', bucket));
  screen.say(`The bucket's files: ${folder}`);
  screen.say(
    `  duckdb -c "select entity, count(*) filter (anomalous) as anomalous_rows, max(score) as worst`,
  );
  screen.say(`             from read_parquet('${folder}/scores/**/*.parquet') group by all order by 2 desc"`);
  if (!options.watch) {
    const where = options.dataDir === DEFAULT_DATA_DIR ? '' : ` --data ${options.dataDir}`;
    screen.say(`Stay up, and follow the links of alerts: npm start -- --watch${where}`);
    screen.say('Your own metrics:    npm start -- --prometheus http://localhost:9090');
    screen.say('On AWS:              npx serverless deploy --stage prod --param=prometheusUrl=https://…');
    return;
  }
  screen.say('In another terminal:');
  screen.say(`  export AWS_ENDPOINT_URL=${emulator.url} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test`);
  // The CLI of version 1 takes the region from the second alone, and before 2.13 the endpoint from its option alone.
  screen.say('  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1');
  const aws = `aws --endpoint-url ${emulator.url}`;
  screen.say(`  export TIDEWATCH_BUCKET=${bucket}`);
  screen.say('  npx tidewatch status');
  screen.say(`  ${aws} s3 cp metrics.parquet s3://${bucket}/windows/detector=${detector}/`);
  screen.say(`  ${aws} sns subscribe --topic-arn ${output(deployment.outputs, 'AlertTopicArn')} \\`);
  screen.say(
    `      --protocol email --notification-endpoint you@example.com   # mail lands in ${relative(ROOT, join(options.dataDir, 'outbox'))}`,
  );
}

/** The newest incident's page, by which the others are found. */
async function sayPages(store: ObjectStore, bucket: string, { alerts }: AlertFeed): Promise<void> {
  let [pages, newest] = [0, ''];
  for await (const { key } of store.list(INCIDENTS_PREFIX))
    if (key.endsWith('.html')) [pages, newest] = [pages + 1, key];
  if (pages === 0) return;
  const file = relative(ROOT, join(options.dataDir, 's3', bucket, newest));
  screen.say(`A page for each of ${pages} incidents, for a browser: ${file}`);
  const link = alerts.findLast(({ links }) => links !== undefined)?.links?.page;
  if (options.watch && link !== undefined) screen.say(`Served, with buttons that answer it: ${link}`);
}

async function untilInterrupted({ deployment }: LocalService, { step, say }: Screen): Promise<void> {
  step(
    'Watching: files that are dropped are scored at once, what is scheduled runs every minute. Ctrl-C ends it',
  );
  const timer = setInterval(() => {
    deployment.tick().catch((error: unknown) => say(String(error)));
  }, 60_000);
  await new Promise<void>((resolve) => {
    // Not once: Ctrl-C reaches this from the terminal and from `npm`, and the second must not cut the closing short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve());
  });
  clearInterval(timer);
  say('stopping');
}

function output(outputs: Readonly<Record<string, string>>, name: string): string {
  const value = outputs[name];
  if (value === undefined)
    throw new Error(`the template has no output ${name}; it has ${Object.keys(outputs).join(', ')}`);
  return value;
}

function readOptions(): {
  readonly prometheus: string | undefined;
  readonly watch: boolean;
  readonly verbose: boolean;
  readonly port: number;
  readonly dataDir: string;
  /** An earlier start kept something there. */
  readonly goesOn: boolean;
} {
  try {
    const { values } = parseArgs({
      options: {
        prometheus: { type: 'string' },
        watch: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        data: { type: 'string', default: DEFAULT_DATA_DIR },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const { prometheus, watch, verbose } = values;
    if (prometheus !== undefined && !(URL.canParse(prometheus) && /^https?:/.test(prometheus)))
      throw new Error(`--prometheus ${prometheus} is no http:// or https:// URL`);
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--port ${values.port} is not 0 to 65535`);
    const dataDir = resolve(values.data);
    const isUsed = dataDir !== DEFAULT_DATA_DIR && existsSync(dataDir) && readdirSync(dataDir).length > 0;
    if (isUsed && !existsSync(join(dataDir, 's3')))
      throw new Error(`--data ${values.data} is not empty, and holds nothing that an earlier start kept`);
    return { prometheus, watch, verbose, port, dataDir, goesOn: isUsed };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
