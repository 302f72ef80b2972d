import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { parseSchedule } from '../../../../../infra/local/schedule/expression.ts';
import { startTicker } from '../../../../../infra/local/schedule/ticker.ts';

const START = Date.parse('2026-11-22T08:30:20Z');

describe('the ticker', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START }));
  afterEach(() => mock.timers.reset());

  function ticksOf(expression: string, ms: number, stepMs: number): string[] {
    const ticks: string[] = [];
    const ticker = startTicker({ now: () => Date.now() });
    const run = () => void ticks.push(new Date(Date.now()).toISOString().slice(11, 19));
    ticker.add({ name: 'test', schedule: parseSchedule(expression), run });
    for (let passed = 0; passed < ms; passed += stepMs) mock.timers.tick(stepMs);
    ticker.close();
    mock.timers.tick(86_400_000);
    return ticks;
  }

  it('runs a schedule at its times, until it is closed', () => {
    assert.deepEqual(ticksOf('rate(1 minute)', 180_000, 1000), ['08:31:20', '08:32:20', '08:33:20']);
    assert.deepEqual(ticksOf('cron(0/30 * * * ? *)', 7_200_000, 1000).length, 4);
  });

  it('sleeps for longer than a timer can', () => {
    const days = 40 * 86_400_000;
    assert.deepEqual(ticksOf('rate(39 days)', days, 3_600_000), ['08:30:20']);
  });

  it('does not make up for times that passed while the machine slept', () => {
    const ticks: number[] = [];
    let clock = START;
    const ticker = startTicker({ now: () => clock });
    ticker.add({
      name: 'test',
      schedule: parseSchedule('rate(1 minute)'),
      run: () => ticks.push(clock - START),
    });
    clock += 600_000;
    mock.timers.tick(60_000);
    clock += 60_000;
    mock.timers.tick(60_000);
    ticker.close();
    assert.deepEqual(ticks, [600_000, 660_000]);
  });
});
