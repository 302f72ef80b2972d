/** Whether a plan's outcome is that of a run without faults, and the least plan whose is not. */
import type { Fault } from './fault.ts';
import { type Outcome, runPlan } from './run-plan.ts';

/** Of a bucket and of messages: differences that are named. */
const MOST_NAMED = 8;

/** @returns what differs, for people; empty where the property holds */
export async function judgePlan(faults: readonly Fault[], expected: Outcome): Promise<readonly string[]> {
  return (await runAndJudge(faults, expected)).problems;
}

/** Also how many messages came again for want of a receipt. */
export async function runAndJudge(
  faults: readonly Fault[],
  expected: Outcome,
): Promise<{ readonly problems: readonly string[]; readonly repeated: number }> {
  try {
    const outcome = await runPlan(faults);
    const problems = [
      ...compare('bucket', expected.bucket, outcome.bucket),
      ...compare('message', expected.told, outcome.told),
      ...outcome.twice.map((name) => `told twice: ${name}`),
    ];
    return { problems: problems.slice(0, MOST_NAMED), repeated: outcome.repeated };
  } catch (error) {
    return {
      problems: [`it does not end: ${error instanceof Error ? error.stack : String(error)}`],
      repeated: 0,
    };
  }
}

/** Drops faults one by one for as long as the rest still fails. */
export async function shrinkPlan(faults: readonly Fault[], expected: Outcome): Promise<readonly Fault[]> {
  let least = faults;
  for (let at = 0; at < least.length; ) {
    const without = least.filter((_, index) => index !== at);
    if ((await judgePlan(without, expected)).length > 0) least = without;
    else at++;
  }
  return least;
}

function compare(
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
