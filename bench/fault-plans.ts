/**
 * `npm run bench -- fault-plans --seeds N`: lives of one service, and of a cascade over three, under N drawn plans of faults,
 * each held against the life without. What fails is named by its seed, and by the least part of its plan that still fails.
 */
import { describeFault, drawPlan, type Fault } from './fault-plans/fault.ts';
import { judgePlan, shrinkPlan } from './fault-plans/judge-plan.ts';
import { type Outcome, runPlan, STORIES, type Story } from './fault-plans/run-plan.ts';
import type { Study } from './study.ts';

export interface FailedPlan {
  readonly seed: number;
  readonly story: Story;
  readonly least: readonly string[];
  readonly problems: readonly string[];
}

export interface PlansJudged {
  readonly plans: number;
  readonly faults: number;
  readonly failed: readonly FailedPlan[];
  /** Messages that came again because their receipt was late, and plans in which a file was set aside. */
  readonly repeated: number;
  readonly setAside: number;
}

const DEFAULT_PLANS = 1_000;
/** Of failed plans that are made smaller: a fault of the jobs fails many. */
const MOST_SHRUNK = 5;
const SAY_EVERY = 100;

export const reportFaultPlans: Study = async (_data, say, { seeds }) => {
  const judged = await judgePlans({ from: 0, count: seeds ?? DEFAULT_PLANS, say });
  const { plans, faults, failed, repeated, setAside } = judged;
  const lines = failed.map(
    ({ seed, story, least, problems }) =>
      `seed ${seed}, ${story}: ${least.join('; ')}\n  ${problems.join('\n  ')}`,
  );
  return {
    text: [
      `${plans} plans with ${faults} faults: ${failed.length} end in another bucket or other messages.`,
      `${repeated} messages came again for want of a receipt; in ${setAside} plans two runs died at one file, which was set aside.`,
      ...lines,
    ].join('\n'),
    figures: judged,
    isMissed: failed.length > 0,
  };
};

/** Plans of the seeds from `from` on, of each story in turn. */
export async function judgePlans(given: {
  readonly from: number;
  readonly count: number;
  readonly say: (line: string) => void;
}): Promise<PlansJudged> {
  const expected = new Map<Story, Outcome>();
  for (const story of STORIES) expected.set(story, await runPlan(story, []));
  const failed: FailedPlan[] = [];
  let [faults, repeated, setAside] = [0, 0, 0];
  for (let at = 0; at < given.count; at++) {
    const seed = given.from + at;
    const story = STORIES[seed % STORIES.length]!;
    const wanted = expected.get(story)!;
    const plan = drawPlan(seed, wanted.occasions);
    const verdict = await judgePlan(story, plan, wanted);
    faults += plan.length;
    repeated += verdict.repeated;
    setAside += Number(verdict.isSetAside);
    if (verdict.problems.length > 0) {
      const { problems } = verdict;
      const least: readonly Fault[] =
        failed.length < MOST_SHRUNK ? await shrinkPlan(story, plan, wanted) : plan;
      failed.push({ seed, story, least: least.map(describeFault), problems });
      given.say(`seed ${seed} fails`);
    }
    if ((at + 1) % SAY_EVERY === 0) given.say(`${at + 1} plans, ${failed.length} failed`);
  }
  return { plans: given.count, faults, failed, repeated, setAside };
}
