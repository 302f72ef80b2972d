/** How many false alarms people put up with, as they write it: `1 per week`. */
import { TidewatchError } from '../base/errors.ts';

/** So many false alarms in so long, over all of a detector's entities. */
export interface FalseAlarmBudget {
  /** Above 0. */
  readonly count: number;
  /** Ms. */
  readonly per: number;
}

/**
 * Of a shard, so that the sum over all of them stays what people put up with.
 * @param shard absent: the whole detector
 */
export function shareBudget(
  { count, per }: FalseAlarmBudget,
  shard: { readonly of: number } | undefined,
): FalseAlarmBudget {
  return { count: count / (shard?.of ?? 1), per };
}

/** A month is 30 days. */
const SPANS = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 30 * 86_400_000,
} as const;

/** What `parseFalseAlarms` takes, for schemas. The count is above 0. */
export const FALSE_ALARMS: RegExp = /^(?=.*[1-9])\d{1,6}(?:\.\d{1,6})? per (?:hour|day|week|month)$/;

/** @throws TidewatchError where the text is no budget */
export function parseFalseAlarms(text: string): FalseAlarmBudget {
  const [count = '', , span = ''] = text.split(' ');
  if (FALSE_ALARMS.test(text)) return { count: Number(count), per: SPANS[span as keyof typeof SPANS] };
  throw new TidewatchError(
    'bad-false-alarms',
    `${JSON.stringify(text)} is no budget of false alarms; write one such as "1 per week" (hour, day, week or month)`,
  );
}

/** As people write it; in days where `per` is none of the named spans. */
export function formatFalseAlarms({ count, per }: FalseAlarmBudget): string {
  const span = Object.entries(SPANS).find(([, length]) => length === per)?.[0];
  return span === undefined ? `${count} per ${per / SPANS.day} days` : `${count} per ${span}`;
}
