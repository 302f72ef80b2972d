import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { FunctionConfig, InvocationResult } from '../../../../../infra/local/lambda/function-config.ts';
import { openFunctionPool } from '../../../../../infra/local/lambda/function-pool.ts';
import { createFunctionFolder, isRunning } from '../../../../helpers/local-functions.ts';
import { until } from '../../../../helpers/until.ts';

const folder = createFunctionFolder();
after(() => folder.remove());

async function invokeOnce(config: FunctionConfig, event: unknown): Promise<InvocationResult> {
  const pool = openFunctionPool(config, folder.host);
  try {
    return await pool.invoke(JSON.stringify(event));
  } finally {
    await pool.close();
  }
}

async function failureOf(config: FunctionConfig, event: unknown = {}): Promise<Record<string, string>> {
  const result = await invokeOnce(config, event);
  assert.equal(result.functionError, 'Unhandled');
  return JSON.parse(result.payload) as Record<string, string>;
}

describe('an execution environment', () => {
  for (const [extension, source] of [
    ['.mjs', 'export const handler = async (event) => ({ doubled: event.n * 2 });'],
    ['.cjs', 'exports.handler = async (event) => ({ doubled: event.n * 2 });'],
    ['.js', 'exports.handler = async (event) => ({ doubled: event.n * 2 });'],
  ] as const)
    it(`runs a handler of a ${extension} module`, async () => {
      const config = folder.add(`module${extension.slice(1)}`, source, { extension });
      const { payload, functionError } = await invokeOnce(config, { n: 21 });
      assert.deepEqual([JSON.parse(payload), functionError], [{ doubled: 42 }, undefined]);
    });

  it('answers null for a handler that returns nothing', async () => {
    const config = folder.add('nothing', 'export const handler = async () => {};');
    assert.equal((await invokeOnce(config, {})).payload, 'null');
  });

  it('gives the handler its context', async () => {
    const source = `export const handler = async (event, context) =>
      ({ ...context, remaining: context.getRemainingTimeInMillis() });`;
    const config = folder.add('context', source, { timeoutSeconds: 30, memoryMb: 512 });
    const { payload, requestId } = await invokeOnce(config, {});
    const { remaining, logStreamName, ...context } = JSON.parse(payload);
    assert.ok(remaining > 0 && remaining <= 30_000, `${remaining} ms`);
    assert.match(logStreamName, /^\[\$LATEST\][0-9a-f]{32}$/);
    assert.deepEqual(context, {
      functionName: 'context',
      functionVersion: '$LATEST',
      invokedFunctionArn: config.arn,
      memoryLimitInMB: '512',
      awsRequestId: requestId,
      logGroupName: '/aws/lambda/context',
    });
  });

  it('has the variables of the template and of Lambda, and none of the machine', async () => {
    process.env['TIDEWATCH_TEST_LEAK'] = 'seen';
    const source =
      'export const handler = async () => ({ env: process.env, cwd: process.cwd(), argv: process.execArgv });';
    const config = folder.add('variables', source, {
      environment: { TIDEWATCH_BUCKET: 'data' },
      memoryMb: 1000,
    });
    const { env, cwd, argv } = JSON.parse((await invokeOnce(config, {})).payload);
    delete process.env['TIDEWATCH_TEST_LEAK'];
    assert.equal(env.TIDEWATCH_BUCKET, 'data');
    assert.equal(env.AWS_ENDPOINT_URL, folder.host.endpoint);
    assert.equal(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, '1000');
    assert.equal(env._HANDLER, 'functions/main.handler');
    assert.equal(env.LAMBDA_TASK_ROOT, config.codeDir);
    assert.equal(env.TIDEWATCH_TEST_LEAK, undefined);
    assert.equal(cwd, config.codeDir);
    // 90 % and 5 % of the memory, as AWS's own runtime sets them.
    assert.deepEqual(argv, ['--max-old-space-size=900', '--max-semi-space-size=50']);
  });

  it('reports what a handler throws', async () => {
    const source = `class StepError extends Error { name = 'StepError' }
      export const handler = async (event) => { throw event.plain ? 'plain' : new StepError('step 3') };`;
    const config = folder.add('throws', source);
    const { errorType, errorMessage, trace } = await failureOf(config);
    assert.deepEqual([errorType, errorMessage], ['StepError', 'step 3']);
    assert.match(trace?.[0] ?? '', /StepError: step 3/);
    const plain = await failureOf(config, { plain: true });
    assert.deepEqual([plain['errorType'], plain['errorMessage']], ['string', 'plain']);
  });

  it('reports why it could not start', async () => {
    const broken = folder.add('broken', 'throw new Error("TIDEWATCH_BUCKET is not set");');
    assert.equal((await failureOf(broken))['errorMessage'], 'TIDEWATCH_BUCKET is not set');
    const nameless = folder.add('nameless', 'export const other = 1;');
    assert.equal((await failureOf(nameless))['errorType'], 'Runtime.HandlerNotFound');
    const missing = folder.add('missing', '', { handler: 'functions/other.handler' });
    assert.equal((await failureOf(missing))['errorType'], 'Runtime.ImportModuleError');
    const leaving = folder.add('leaving', 'process.exit(3);');
    assert.match((await failureOf(leaving))['errorMessage'] ?? '', /exit status 3$/);
    const callback = folder.add('callback', 'export const handler = (event, context, done) => done();');
    assert.equal((await failureOf(callback))['errorType'], 'Runtime.CallbackHandlerDeprecated');
  });

  it('fails the invocation during which its process ends', async () => {
    const exits = folder.add('exits', 'export const handler = async () => process.exit(7);');
    const exit = await failureOf(exits);
    assert.equal(exit['errorType'], 'Runtime.ExitError');
    assert.match(exit['errorMessage'] ?? '', /exit status 7$/);
    const source = `export const handler = async () => {
      setImmediate(() => { throw new Error('later') });
      await new Promise(() => {});
    };`;
    const uncaught = await failureOf(folder.add('uncaught', source));
    assert.deepEqual(
      [uncaught['errorType'], uncaught['errorMessage']],
      ['Runtime.UncaughtException', 'later'],
    );
    const memory = folder.add(
      'memory',
      'export const handler = async () => { const a = []; for (;;) a.push([...Array(999)]) };',
      { memoryMb: 128 },
    );
    assert.equal((await failureOf(memory))['errorType'], 'Runtime.ExitError');
  });

  for (const [kind, body] of [
    ['waits', 'await new Promise(() => setInterval(() => {}, 1e6))'],
    ['computes', 'for (;;);'],
  ] as const)
    it(`kills a handler that ${kind} for longer than its timeout`, async () => {
      const source = `export const handler = async () => { console.log('pid', process.pid); ${body} };`;
      const config = folder.add(`late${kind}`, source, { timeoutSeconds: 1 });
      const pool = openFunctionPool(config, folder.host);
      const result = await pool.invoke('{}');
      assert.match(result.payload, /"Sandbox\.Timedout".*Task timed out after 1\.00 seconds/);
      await until(() => /pid \d+/.test(folder.readLog(config.name)));
      const pid = Number(/pid (\d+)/.exec(folder.readLog(config.name))?.[1]);
      await pool.close();
      assert.equal(isRunning(pid), false);
    });

  it('logs what the function prints, with the lines that AWS puts around it', async () => {
    const source = `console.log('starting');
      export const handler = async () => { console.error('careful %d', 5); process.stdout.write('{"raw":1}\\n'); };`;
    const { requestId } = await invokeOnce(folder.add('talks', source), {});
    const log = folder.readLog('talks');
    assert.match(log, /^\S+Z\tinit\tINFO\tstarting$/m);
    assert.match(log, new RegExp(`^START RequestId: ${requestId} Version: \\$LATEST$`, 'm'));
    assert.match(log, new RegExp(`^\\S+Z\\t${requestId}\\tERROR\\tcareful 5$`, 'm'));
    assert.match(log, /^\{"raw":1\}$/m);
    assert.match(
      log,
      new RegExp(`^REPORT RequestId: ${requestId}\\t.*\\tInit Duration: \\d+\\.\\d\\d ms$`, 'm'),
    );
    assert.ok(folder.lines.includes('{"raw":1}'));
  });

  it('does not outlive the emulator, not even in the middle of a computation', async () => {
    const source = `export const handler = async () => { console.log('pid', process.pid); for (;;); };`;
    const config = folder.add('orphan', source);
    const program = `
      import { openFunctionPool } from ${JSON.stringify(import.meta.resolve('../../../../../infra/local/lambda/function-pool.ts'))};
      const host = { ...${JSON.stringify(folder.host)}, onLog: ({ text }) => console.log(text) };
      await openFunctionPool(${JSON.stringify(config)}, host).invoke('{}');`;
    const emulator = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    emulator.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await until(() => /pid \d+/.test(output) || emulator.exitCode !== null);
    const pid = Number(/pid (\d+)/.exec(output)?.[1]);
    assert.ok(isRunning(pid));
    emulator.kill('SIGKILL');
    await once(emulator, 'exit');
    await until(() => !isRunning(pid));
  });
});
