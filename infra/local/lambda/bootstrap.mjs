// What runs inside an execution environment, in place of AWS's Node.js runtime client: loads the handler from the
// unzipped package and feeds it invocations from the Lambda Runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Plain JavaScript and no fetch, so that a cold
// start measures the function and not this file.
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { Worker } from 'node:worker_threads';

const RUNTIME = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const LEVELS = { debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', trace: 'TRACE' };
/** Descriptor 3 is a pipe from the emulator that nobody writes to: its end means that the emulator is gone. */
const WATCH_EMULATOR = `
  const { Socket } = require('node:net');
  const die = () => process.kill(process.pid, 'SIGKILL');
  new Socket({ fd: 3 }).on('close', die).on('error', die).resume();`;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let requestId = '';

// On a thread of its own, since a handler that computes without a pause keeps this one's event loop from noticing.
new Worker(WATCH_EMULATOR, { eval: true }).unref();
prefixConsole();
process.on('uncaughtException', (error) => fail('Runtime.UncaughtException', error));
process.on('unhandledRejection', (reason) => fail('Runtime.UnhandledPromiseRejection', reason));

const handler = await loadHandler().catch(async (error) => {
  console.error(error);
  await post('/init/error', describe(error));
  process.exit(1);
});
for (;;) await handleNext();

async function handleNext() {
  const { headers, body } = await call('GET', '/invocation/next');
  requestId = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  const left = Number(headers['lambda-runtime-deadline-ms']) - Date.now();
  const begun = performance.now();
  const context = {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    // By the time that passes, whatever the clock is set to.
    getRemainingTimeInMillis: () => left - (performance.now() - begun),
  };
  try {
    const result = await handler(JSON.parse(body), context);
    await call('POST', `/invocation/${requestId}/response`, JSON.stringify(result) ?? 'null');
  } catch (error) {
    console.error(error);
    await post(`/invocation/${requestId}/error`, describe(error));
  }
}

/** `functions/score.handler` is the export `handler` of functions/score.js, .mjs or .cjs. */
async function loadHandler() {
  const [, moduleName, exportName] = /^([^.]+)\.(.+)$/.exec(basename(process.env._HANDLER)) ?? [];
  const folder = join(process.env.LAMBDA_TASK_ROOT, dirname(process.env._HANDLER));
  const file = ['.js', '.mjs', '.cjs'].map((end) => join(folder, moduleName + end)).find(existsSync);
  if (file === undefined)
    throw named('Runtime.ImportModuleError', `Cannot find module '${moduleName}' in ${folder}`);
  const module = await import(pathToFileURL(file).href);
  const found = module[exportName] ?? module.default?.[exportName];
  if (typeof found !== 'function')
    throw named('Runtime.HandlerNotFound', `${process.env._HANDLER} is undefined or not a function`);
  // As the nodejs24.x runtime does: it knows no callbacks any more.
  if (found.length >= 3)
    throw named('Runtime.CallbackHandlerDeprecated', `${process.env._HANDLER} takes a callback`);
  return found;
}

async function fail(type, reason) {
  const error = describe(reason);
  console.error(reason);
  await post(requestId ? `/invocation/${requestId}/error` : '/init/error', { ...error, errorType: type });
  process.exit(129);
}

function describe(thrown) {
  if (!(thrown instanceof Error))
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return {
    errorType: thrown.name,
    errorMessage: thrown.message,
    trace: (thrown.stack ?? '').split('\n'),
  };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function post(path, error) {
  return call('POST', path, JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': error.errorType });
}

function call(method, path, body = '', headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(`${RUNTIME}${path}`, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  }).catch(() => process.exit(1)); // the emulator is gone, or is done with this environment
}

/** Lambda's text log format: time, request and level before what the function logs. */
function prefixConsole() {
  for (const [method, level] of Object.entries(LEVELS)) {
    const stream = level === 'ERROR' || level === 'WARN' ? process.stderr : process.stdout;
    console[method] = (...values) =>
      stream.write(`${new Date().toISOString()}\t${requestId || 'init'}\t${level}\t${format(...values)}\n`);
  }
}
