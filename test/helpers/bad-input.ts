/** Data that no model is made for, and every model has to live with. */
import { seedRandom } from '../../lib/maths/random.ts';

export interface BadInput {
  readonly train: readonly (readonly number[])[];
  /** What comes next is of the same kind, then one row with another first value. */
  readonly next: readonly (readonly number[])[];
  readonly odd: number;
}

/** Beside what has tests of its own in the suite of all models: constants, short windows, gaps. */
export const BAD_INPUT: Readonly<Record<string, BadInput>> = {
  'two values only': makeBadInput(100, ({ coin }) => [coin(0.3), coin(0.05)]),
  'one spike in a flat line': makeBadInput(50, ({ row, coin }) => [row === 321 ? 9 : 0, coin(0.5)]),
  'nine values in ten missing': makeBadInput(60, ({ noise, coin }) =>
    [noise(), noise()].map((value) => (coin(0.9) === 1 ? NaN : value)),
  ),
  'negative and huge values': makeBadInput(1e18, ({ row, noise }) => [
    (row % 97 === 5 ? -1e17 : 1) * noise(),
    -1e9 + 1e6 * noise(),
  ]),
  'shorter than its season': makeBadInput(50, ({ row, noise }) => [
    5 * Math.sin((2 * Math.PI * row) / 1500) + noise(),
    noise(),
  ]),
  'a season that changed': makeBadInput(50, ({ row, noise }) => [
    (row < 400 ? 2 : 5) * Math.sin((2 * Math.PI * row) / 60 + (row < 400 ? 0 : Math.PI / 2)) + 0.3 * noise(),
    noise(),
  ]),
  'not stationary to the end': makeBadInput(500, ({ row, noise }) => [
    row / 50 + noise(),
    noise() * (1 + row / 500),
  ]),
};

interface Draws {
  readonly row: number;
  /** Bell-shaped, -1.5 to 1.5. */
  noise(): number;
  /** 1 with that probability, else 0. */
  coin(share: number): number;
}

/** 1,000 rows, of which the first 800 are fitted on. */
function makeBadInput(odd: number, draw: (draws: Draws) => readonly number[]): BadInput {
  const random = seedRandom(33);
  const noise = (): number => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
  const coin = (share: number): number => Number(random.nextFloat() < share);
  const rows = Array.from({ length: 1000 }, (_, row) => draw({ row, noise, coin }));
  return { train: rows.slice(0, 800), next: rows.slice(800), odd };
}
