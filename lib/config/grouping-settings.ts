/** The grouping of anomalies from the environment: each setting has a default. */
import { readDuration } from '../base/duration.ts';
import { DAILY_TIME, type DailyTime, readDailyTime } from './daily-time.ts';
import { DEFAULT_GROUPING, GROUP_KEYS, type GroupingPolicy, type GroupKey } from './grouping.ts';

/** What each variable is for, as a message says it. */
export const GROUPING_PURPOSES: Readonly<Record<GroupingVariable, string>> = {
  TIDEWATCH_GROUP_BY: `what makes anomalies one incident: "none", or some of ${GROUP_KEYS.join(', ')}`,
  TIDEWATCH_GROUP_WAIT: 'how long the first message about an incident waits for what belongs to it',
  TIDEWATCH_GROUP_INTERVAL: 'the least time between two messages about an incident',
  TIDEWATCH_REPEAT_INTERVAL: 'after which an open incident is told of again',
  TIDEWATCH_INCIDENTS_A_DAY: 'how many new incidents are told of within 24 hours, of all severities together',
  TIDEWATCH_DIGEST_AT: 'when the digest of the others goes out, HH:MM of UTC or of a zone behind it',
};

type GroupingVariable =
  | 'TIDEWATCH_GROUP_BY'
  | 'TIDEWATCH_GROUP_WAIT'
  | 'TIDEWATCH_GROUP_INTERVAL'
  | 'TIDEWATCH_REPEAT_INTERVAL'
  | 'TIDEWATCH_INCIDENTS_A_DAY'
  | 'TIDEWATCH_DIGEST_AT';

interface Reader {
  /** Undefined where it is unset or blank. */
  readonly optional: (name: GroupingVariable) => string | undefined;
  readonly complain: (problem: string) => void;
}

const LONGEST_WAIT = 3_600_000;
const LONGEST = 30 * 86_400_000;
const MOST_INCIDENTS = 1000;

export function readGrouping(reader: Reader): GroupingPolicy {
  return {
    groupBy: readGroupBy(reader),
    groupWait: readTime(reader, 'TIDEWATCH_GROUP_WAIT', {
      longest: LONGEST_WAIT,
      fallback: DEFAULT_GROUPING.groupWait,
    }),
    groupInterval: readTime(reader, 'TIDEWATCH_GROUP_INTERVAL', {
      longest: LONGEST,
      fallback: DEFAULT_GROUPING.groupInterval,
    }),
    repeatInterval: readTime(reader, 'TIDEWATCH_REPEAT_INTERVAL', {
      least: 60_000,
      longest: LONGEST,
      fallback: DEFAULT_GROUPING.repeatInterval,
    }),
    incidentsADay: readCount(reader),
    digestAt: readTimeOfDay(reader),
  };
}

function readGroupBy({ optional, complain }: Reader): readonly GroupKey[] {
  const text = optional('TIDEWATCH_GROUP_BY');
  if (text === undefined) return DEFAULT_GROUPING.groupBy;
  if (text === 'none') return [];
  const names = text.split(',').map((name) => name.trim());
  const keys = names.flatMap((name) => GROUP_KEYS.find((key) => key === name) ?? []);
  if (keys.length < names.length)
    complain(`TIDEWATCH_GROUP_BY is ${JSON.stringify(text)}; "none", or some of ${GROUP_KEYS.join(', ')}`);
  return keys;
}

function readTime(
  { optional, complain }: Reader,
  name: GroupingVariable,
  limits: { readonly least?: number; readonly longest: number; readonly fallback: number },
): number {
  const { least = 0, longest, fallback } = limits;
  const text = optional(name);
  if (text === undefined) return fallback;
  const time = readDuration(text);
  if (time !== undefined && time >= least && time <= longest) return time;
  complain(
    `${name} is ${JSON.stringify(text)}; a duration from ${least / 1000}s to ${longest / 1000}s such as 30s or 5m`,
  );
  return fallback;
}

function readCount({ optional, complain }: Reader): number {
  const text = optional('TIDEWATCH_INCIDENTS_A_DAY');
  if (text === undefined) return DEFAULT_GROUPING.incidentsADay;
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST_INCIDENTS) return count;
  complain(
    `TIDEWATCH_INCIDENTS_A_DAY is ${JSON.stringify(text)}; a whole number from 1 to ${MOST_INCIDENTS}`,
  );
  return DEFAULT_GROUPING.incidentsADay;
}

function readTimeOfDay({ optional, complain }: Reader): DailyTime {
  const text = optional('TIDEWATCH_DIGEST_AT');
  if (text === undefined) return DEFAULT_GROUPING.digestAt;
  const time = readDailyTime(text);
  if (time !== undefined) return time;
  complain(`TIDEWATCH_DIGEST_AT is ${JSON.stringify(text)}; ${DAILY_TIME}`);
  return DEFAULT_GROUPING.digestAt;
}
