/**
 * `npm run bench -- fuzz --seeds N`: N thousand inputs, changed by chance, for everything that reads what others wrote. Each
 * is read or refused by an error of Tidewatch's own; how long the slowest took, and how much memory all of it.
 */
import { type FuzzResult, fuzz } from './fuzz/run-fuzz.ts';
import { listTargets } from './fuzz/targets.ts';
import type { Study } from './study.ts';

/** Thousands of inputs. */
const DEFAULT_INPUTS = 1_000;
const SEED = 1;
/** Of a function: serverless.yml. MB. */
const MEMORY = 1_769;
/** Ms of one input, of a few kB: what takes longer is a hang to whoever waits. */
const SLOWEST = 2_000;

export const reportFuzz: Study = async (_data, say, { seeds = DEFAULT_INPUTS }) => {
  const results: FuzzResult[] = [];
  for (const target of listTargets()) {
    const result = await fuzz(target, { inputs: Math.round(target.share * seeds * 1_000), seed: SEED });
    results.push(result);
    say(`${target.name}: ${result.inputs} inputs, ${result.foreignCount} foreign errors`);
  }
  const total = results.reduce((sum, { inputs }) => sum + inputs, 0);
  // KiB: https://nodejs.org/api/process.html#processresourceusage
  const memory = Math.round(process.resourceUsage().maxRSS / 1_024);
  const foreign = results.flatMap((each) =>
    each.foreign.map(({ error, input, at }) => `${each.target}, input ${at}: ${error}\n  ${input}`),
  );
  const isMissed = foreign.length > 0 || memory > MEMORY || results.some(({ slowest }) => slowest > SLOWEST);
  return {
    text: [
      `${total} inputs; ${memory} MB at most`,
      '| what reads | inputs | read | refused | foreign errors | slowest, ms |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      ...results.map(
        ({ target, inputs, read, refused, foreignCount, slowest }) =>
          `| ${target} | ${inputs} | ${read} | ${refused} | ${foreignCount} | ${slowest.toFixed(0)} |`,
      ),
      ...foreign,
    ].join('\n'),
    figures: { memory, results },
    isMissed,
  };
};
