/** Parameters of `prophet`. */
import { ModelError } from '../../../base/errors.ts';
import {
  checkParamNames,
  type GivenParams,
  type NumberLimits,
  readNumber,
  readWholeNumber,
} from '../../framework/param-values.ts';

import { readTimeZone } from '../../framework/univariate/time-zone.ts';

const KIND = 'prophet';

/** `auto`: as long as the history allows, with Prophet's own number of waves. A number: so many; 0 for none. */
export type Waves = 'auto' | number;

/** Days on which things are different: a holiday, a sale, a migration. Those of one name have one effect. */
export interface ProphetEvent {
  readonly name: string;
  /** ISO 8601 with a zone: 2026-12-24T00:00:00+01:00. Inclusive. */
  readonly start: string;
  /** Exclusive. */
  readonly end: string;
}

export interface ProphetParams {
  /** IANA name: days, weeks and years begin at its midnights. */
  readonly timeZone: string;
  readonly daily: Waves;
  readonly weekly: Waves;
  readonly yearly: Waves;
  /** Places, evenly over the first 80 % of the history, at which the trend may change. */
  readonly changepoints: number;
  /** How much it may change there; Prophet's changepoint_prior_scale. */
  readonly changepointScale: number;
  /** How large seasons may be, in the largest value of the series; Prophet's seasonality_prior_scale. */
  readonly seasonScale: number;
  /** Likewise for events; Prophet's holidays_prior_scale. */
  readonly eventScale: number;
  readonly events: readonly ProphetEvent[];
  /** Points that a series is fitted on at most; of more, the medians of so many blocks are. */
  readonly maxPoints: number;
}

/** Prophet's own defaults but for `maxPoints`: a week at 5 min, two at 10; the cost of a fit is linear in it. */
const LIMITS = {
  changepoints: { default: 25, min: 0, max: 200 },
  changepointScale: { default: 0.05, min: 1e-4, max: 100 },
  seasonScale: { default: 10, min: 1e-3, max: 1000 },
  eventScale: { default: 10, min: 1e-3, max: 1000 },
  maxPoints: { default: 2016, min: 100, max: 50_000 },
} as const satisfies Record<string, NumberLimits>;
const WAVES = { min: 0, max: 50 } as const;
const MOST_EVENTS = 1000;
const NAMES = ['timeZone', 'daily', 'weekly', 'yearly', 'events', ...Object.keys(LIMITS)];

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): ProphetParams {
  const params: GivenParams = { kind: KIND, given };
  checkParamNames(params, NAMES);
  return {
    timeZone: readTimeZone(params),
    daily: readWaves(params, 'daily'),
    weekly: readWaves(params, 'weekly'),
    yearly: readWaves(params, 'yearly'),
    changepoints: readWholeNumber(params, 'changepoints', LIMITS.changepoints),
    changepointScale: readNumber(params, 'changepointScale', LIMITS.changepointScale),
    seasonScale: readNumber(params, 'seasonScale', LIMITS.seasonScale),
    eventScale: readNumber(params, 'eventScale', LIMITS.eventScale),
    events: readEvents(given['events']),
    maxPoints: readWholeNumber(params, 'maxPoints', LIMITS.maxPoints),
  };
}

function readWaves(params: GivenParams, name: 'daily' | 'weekly' | 'yearly'): Waves {
  const value = params.given[name] ?? 'auto';
  const isCount =
    typeof value === 'number' && Number.isInteger(value) && value >= WAVES.min && value <= WAVES.max;
  if (value === 'auto' || isCount) return value;
  throw new ModelError(
    'bad-param',
    `${KIND} ${name} is ${JSON.stringify(value)}, not auto or a whole number from ${WAVES.min} to ${WAVES.max}`,
  );
}

function readEvents(given: unknown = []): readonly ProphetEvent[] {
  if (!Array.isArray(given) || given.length > MOST_EVENTS)
    throw badEvents(`is ${JSON.stringify(given)}, not a list of at most ${MOST_EVENTS}`);
  return given.map(readEvent);
}

/** A text that tells no zone would mean another moment on another machine. */
const ISO_WITH_ZONE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)$/;

function readEvent(event: unknown): ProphetEvent {
  if (typeof event !== 'object' || event === null) throw badEvents(`holds ${JSON.stringify(event)}`);
  const { name, start, end, ...rest } = event as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw badEvents(`has ${unknown}; each has name, start and end`);
  if (typeof name !== 'string' || name === '') throw badEvents(`has the name ${JSON.stringify(name)}`);
  for (const time of [start, end])
    if (typeof time !== 'string' || !ISO_WITH_ZONE.test(time) || Number.isNaN(readTime(time)))
      throw badEvents(`has the time ${JSON.stringify(time)}; write it such as 2026-12-24T00:00:00+01:00`);
  const [from, to] = [start as string, end as string];
  if (!(readTime(from) < readTime(to)))
    throw badEvents(`has ${name} from ${from} to ${to}, which is no later`);
  return { name, start: from, end: to };
}

/** Epoch ms; a day alone, with its zone, begins at that zone's midnight. */
export function readTime(text: string): number {
  const day = /^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)$/.exec(text);
  return Date.parse(day === null ? text : `${day[1]}T00:00:00${day[2]}`);
}

function badEvents(problem: string): ModelError {
  return new ModelError('bad-param', `${KIND} events ${problem}`);
}
