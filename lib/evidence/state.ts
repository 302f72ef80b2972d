/**
 * Expectation and return levels as JSON: what an artifact keeps so that a row is judged as its version's training says.
 * Numbers are base64 of little-endian float64, curves of float32; a season that series share is stored once.
 */
import { isTimeZone } from '../config/feature-settings.ts';
import { DEMAND_MEANS } from '../expectation/demand.ts';
import { type Expectation, type SeriesExpectation, UNMEASURED } from '../expectation/expectation.ts';
import { HOURS_OF_DAY } from '../expectation/scatter.ts';
import { HOURS_OF_WEEK, PLACES_OF_DAY, type SeasonalCurve } from '../expectation/seasonal-curve.ts';
import { bytes, invalid, record, show, strings } from '../features/read-state.ts';
import { readScoreTail } from '../maths/score-tail.ts';
import type { FittedEvidence } from './evidence.ts';
import { readStarts, saveStarts } from './starts-state.ts';
import { countComponents, planScan } from './statistics.ts';

const EVIDENCE_STATE_VERSION = 1;

/** Of a series: centre, spread, low, high. */
const FIGURES = 4;

export function saveEvidence(evidence: FittedEvidence): object {
  const { plan, expectation, tail, reach, pooledReach, starts } = evidence;
  const { columns, entities, pooled, demandMeans } = expectation;
  const series = [...entities.values(), pooled].flat();
  const days = new Map<Float32Array, number>();
  const weeks = new Map<Float32Array, number>();
  const seasonOf = series.flatMap(({ season }) => [numberOf(days, season.day), numberOf(weeks, season.week)]);
  const timeZone = series.find(({ season }) => season.timeZone !== undefined)?.season.timeZone;
  const scatters = new Map<Float32Array, number>();
  const scatterOf = series.map(({ season }) => numberOf(scatters, season.scatter));
  return {
    formatVersion: EVIDENCE_STATE_VERSION,
    step: plan.step,
    settleAfter: plan.settleAfter,
    columns,
    entities: [...entities.keys()],
    series: encode(
      Float64Array.from(series.flatMap(({ center, spread, low, high }) => [center, spread, low, high])),
    ),
    seasonOf: encode(Int32Array.from(seasonOf)),
    days: encode(join([...days.keys()], PLACES_OF_DAY)),
    weeks: encode(join([...weeks.keys()], HOURS_OF_WEEK)),
    slopes: encode(Float64Array.from(series, ({ slope }) => slope)),
    ...(demandMeans !== undefined && { demandMeans }),
    scatterOf: encode(Int32Array.from(scatterOf)),
    scatters: encode(join([...scatters.keys()], HOURS_OF_DAY)),
    // Left out where it is UTC, which versions of before knew alone.
    ...(timeZone !== undefined && { timeZone }),
    tail,
    reach: encode(reach),
    pooledReach: encode(pooledReach),
    starts: saveStarts(starts),
  };
}

/** @throws ArtifactError where `state` is of another format version, or inconsistent */
export function loadEvidence(state: unknown): FittedEvidence {
  const raw = record(state, 'evidence state');
  if (raw.formatVersion !== EVIDENCE_STATE_VERSION)
    throw invalid(
      `evidence state has format version ${show(raw.formatVersion)}, this build reads ${EVIDENCE_STATE_VERSION}`,
    );
  const plan = planScan(positive(raw.step, 'step'), positive(raw.settleAfter, 'settleAfter'));
  const columns = strings(raw.columns, 'evidence columns');
  const entities = strings(raw.entities, 'evidence entities');
  const count = (entities.length + 1) * columns.length;
  const days = curvesOf(raw.days, PLACES_OF_DAY, 'days');
  const weeks = curvesOf(raw.weeks, HOURS_OF_WEEK, 'weeks');
  const timeZone = raw.timeZone === undefined ? undefined : zoneOf(raw.timeZone);
  const figures = floats64(raw.series, count * FIGURES, 'series');
  const seasonOf = new Int32Array(copy(bytes(raw.seasonOf, count * 8, 'seasonOf')));
  // A version of before knew of no restless hours.
  const scatters = raw.scatters === undefined ? [] : curvesOf(raw.scatters, HOURS_OF_DAY, 'scatters');
  const scatterOf =
    raw.scatterOf === undefined
      ? new Int32Array(count).fill(-1)
      : new Int32Array(copy(bytes(raw.scatterOf, count * 4, 'scatterOf')));
  const slopes = raw.slopes === undefined ? new Float64Array(count) : floats64(raw.slopes, count, 'slopes');
  const all = Array.from({ length: count }, (_, at): SeriesExpectation => {
    const [center = NaN, spread = 0, low = NaN, high = NaN] = figures.subarray(
      at * FIGURES,
      (at + 1) * FIGURES,
    );
    if (!(spread >= 0 && spread < Infinity)) throw invalid(`series ${at} has the spread ${spread}`);
    // NaN: nothing was measured.
    if (Math.abs(center) === Infinity) throw invalid(`series ${at} has the centre ${center}`);
    const season: SeasonalCurve = {
      day: pick(days, seasonOf[2 * at]!, 'day'),
      week: pick(weeks, seasonOf[2 * at + 1]!, 'week'),
      scatter: pick(scatters, scatterOf[at]!, 'scatter'),
      ...(timeZone !== undefined && { timeZone }),
    };
    return Number.isNaN(center) ? UNMEASURED : { center, spread, low, high, season, slope: slopes[at]! };
  });
  const of = (entity: number): readonly SeriesExpectation[] =>
    all.slice(entity * columns.length, (entity + 1) * columns.length);
  const expectation: Expectation = {
    columns,
    entities: new Map(entities.map((name, entity) => [name, of(entity)])),
    pooled: of(entities.length),
    ...(raw.demandMeans !== undefined && { demandMeans: meansOf(raw.demandMeans) }),
  };
  const reach = floats64(raw.reach, countComponents(columns.length, plan), 'reach');
  const pooledReach = floats64(raw.pooledReach, columns.length < 2 ? 0 : plan.lengths.length, 'pooledReach');
  if (![...reach, ...pooledReach].every((level) => level > 0)) throw invalid('a return level is not above 0');
  const starts = readStarts(raw.starts, { columns: columns.length, plan });
  return { plan, expectation, tail: readScoreTail(raw.tail), reach, pooledReach, starts };
}

/** @throws ArtifactError where one is longer than what a row is read with */
function meansOf(raw: unknown): readonly number[] {
  const longest = Math.max(...DEMAND_MEANS);
  if (Array.isArray(raw) && raw.every((mean) => positive(mean, 'a mean of demandMeans') <= longest))
    return raw;
  throw invalid(`demandMeans is ${show(raw)}, not a list of ms up to ${longest}`);
}

function zoneOf(raw: unknown): string {
  if (typeof raw === 'string' && isTimeZone(raw)) return raw;
  throw invalid(`timeZone is ${show(raw)}, which is no time zone that this runtime knows`);
}

/** -1 for an empty curve. */
function numberOf(curves: Map<Float32Array, number>, curve: Float32Array): number {
  if (curve.length === 0) return -1;
  const known = curves.get(curve) ?? curves.size;
  curves.set(curve, known);
  return known;
}

function join(curves: readonly Float32Array[], length: number): Float32Array {
  const joined = new Float32Array(curves.length * length);
  for (const [at, curve] of curves.entries()) joined.set(curve, at * length);
  return joined;
}

function encode(array: Float64Array | Float32Array | Int32Array): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
}

function curvesOf(raw: unknown, length: number, what: string): readonly Float32Array[] {
  const size = typeof raw === 'string' ? Buffer.from(raw, 'base64').length : 0;
  if (size % (length * 4) !== 0) throw invalid(`${what}: ${size} bytes are no curves of ${length}`);
  const joined = new Float32Array(copy(bytes(raw, size, what)));
  const bad = joined.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw invalid(`${what}: a curve has the value ${bad}`);
  return Array.from({ length: size / length / 4 }, (_, at) => joined.slice(at * length, (at + 1) * length));
}

function pick(curves: readonly Float32Array[], number: number, what: string): Float32Array {
  if (number === -1) return NO_CURVE;
  const curve = curves[number];
  if (curve === undefined) throw invalid(`${what} curve ${number} of ${curves.length}`);
  return curve;
}

const NO_CURVE = new Float32Array();

function floats64(raw: unknown, count: number, what: string): Float64Array {
  return new Float64Array(copy(bytes(raw, count * 8, what)));
}

/** Where the bytes lie, a typed array need not be able to begin. */
function copy(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}

function positive(raw: unknown, what: string): number {
  if (typeof raw === 'number' && raw > 0 && raw < Infinity) return raw;
  throw invalid(`${what} is ${show(raw)}`);
}
