/**
 * `npm run bench -- poison-plans --seeds N`: lives of one service with N drawn mixes of files that are broken, wrong or
 * strange between its good ones. What differs for the good entities is named, by the least mix that still does it.
 */
import { shrink } from './fault-plans/judge-plan.ts';
import { FEEDS, type Feed } from './fault-plans/service.ts';
import { describePoison, drawPoisons } from './poison-plans/poison.ts';
import { type GoodOutcome, judgePoisons, runPoisoned } from './poison-plans/run-poison.ts';
import type { Study } from './study.ts';

export interface PoisonsJudged {
  readonly plans: number;
  readonly poisons: number;
  readonly failed: readonly {
    readonly seed: number;
    readonly feed: Feed;
    readonly least: readonly string[];
    readonly problems: readonly string[];
  }[];
}

const DEFAULT_PLANS = 500;
/** Of failed plans that are made smaller. */
const MOST_SHRUNK = 5;
const SAY_EVERY = 50;

export const reportPoisonPlans: Study = async (_data, say, { seeds }) => {
  const judged = await judgePoisonPlans({ count: seeds ?? DEFAULT_PLANS, say });
  const { plans, poisons, failed } = judged;
  const lines = failed.map(
    ({ seed, feed, least, problems }) =>
      `seed ${seed}, ${feed}: ${least.join('; ')}\n  ${problems.join('\n  ')}`,
  );
  return {
    text: [
      `${plans} plans with ${poisons} poisons: ${failed.length} change what good entities get.`,
      ...lines,
    ].join('\n'),
    figures: judged,
    isMissed: failed.length > 0,
  };
};

/** Of the seeds from 0 on; every other plan is of windows that are dropped. */
export async function judgePoisonPlans(given: {
  readonly count: number;
  readonly say: (line: string) => void;
}): Promise<PoisonsJudged> {
  const expected = new Map<Feed, GoodOutcome>();
  for (const feed of FEEDS) expected.set(feed, await runPoisoned(feed, []));
  const failed: PoisonsJudged['failed'][number][] = [];
  let total = 0;
  for (let seed = 0; seed < given.count; seed++) {
    const feed = FEEDS[seed % FEEDS.length]!;
    const wanted = expected.get(feed)!;
    const poisons = drawPoisons(seed);
    total += poisons.length;
    const problems = await judgePoisons(feed, poisons, wanted);
    if (problems.length > 0) {
      given.say(`seed ${seed} fails`);
      const least =
        failed.length < MOST_SHRUNK
          ? await shrink(poisons, async (less) => (await judgePoisons(feed, less, wanted)).length > 0)
          : poisons;
      failed.push({ seed, feed, least: least.map(describePoison), problems });
    }
    if ((seed + 1) % SAY_EVERY === 0) given.say(`${seed + 1} plans, ${failed.length} failed`);
  }
  return { plans: given.count, poisons: total, failed };
}
