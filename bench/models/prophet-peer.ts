/**
 * A series of two weeks at 5 min by augurs' own Prophet, wrapper and JavaScript of the package included, in turns with
 * ours: `node prophet-peer.ts` prints seconds as JSON. Ours fits medians of blocks, twice: once more on the first
 * part, to see whether it predicts the rest.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import initAugurs, { Prophet } from '@bsull/augurs/prophet';
import { optimizer } from '@bsull/augurs-prophet-wasmstan';
import { prophetKind } from '../../lib/models/kinds/prophet/kind.ts';
import { timeInTurns } from '../in-turns.ts';
import { drawFleet } from './fleet.ts';

export interface ProphetTimes {
  /** Seconds of each round. */
  readonly ours: readonly number[];
  readonly augurs: readonly number[];
}

const ROUNDS = 7;

const wasm = createRequire(import.meta.url)
  .resolve('@bsull/augurs/prophet')
  .replace('prophet.js', 'prophet_bg.wasm');
await initAugurs({ module_or_path: readFileSync(wasm) });
const { x } = drawFleet({ entities: 1, metrics: 1, days: 14, step: 300_000 });
const data = { ds: Array.from(x.times, (time) => time / 1000), y: Array.from(x.values) };
const own = await prophetKind.openFit(prophetKind.parseParams({}));
const times: ProphetTimes = await timeInTurns(
  {
    ours: () => own.fit({ times: x.times, values: x.values }),
    augurs: () => new Prophet({ optimizer, uncertaintySamples: 0 }).fit(data),
  },
  { rounds: ROUNDS },
);
console.log(JSON.stringify(times));
