/** Whether a plan's outcome is that of a run without faults, and the least plan whose is not. */
import type { Fault } from './fault.ts';
import { type Outcome, runPlan, type Story } from './run-plan.ts';
import { SetAsideError } from './service.ts';

export interface Verdict {
  /** What differs, for people; empty where the property holds. */
  readonly problems: readonly string[];
  /** Messages that came again for want of a receipt. */
  readonly repeated: number;
  /** Two runs died at one file, which was then set aside: such an outcome is another by design, and is not compared. */
  readonly isSetAside: boolean;
}

/** Of differences that are named. */
const MOST_NAMED = 8;

export async function judgePlan(story: Story, faults: readonly Fault[], expected: Outcome): Promise<Verdict> {
  try {
    const outcome = await runPlan(story, faults);
    const { repeated } = outcome;
    const twice = outcome.twice.map((name) => `told twice: ${name}`);
    if (outcome.setAside > 0) return { problems: twice, repeated, isSetAside: true };
    const problems = [
      ...compare('bucket', expected.bucket, outcome.bucket),
      ...compare('message', expected.told, outcome.told),
      ...twice,
    ];
    return { problems: problems.slice(0, MOST_NAMED), repeated, isSetAside: false };
  } catch (error) {
    if (error instanceof SetAsideError) return { problems: [], repeated: 0, isSetAside: true };
    const what = error instanceof Error ? error.stack : String(error);
    return { problems: [`it does not end: ${what}`], repeated: 0, isSetAside: false };
  }
}

export function shrinkPlan(
  story: Story,
  faults: readonly Fault[],
  expected: Outcome,
): Promise<readonly Fault[]> {
  return shrink(faults, async (less) => (await judgePlan(story, less, expected)).problems.length > 0);
}

/** Drops what went wrong one by one for as long as the rest still fails. */
export async function shrink<T>(
  all: readonly T[],
  fails: (less: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let least = all;
  for (let at = 0; at < least.length; ) {
    const without = least.filter((_, index) => index !== at);
    if (await fails(without)) least = without;
    else at++;
  }
  return least;
}

/** @param what the maps hold, for people */
export function compare(
  what: string,
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...expected.keys(), ...found.keys()]);
  return [...names].flatMap((name) => {
    const [wanted, is] = [expected.get(name), found.get(name)];
    if (wanted === is) return [];
    if (is === undefined) return [`${what} lacks ${name}`];
    if (wanted === undefined) return [`${what} has ${name} besides: ${is.slice(0, 200)}`];
    return [`${what} ${name} differs: ${firstDifference(wanted, is)}`];
  });
}

function firstDifference(wanted: string, found: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === found[at]) at++;
  const from = Math.max(0, at - 40);
  return `…${found.slice(from, at + 80)}… in place of …${wanted.slice(from, at + 80)}…`;
}
