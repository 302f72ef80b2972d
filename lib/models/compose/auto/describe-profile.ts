/** What the training was like, in whole sentences for the report. */
import { formatDuration } from '../../../base/duration.ts';
import { listNames, listWithVerb } from '../../framework/list-names.ts';
import type { MetricProfile, TrainingProfile } from './profile-training.ts';

const DAY = 24 * 3_600_000;
const SECOND = 1000;
/** Of the values: what is said of a metric above it. */
const MANY_MISSING = 0.1;
/** Share of the varying series from which on a season is worth a sentence, and how many are. */
const TELLING = 0.1;
const MOST_SEASONS = 3;
/** From which on metrics go together. */
const JOINED = 0.2;

export function describeProfile(profile: TrainingProfile): readonly string[] {
  const { rows, entities, profiled, series, span, metrics, together } = profile;
  const pick = (holds: (metric: MetricProfile) => boolean): readonly string[] =>
    metrics.filter(holds).map(({ name }) => name);
  const unmeasured = pick(({ isMeasured }) => !isMeasured);
  const constant = pick(({ varies, isMeasured }) => !varies && isMeasured);
  const bursts = pick(({ isIntermittent }) => isIntermittent);
  const drifting = pick(({ isDrifting }) => isDrifting);
  const sparse = pick(({ missing, isMeasured }) => missing > MANY_MISSING && isMeasured);
  const looked = profiled < series ? `; ${count(profiled)} of them, evenly taken, were looked at` : '';
  return [
    `The training has ${count(rows)} rows of ${entities === 1 ? 'one entity' : `${count(entities)} entities`} over ${formatDays(span)}, ${count(series)} series in all${looked}.`,
    ...(unmeasured.length > 0
      ? [`${listNames(unmeasured)} had no value at all: nothing is said of it.`]
      : []),
    ...(constant.length > 0
      ? [`${listNames(constant)} had one value throughout: any other value there is unusual.`]
      : []),
    describeSeasons(profile),
    ...(Number.isNaN(together)
      ? []
      : [
          `The metrics have a correlation of ${together.toFixed(2)} with each other (root mean square): ${together >= JOINED ? 'a break in how they go together adds to the score as much as a value that is far out' : 'they mostly go their own ways'}.`,
        ]),
    ...(bursts.length > 0 ? [`${listWithVerb(bursts, 'rest')} at one value at least half of the time.`] : []),
    ...(drifting.length > 0
      ? [
          `${listNames(drifting)} moved to another level, or along a slope, within the training: levels are an unsafe guide there until a new training follows them.`,
        ]
      : []),
    ...(sparse.length > 0
      ? [
          `${listWithVerb(sparse, 'miss')} more than ${100 * MANY_MISSING} % of the values: those rows count as usual there.`,
        ]
      : []),
  ];
}

function describeSeasons({ seasons }: TrainingProfile): string {
  const told = seasons.filter(({ share }) => share >= TELLING).slice(0, MOST_SEASONS);
  if (told.length === 0) return 'No season was found in the periodogram that the autocorrelation confirms.';
  const each = told.map(
    ({ period, share, strength }) =>
      `${formatDuration(Math.round(period / SECOND) * SECOND)} in ${Math.round(100 * share)} % of the series that vary (correlation ${strength.toFixed(2)})`,
  );
  return `Seasons, by periodogram and autocorrelation: ${each.join('; ')}.`;
}

function formatDays(span: number): string {
  const days = span / DAY;
  return `${days.toFixed(days < 10 ? 1 : 0)} days`;
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
