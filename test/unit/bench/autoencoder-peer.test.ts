/** What the peer study says of its figures, against numbers worked out by hand. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  judge,
  MEASURES,
  pairWith,
  spreadOverSeeds,
  summarizePairs,
} from '../../../bench/autoencoder-peer/differences.ts';
import { openOutcomes } from '../../../bench/autoencoder-peer/kept-outcomes.ts';
import { renderOutcomes } from '../../../bench/autoencoder-peer/render.ts';
import type { Outcome, Side } from '../../../bench/autoencoder-peer/sides.ts';
import { studentQuantile } from '../../../bench/autoencoder-peer/student.ts';

const [VUS_PR, , LOSS] = MEASURES;

function outcomeOf(
  side: Side,
  file: string,
  seed: number,
  { vusPr = 0, loss = 1 }: { readonly vusPr?: number; readonly loss?: number },
): Outcome {
  return { set: 'a', file, seed, side, firstLoss: 1, loss, vusPr, averagePrecision: 0 };
}

/** Differences by file: (0.2 + 0) / 2, then 0.3, then −0.1. */
const OUTCOMES: readonly Outcome[] = [
  outcomeOf('ours', 'a1', 1, { vusPr: 0.5 }),
  outcomeOf('as-ours', 'a1', 1, { vusPr: 0.3 }),
  outcomeOf('ours', 'a1', 2, { vusPr: 0.7 }),
  outcomeOf('as-ours', 'a1', 2, { vusPr: 0.7 }),
  outcomeOf('ours', 'a2', 1, { vusPr: 0.4 }),
  outcomeOf('as-ours', 'a2', 1, { vusPr: 0.1 }),
  outcomeOf('ours', 'a3', 1, { vusPr: 0.1 }),
  outcomeOf('as-ours', 'a3', 1, { vusPr: 0.2 }),
];

function isNear(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) < 1e-9, `${value}, not ${expected}`);
}

test('a file counts once, however many its seeds', () => {
  const summary = summarizePairs(pairWith(OUTCOMES, 'as-ours'), VUS_PR!);
  assert.deepEqual([summary.files, summary.pairs, summary.better, summary.worse], [3, 4, 2, 1]);
  isNear(summary.mean, 0.1);
  // Deviation 0.2 of three files: a standard error of 0.2 / √3, and 4.303 of them to either end.
  isNear(summary.high - summary.mean, (4.303 * 0.2) / Math.sqrt(3));
  isNear(summary.mean - summary.low, (4.303 * 0.2) / Math.sqrt(3));
});

test('a seed without its pair, and a side that was not fitted, have no part', () => {
  assert.equal(pairWith([...OUTCOMES, outcomeOf('ours', 'a3', 2, { vusPr: 1 })], 'as-ours').length, 4);
  assert.deepEqual(pairWith(OUTCOMES, 'in-step'), []);
});

test('a loss is compared in percent, and lower is better', () => {
  const pairs = pairWith(
    ['b1', 'b2'].flatMap((file) => [
      outcomeOf('ours', file, 1, { loss: 0.9 }),
      outcomeOf('as-ours', file, 1, { loss: 1 }),
    ]),
    'as-ours',
  );
  const summary = summarizePairs(pairs, LOSS!);
  isNear(summary.mean, -10);
  assert.deepEqual([summary.better, summary.worse], [2, 0]);
  assert.equal(judge(summary, LOSS!), 'better');
});

for (const [low, high, said] of [
  [0.001, 0.03, 'better'],
  [-0.019, 0.001, 'no worse than by 0.02'],
  [-0.021, 0.001, 'within noise, which is wider than 0.02'],
  [-0.019, -0.001, 'worse, by less than 0.02'],
  [-0.021, -0.001, 'worse'],
] as const)
  test(`${low} to ${high}: ${said}`, () => {
    const summary = { files: 3, pairs: 3, mean: (low + high) / 2, low, high, better: 0, worse: 0 };
    assert.equal(judge(summary, VUS_PR!), said);
  });

test('the spread over seeds is that within a file, and files of one seed have none', () => {
  const ours = OUTCOMES.filter(({ side }) => side === 'ours');
  isNear(
    spreadOverSeeds(ours, ({ vusPr }) => vusPr),
    0.2 / Math.SQRT2,
  );
  assert.ok(Number.isNaN(spreadOverSeeds(ours.slice(2), ({ vusPr }) => vusPr)));
});

test('Student’s quantiles go on smoothly beyond the table', () => {
  assert.ok(Number.isNaN(studentQuantile(0)));
  assert.equal(studentQuantile(19), 2.093);
  assert.ok(Math.abs(studentQuantile(31) - 2.0395) < 0.004);
  assert.ok(Math.abs(studentQuantile(120) - 1.9799) < 0.004);
});

test('an interrupted study finds what it had, for the same settings alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'autoencoder-peer-'));
  try {
    const path = join(folder, 'kept.jsonl');
    const [first, second] = OUTCOMES;
    const fit = { file: 'a1', seed: 1, side: 'ours' } as const;
    assert.equal(openOutcomes(path, { hidden: 8 }).find(fit), undefined);
    openOutcomes(path, { hidden: 8 }).add(first!);
    openOutcomes(path, { hidden: 8 }).add(second!);
    assert.equal(readFileSync(path, 'utf8').trim().split('\n').length, 2);
    assert.deepEqual(openOutcomes(path, { hidden: 8 }).find(fit), first);
    assert.equal(openOutcomes(path, { hidden: 16 }).find(fit), undefined);
    assert.equal(openOutcomes(path, { hidden: 8 }).find({ ...fit, seed: 2 }), undefined);
    const unkept = openOutcomes(undefined, { hidden: 8 });
    unkept.add(first!);
    assert.equal(unkept.find(fit), undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the table has each peer over all files and by set', () => {
  const text = renderOutcomes(OUTCOMES);
  assert.match(text, /PyTorch, drawn as ours +all +3 \/ 4 +VUS-PR +\+0\.1000 +−0\.3969 to \+0\.5969/);
  assert.doesNotMatch(text, /in step +all/);
});
