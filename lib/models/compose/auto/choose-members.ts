/**
 * Which models a training calls for, and why. The weights were measured over five sets of real data:
 * docs/decisions/0014-who-configures-nothing-gets-members.md.
 */
import { formatDuration } from '../../../base/duration.ts';
import { UNSCORED_ROWS } from '../../kinds/mahalanobis/scales.ts';
import type { MemberParams } from '../ensemble/params.ts';
import type { CommonSeason, TrainingProfile } from './profile-training.ts';

export interface Candidate extends MemberParams {
  readonly weight: number;
  /** Whole sentence. */
  readonly reason: string;
}

const DAY = 24 * 3_600_000;
/** What `seasonal` takes for a period. */
const SHORTEST_SEASON = 600_000;
const LONGEST_SEASON = 366 * DAY;
const LEADER_WEIGHT = 2;
const LEADER_OF_NONE: Candidate = {
  kind: 'mahalanobis',
  params: {},
  weight: LEADER_WEIGHT,
  reason: 'mahalanobis alone: no metric varied, so that any other value is unusual.',
};
const COMPANIONS_OF_MANY: readonly Candidate[] = [
  {
    kind: 'pca',
    params: {},
    weight: 1,
    reason: 'pca over lagged windows counts half as much: it knows the shapes that the metrics move in.',
  },
];
const COMPANIONS_OF_ONE: readonly Candidate[] = [
  {
    kind: 'pca',
    params: {},
    weight: LEADER_WEIGHT,
    reason:
      'pca over lagged windows counts as much: a single metric has no others to part from, only its own shape.',
  },
  {
    kind: 'nearest-value',
    params: {},
    weight: 1,
    reason: 'nearest-value counts half as much: it knows whether the metric has been there before.',
  },
];
/** A leader that leaves more than two of three rows without a score leaves a detector with nothing to say. */
const LEAST_SCORED = 1 / 3;
/** A season within this share of a part of the day is that part… */
const SAME = 0.03;
/** …if it has four half-hours. */
const LEAST_OF_DAY = 2 * 3_600_000;
/** Share of the varying series from which on a season is everybody's. */
const COMMON = 0.5;
const MOST_SEASONS = 3;

/**
 * The first one leads: without it there is no model.
 * @param scored rows that `mahalanobis` gives a score: those behind the first `UNSCORED_ROWS` of their entity
 */
export function chooseMembers(profile: TrainingProfile, scored: number): readonly Candidate[] {
  if (scored < LEAST_SCORED * profile.rows) return [leadShortLives(profile, scored)];
  const varying = profile.metrics.filter(({ varies }) => varies).length;
  if (varying === 0) return [LEADER_OF_NONE];
  const seasons = findOtherSeasons(profile);
  return [
    {
      kind: 'mahalanobis',
      params: {},
      weight: LEADER_WEIGHT,
      reason:
        varying > 1
          ? `mahalanobis leads: ${varying} metrics that vary are judged together, each by its level and its changes.`
          : 'mahalanobis leads: the metric is judged by its level and its changes over several stretches of time.',
    },
    ...(varying > 1 ? COMPANIONS_OF_MANY : COMPANIONS_OF_ONE),
    ...(seasons.length > 0 ? [chooseSeasonal(seasons, profile.timeZone)] : []),
  ];
}

/** Pods of a cron job live for minutes, each under a name of its own: no row of theirs is ever old enough. */
function leadShortLives({ rows, entities }: TrainingProfile, scored: number): Candidate {
  const [few, all, many] = [scored, rows, entities].map((count) => count.toLocaleString('en-US'));
  return {
    kind: 'robust-z',
    params: {},
    weight: LEADER_WEIGHT,
    reason: `robust-z alone: of ${all} rows, ${few} lie behind the first ${UNSCORED_ROWS} of their entity, which mahalanobis takes to see changes. Each row is judged by itself, and each of the ${many} entities by what all of them together showed, where it has no long history of its own.`,
  };
}

/** What the time of day predicts is not among them: `mahalanobis` takes that off by itself. */
function findOtherSeasons({ seasons }: TrainingProfile): readonly CommonSeason[] {
  return seasons
    .filter(({ period, share }) => share >= COMMON && period >= SHORTEST_SEASON && period <= LONGEST_SEASON)
    .filter(({ period }) => !isOfTheDay(period))
    .slice(0, MOST_SEASONS);
}

/** A day, or a part of it that returns at the same hours and that half-hours can draw. */
function isOfTheDay(period: number): boolean {
  const turns = Math.round(DAY / period);
  return turns >= 1 && Math.abs(DAY / period - turns) <= SAME * turns && period >= LEAST_OF_DAY;
}

function chooseSeasonal(seasons: readonly CommonSeason[], timeZone: string | undefined): Candidate {
  const lengths = new Set([...seasons.map(({ period }) => Math.round(period / 1000) * 1000), DAY]);
  const said = seasons.map(
    ({ period, share }) =>
      `${formatDuration(Math.round(period / 1000) * 1000)} (${Math.round(100 * share)} % of the series)`,
  );
  return {
    kind: 'seasonal',
    params: {
      periods: [...lengths].sort((a, b) => a - b).map(formatDuration),
      ...(timeZone !== undefined && { timeZone }),
    },
    weight: 1,
    reason: `seasonal counts half as much: a season of ${said.join(' and ')} is none that the others know.`,
  };
}
