import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { openFunctionPool } from '../../../../infra/local/lambda/function-pool.ts';
import { createManualClock } from '../../../../infra/local/manual-clock.ts';
import { createFunctionFolder } from '../../../helpers/local-functions.ts';

const START = Date.UTC(2026, 10, 9);
const HOUR = 3_600_000;

const folder = createFunctionFolder();
after(() => folder.remove());

describe('a clock that is set by hand', () => {
  it('stands still, and is set to a later time alone', () => {
    const clock = createManualClock(START);
    clock.set(START + 1);
    assert.equal(clock.now(), START + 1);
    assert.equal(readFileSync(clock.file, 'utf8'), String(START + 1));
    assert.throws(() => clock.set(START), /shows 1794182400001, and cannot be set to 1794182400000/);
    assert.throws(() => clock.set(START + 1.5), /cannot be set to 1794182400001.5/);
    clock.close();
    assert.equal(existsSync(clock.file), false);
  });

  it('is what a function and its threads take for the time of day, at each invocation', async () => {
    const clock = createManualClock(START);
    const source = `import { Worker } from 'node:worker_threads';
      const code = 'import { parentPort } from "node:worker_threads"; parentPort.postMessage(Date.now());';
      const ask = () => new Promise((resolve) => {
        new Worker(new URL('data:text/javascript,' + code)).once('message', resolve);
      });
      export const handler = async () => {
        const date = new Date();
        return {
          times: [Date.now(), date.getTime(), Date.parse(Date()), new date.constructor().getTime(), await ask()],
          isDate: date instanceof Date,
          given: new Date(0).toISOString(),
        };
      };`;
    const pool = openFunctionPool(folder.add('dated', source), { ...folder.host, clock });
    after(() => pool.close());
    for (const time of [START, START + HOUR]) {
      clock.set(time);
      const { payload } = await pool.invoke('{}');
      assert.deepEqual(JSON.parse(payload), {
        times: [time, time, time, time, time],
        isDate: true,
        given: '1970-01-01T00:00:00.000Z',
      });
    }
    clock.close();
  });

  it('leaves an invocation the time that really passes', async () => {
    const clock = createManualClock(START);
    const source = `export const handler = async (event, { getRemainingTimeInMillis }) => {
      const before = getRemainingTimeInMillis();
      while (getRemainingTimeInMillis() === before) await new Promise((resolve) => setTimeout(resolve, 1));
      return { before, after: getRemainingTimeInMillis() };
    };`;
    const pool = openFunctionPool(folder.add('patient', source), { ...folder.host, clock });
    const { before, after } = JSON.parse((await pool.invoke('{}')).payload);
    assert.ok(after < before && before <= 60_000, `${before}, then ${after}`);
    await pool.close();
    clock.close();
  });
});
