import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openFunctionPool } from '../../../../../infra/local/lambda/function-pool.ts';
import { createFunctionFolder, isRunning } from '../../../../helpers/local-functions.ts';
import { until } from '../../../../helpers/until.ts';

const folder = createFunctionFolder();
after(() => folder.remove());

/** Tells its process, how often that was invoked, and how many ran at once. */
const SOURCE = `let calls = 0;
  export const handler = async ({ waitMs = 0, fail }) => {
    calls++;
    if (fail) process.exit(1);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return { pid: process.pid, calls };
  };`;

async function pidAndCalls(result: Promise<{ payload: string }>): Promise<{ pid: number; calls: number }> {
  return JSON.parse((await result).payload);
}

describe('the environments of a function', () => {
  it('are used again, and replaced after a crash', async () => {
    const pool = openFunctionPool(folder.add('warm', SOURCE), folder.host);
    const first = await pidAndCalls(pool.invoke('{}'));
    const second = await pidAndCalls(pool.invoke('{}'));
    assert.deepEqual(second, { pid: first.pid, calls: 2 });
    assert.equal((await pool.invoke('{"fail":true}')).functionError, 'Unhandled');
    const third = await pidAndCalls(pool.invoke('{}'));
    assert.notEqual(third.pid, first.pid);
    assert.equal(third.calls, 1);
    await pool.close();
  });

  it('are as many as allowed and no more; the rest waits', async () => {
    for (const [reservedConcurrency, expected] of [
      [undefined, 2],
      [1, 1],
    ] as const) {
      const name = `crowd${expected}`;
      const pool = openFunctionPool(folder.add(name, SOURCE, { reservedConcurrency }), folder.host);
      const invocations = Array.from({ length: 6 }, () => pidAndCalls(pool.invoke('{"waitMs":20}')));
      assert.equal(pool.running, 6);
      const results = await Promise.all(invocations);
      assert.equal(new Set(results.map(({ pid }) => pid)).size, expected);
      assert.equal(pool.running, 0);
      await pool.close();
    }
  });

  it('are stopped when nothing comes for a while', async () => {
    const pool = openFunctionPool(folder.add('idle', SOURCE), { ...folder.host, idleMs: 1 });
    const { pid } = await pidAndCalls(pool.invoke('{}'));
    await until(() => !isRunning(pid));
    const next = await pidAndCalls(pool.invoke('{}'));
    assert.notEqual(next.pid, pid);
    await pool.close();
  });

  it('are all gone after close, with those that waited refused', async () => {
    const source = `export const handler = async () => { console.log('pid', process.pid); await new Promise(() => setInterval(() => {}, 1e6)); };`;
    const pool = openFunctionPool(folder.add('closing', source), folder.host);
    const invocations = [1, 2, 3].map(() => pool.invoke('{}').catch((error: Error) => error));
    const pids = (): number[] =>
      folder.lines.flatMap((line) => /pid (\d+)/.exec(line)?.slice(1).map(Number) ?? []);
    await until(() => pids().length === 2);
    await pool.close();
    const [first, second, third] = await Promise.all(invocations);
    for (const result of [first, second]) assert.match(JSON.stringify(result), /Runtime\.ExitError.*SIGKILL/);
    assert.match(String(third), /closing was not invoked: the emulator is closing/);
    for (const pid of pids()) assert.equal(isRunning(pid), false);
  });
});
