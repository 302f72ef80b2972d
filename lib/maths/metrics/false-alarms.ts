import { EvaluationError } from '../../base/errors.ts';

const DAY = 86_400_000;

/**
 * What a detector costs people: alerts that overlap no labelled event, per day that was watched.
 * @param given.watched ms, above 0; see `watchedTime`
 * @throws EvaluationError where nothing was watched
 */
export function falseAlarmsPerDay(given: { readonly falseAlerts: number; readonly watched: number }): number {
  const { falseAlerts, watched } = given;
  if (!(watched > 0 && Number.isFinite(watched)))
    throw new EvaluationError('nothing-watched', `${watched} ms were watched; a rate needs more than 0`);
  return falseAlerts / (watched / DAY);
}

/**
 * Ms of wall clock that the rows cover: distinct times × step. Entities beside each other are watched by the same
 * people at the same time, so they do not add up, and gaps are not watched.
 * @param times epoch ms, in any order
 */
export function watchedTime({
  times,
  step,
}: {
  readonly times: Float64Array;
  readonly step: number;
}): number {
  return new Set(times).size * step;
}
