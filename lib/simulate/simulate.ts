/**
 * Labelled telemetry as of a small Kubernetes cluster, with a scenario in its last days: for trying things out, for
 * tests, and for asking how well a model finds what each scenario is about. Made up from a seed, so that the same
 * options give the same bytes everywhere.
 */
import { TidewatchError } from '../base/errors.ts';
import { type Random, seedRandom } from '../maths/random.ts';
import { windowLimits } from '../window/limits.ts';
import type { MetricWindow } from '../window/window.ts';
import type { Incident, IncidentContext, Scenario, ScenarioPlan, SimulatedService } from './incident.ts';
import { roundColumns, SIMULATED_METRICS } from './metrics.ts';
import { createDrift } from './noise.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import { hourOf, seasonAt } from './season.ts';
import { simulateLife } from './service-life.ts';

export interface SimulateOptions {
  readonly scenario: ScenarioName;
  /** Unsigned 32-bit integer. */
  readonly seed: number;
  /** 2 to 400. */
  readonly days: number;
  /** 1 to 1,000; cascading-failure needs 3. */
  readonly services: number;
  /** Milliseconds: a divisor of 5 minutes, 10 s at least, so that no stage of a scenario falls between two rows. */
  readonly step: number;
  /** Epoch milliseconds, a multiple of the step. */
  readonly start: number;
  /** Of the window; `simulated` where it is left out. */
  readonly detector?: string;
}

export interface Simulation {
  /** One entity per service. Labels are 1 in the rows of incidents. */
  readonly window: MetricWindow;
  /** By start, then entity. One of a scenario a week, each on a day of its own at the end. */
  readonly incidents: readonly Incident[];
}

const MINUTE = 60_000;
const DAY = 86_400_000;
const SHORTEST_STEP = 10_000;
const LONGEST_STEP = 5 * MINUTE;
const MOST_DAYS = 400;
const MOST_SERVICES = 1000;
/** By their place; in a cascade the first two are A and B, and the third is C. */
const NAMES = [
  'gateway',
  'payments',
  'orders',
  'catalog',
  'search',
  'users',
  'cart',
  'shipping',
  'reviews',
  'mail',
];

/** @throws TidewatchError `bad-simulation` naming the option, its value and the limit */
export function simulate(options: SimulateOptions): Simulation {
  const scenario = checkOptions(options);
  const { seed, days, services: count, step, start } = options;
  const rows = (days * DAY) / step;
  const times = Float64Array.from({ length: rows }, (_, row) => start + row * step);
  const season = times.map(seasonAt);
  const random = seedRandom(seed);
  const neighbours = drawNeighbours(seedRandom(random.nextUint32()), step, rows);
  const happenings = planHappenings(scenario, {
    times,
    step,
    count,
    random: seedRandom(random.nextUint32()),
  });

  const services = Array.from({ length: count }, (_, place): SimulatedService => {
    const own = seedRandom(random.nextUint32());
    // The first is the one whose numbers people know.
    const size = place === 0 ? 1 : 0.5 + 1.5 * own.nextFloat();
    const demand = season.slice();
    for (const { places, context } of happenings)
      if (places.includes(place)) scenario.changeDemand?.(demand, context);
    const columns = simulateLife({ times, step, size, demand, neighbours, random: own });
    return { name: nameOf(place), size, columns };
  });
  for (const { places, context } of happenings)
    scenario.changeColumns?.(
      places.map((place) => services[place]!),
      context,
    );
  for (const { columns } of services) roundColumns(columns);

  const incidents = happenings
    .flatMap(({ places, context }) => scenario.incidents(places.map(nameOf), context))
    .map((incident): Incident => ({ scenario: options.scenario, ...incident }))
    .sort((a, b) => a.start - b.start || (a.entity < b.entity ? -1 : 1));
  return { window: toWindow(services, times, options, incidents), incidents };
}

interface Happening {
  /** Of the services it happens to. */
  readonly places: readonly number[];
  readonly context: IncidentContext;
}

function planHappenings(
  { plan }: Scenario,
  given: {
    readonly times: Float64Array;
    readonly step: number;
    readonly count: number;
    readonly random: Random;
  },
): readonly Happening[] {
  if (plan === undefined) return [];
  const { times, step, count, random } = given;
  const days = (times.length * step) / DAY;
  return Array.from({ length: Math.max(1, Math.floor(days / 7)) }, (_, turn) => {
    const to = times.length - (turn * DAY) / step;
    const start = times[chooseRow(plan, { times, step, from: to - DAY / step, to, random })]!;
    const first = plan.firstService ?? turn;
    const length = plan.services === 'all' ? count : plan.services;
    const places = Array.from({ length }, (_, place) => (first + place) % count);
    return { places, context: { times, step, start, random: seedRandom(random.nextUint32()) } };
  });
}

/** One of the rows from `from` up to `to` where the scenario may begin; its hours give way where none is within them. */
function chooseRow(
  { duration, hours, fits = () => true }: ScenarioPlan,
  day: {
    readonly times: Float64Array;
    readonly step: number;
    readonly from: number;
    readonly to: number;
    readonly random: Random;
  },
): number {
  const { times, step, from, to, random } = day;
  const candidates: number[] = [];
  for (let row = Math.max(1, from); row + duration / step + 1 < to; row++)
    if (fits(seasonAt(times[row]!), seasonAt(times[row - 1]!))) candidates.push(row);
  const usual = candidates.filter((row) => {
    const hour = hourOf(times[row]!);
    return hour >= hours[0] && hour < hours[1];
  });
  const among = usual.length > 0 ? usual : candidates;
  return among[random.nextBelow(among.length)]!;
}

function drawNeighbours(random: Random, step: number, rows: number): Float64Array {
  const next = createDrift({ random, step, memory: 30 * MINUTE, deviation: 0.03 });
  return Float64Array.from({ length: rows }, next);
}

function toWindow(
  services: readonly SimulatedService[],
  times: Float64Array,
  { step, start, days, detector = 'simulated' }: SimulateOptions,
  incidents: readonly Incident[],
): MetricWindow {
  const sorted = services.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = times.length;
  const fill = <T extends Float64Array | Uint32Array | Uint8Array>(
    into: T,
    of: (place: number) => ArrayLike<number>,
  ): T => {
    for (let place = 0; place < sorted.length; place++) into.set(of(place), place * rows);
    return into;
  };
  const total = rows * sorted.length;
  return {
    detector,
    range: { start, end: start + days * DAY },
    step,
    metrics: SIMULATED_METRICS.map(({ name }) => name),
    entities: sorted.map(({ name }) => name),
    entityOf: fill(new Uint32Array(total), (place) => new Uint32Array(rows).fill(place)),
    times: fill(new Float64Array(total), () => times),
    columns: SIMULATED_METRICS.map(({ name }) =>
      fill(new Float64Array(total), (place) => sorted[place]!.columns[name]),
    ),
    labels: fill(new Uint8Array(total), (place) => labelsOf(sorted[place]!.name, times, incidents)),
  };
}

function labelsOf(entity: string, times: Float64Array, incidents: readonly Incident[]): Uint8Array {
  const own = incidents.filter((incident) => incident.entity === entity);
  return Uint8Array.from(times, (time) =>
    own.some(({ start, end }) => time >= start && time < end) ? 1 : 0,
  );
}

function nameOf(place: number): string {
  return NAMES[place] ?? `service-${place + 1}`;
}

function checkOptions({ scenario: name, seed, days, services, step, start }: SimulateOptions): Scenario {
  const scenario = SCENARIOS[name];
  const check = (holds: boolean, message: string): void => {
    if (!holds) throw new TidewatchError('bad-simulation', message);
  };
  check(isWhole(seed, 0, 0xffff_ffff), `seed is ${seed}: a whole number from 0 to ${0xffff_ffff}`);
  check(isWhole(days, 2, MOST_DAYS), `days is ${days}: a whole number from 2 to ${MOST_DAYS}`);
  const needed = scenario.plan?.services ?? 1;
  const fewest = needed === 'all' ? 1 : needed;
  check(
    isWhole(services, fewest, MOST_SERVICES),
    `services is ${services}: ${name} takes a whole number from ${fewest} to ${MOST_SERVICES}`,
  );
  check(
    isWhole(step, SHORTEST_STEP, LONGEST_STEP) && LONGEST_STEP % step === 0,
    `step is ${step} ms: a divisor of 5 minutes, ${SHORTEST_STEP} ms at least`,
  );
  check(
    Number.isSafeInteger(start) && start >= 0 && start % step === 0,
    `start is ${start}: epoch milliseconds, a multiple of the step of ${step} ms`,
  );
  const limits = windowLimits();
  const rows = ((days * DAY) / step) * services;
  check(
    rows <= limits.rows,
    `${days} days × ${services} services are ${rows} rows, and the limit of a file is ${limits.rows}`,
  );
  const values = rows * (SIMULATED_METRICS.length + 3);
  check(
    values <= limits.values,
    `${rows} rows are ${values} values, and the limit of a file is ${limits.values}`,
  );
  return scenario;
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
