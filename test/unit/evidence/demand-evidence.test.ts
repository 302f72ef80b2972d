/** A sale, a runaway loop and an outage of customers, of a service whose CPU follows its requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { gatherEvidence } from '../../../lib/evidence/evidence.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const STEP = 300_000;
const DAY_ROWS = 288;
const TRAINED = 7 * DAY_ROWS;
/** Rows of the last day in which something happens: an hour around noon. */
const FROM = TRAINED + 144;
const TO = FROM + 12;
const LEAST_CHANGES = () => new Float64Array(2);

interface Drawn {
  /** What each is multiplied by within the hour. */
  readonly requests: number;
  readonly cpu: number;
  /** Share of the way to what is asked that CPU goes with a row, as what fills and empties does; left out: all of it. */
  readonly follows?: number;
  /** CPU is the less the more is asked, as what is idle. */
  readonly falls?: boolean;
}

function draw({ requests, cpu, follows = 1, falls = false }: Drawn): FeatureMatrix {
  const random = seedRandom(1);
  let load = 0.4;
  const values = Array.from({ length: TRAINED + DAY_ROWS }, (_, row) => {
    const isOn = row >= FROM && row < TO;
    const season = 1 - 0.6 * Math.cos((2 * Math.PI * row) / DAY_ROWS);
    const asked = season * (1 + 0.02 * (random.nextFloat() - 0.5)) * (isOn ? requests : 1);
    load += follows * (asked - load);
    return [
      asked,
      (falls ? 5 - load : 0.2 + load) * (1 + 0.02 * (random.nextFloat() - 0.5)) * (isOn ? cpu : 1),
    ];
  });
  return {
    names: ['requests_per_second', 'pod_cpu_usage'],
    entities: ['web'],
    entityOf: new Uint32Array(values.length),
    times: Float64Array.from(values, (_, row) => row * STEP),
    values: Float32Array.from(values.flat()),
  };
}

/** Largest evidence of the metrics within the hour and `after` rows of it. */
function judge(given: Drawn & { readonly after?: number }, watched: 'below' | 'both'): number {
  const x = draw(given);
  const learned = Uint8Array.from(x.times, (_, row) => Number(row < TRAINED));
  const scores = new Float64Array(x.times.length).map((_, row) => (row * 7919) % 97);
  const half = (row: number): boolean => row < TRAINED / 2;
  const folds = [half, (row: number) => !half(row)].map((isJudged) => ({
    x,
    scores,
    leastChanges: LEAST_CHANGES,
    learned: learned.map((is, row) => (isJudged(row) ? 0 : is)),
    judged: learned.map((is, row) => (isJudged(row) ? is : 0)),
  }));
  const fitted = calibrateEvidence({
    whole: { x, scores, learned },
    folds,
    settings: {
      step: STEP,
      settleAfter: 3 * 3_600_000,
      budget: { count: 1, per: 7 * 86_400_000 },
      leastChanges: LEAST_CHANGES,
      directions: [watched, 'both'],
    },
  });
  const { metrics } = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges: LEAST_CHANGES });
  return Math.max(...metrics.subarray(FROM, TO + (given.after ?? 0)));
}

test('a sale that everything follows says nothing, CPU alone does, and customers who stay away do', () => {
  assert.ok(judge({ requests: 1.5, cpu: 1 }, 'below') < 1);
  assert.ok(judge({ requests: 1, cpu: 1.5 }, 'below') > 2);
  assert.ok(judge({ requests: 1.5, cpu: 1.5 }, 'below') > 2);
  assert.ok(judge({ requests: 0.4, cpu: 1 }, 'below') > 2);
});

test('what falls while more is asked is explained by it, too', () => {
  const sale = { requests: 1.5, follows: 0.2, after: 36, falls: true };
  assert.ok(judge({ ...sale, cpu: 1 }, 'below') < 1);
  assert.ok(judge({ ...sale, cpu: 0.5 }, 'below') > 2);
});

test('nor does what fills during a sale and is still full after it, and what stays full does', () => {
  const sale = { requests: 2, follows: 0.2, after: 36 };
  assert.ok(judge({ ...sale, cpu: 1 }, 'below') < 1);
  assert.ok(judge({ ...sale, cpu: 1.5 }, 'below') > 2);
});

test('who wants to hear of more requests, too, hears of them', () => {
  assert.ok(judge({ requests: 1.5, cpu: 1 }, 'both') > 2);
});
