/**
 * `npm run bench -- scale [--plot FILE.png]`: time, memory and requests of each job from 10 series to 10,000, what that costs a
 * month at three ages, alone and cut into detectors, in tables and one picture. Each size runs in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { formatTable } from '../lib/cli/table.ts';
import { DEFAULT_PRICES } from '../lib/jobs/plan/price-table.ts';
import { rasterize } from '../lib/report/drawing/rasterize.ts';
import type { JobFigures, Priced, SizeFigures } from './scale/contract.ts';
import { drawScale } from './scale/draw-scale.ts';
import { priceSize } from './scale/price-sizes.ts';
import { METRICS } from './scale/worlds.ts';
import type { Study } from './study.ts';

const ENTITIES = [1, 10, 100, 1_000] as const;
/** Of the largest, too: as many as its first export makes of it with the lookback that a person has. */
const SHARDS = 7;
/** Days. */
const AGES = [0, 100, 400] as const;
/** Detectors, and entities of each. */
const FLEETS = [
  [1, 1],
  [1, 10],
  [1, 100],
  [1, 1_000],
  [10, 10],
  [100, 1],
  [1_000, 1],
] as const;

export const reportScale: Study = async (_data, say, { plot }) => {
  const sizes = ENTITIES.map((entities) => {
    say(`${entities * METRICS} series`);
    return measureSize(entities);
  });
  const largest = ENTITIES.at(-1)!;
  say(`${largest * METRICS} series in ${SHARDS} shards`);
  const dealt = measureSize(largest, SHARDS);
  const prices = FLEETS.flatMap(([detectors, entities]) =>
    AGES.map((age) => priceSize({ detectors, entities, age })),
  );
  const { asOf, region } = DEFAULT_PRICES;
  const ofPrices = `prices of ${region} as of ${asOf}`;
  if (plot !== undefined) {
    const svg = drawScale(sizes, prices, `Dollars by ${ofPrices}, see the plan's notes`);
    writeFileSync(plot, await rasterize(svg));
  }
  return {
    text: [tellSizes([...sizes, dealt]), tellPrices(prices, ofPrices)].join('\n\n'),
    figures: { sizes, dealt, prices },
  };
};

function measureSize(entities: number, shards: number = 1): SizeFigures {
  const script = fileURLToPath(new URL('scale/measure-size.ts', import.meta.url));
  const told = execFileSync(process.execPath, ['--expose-gc', script, String(entities), String(shards)], {
    encoding: 'utf8',
  });
  return JSON.parse(told) as SizeFigures;
}

function tellSizes(sizes: readonly SizeFigures[]): string {
  const cells = ({ seconds, peakMb, requests }: JobFigures): readonly string[] => [
    seconds.toPrecision(2),
    peakMb.toFixed(0),
    String(requests),
  ];
  return formatTable([
    ['series', ...['export', 'score', 'train'].flatMap((job) => [`${job}, s`, 'MB', 'requests'])],
    ...sizes.map((size) => [
      `${size.series.toLocaleString('en')}${size.shards === 1 ? '' : `, one of ${size.shards} shards`}`,
      ...cells(size.export),
      ...cells(size.score),
      ...cells(size.train),
    ]),
  ]);
}

function tellPrices(prices: readonly Priced[], of: string): string {
  const fleets = prices.filter(({ age }) => age === AGES[0]);
  const around = prices[0]!.around.toFixed(2);
  const table = formatTable([
    ['detectors', 'series in all', ...AGES.map((age) => `$ a month, ${age} days old`)],
    ...fleets.map(({ detectors, series }) => [
      detectors.toLocaleString('en'),
      series.toLocaleString('en'),
      ...AGES.map((age) =>
        prices
          .find((each) => each.age === age && each.detectors === detectors && each.series === series)!
          .dollars.toFixed(2),
      ),
    ]),
  ]);
  return `${table}\n\nBeside ${around} $ for what is there without a detector; ${of}.`;
}
