/**
 * What is expected of series as JSON, in one table for all of them. Numbers are base64 of little-endian float64, curves of float32; a season that
 * series share is stored once.
 */
import { isTimeZone } from '../config/feature-settings.ts';
import { HOURS_OF_DAY } from '../expectation/scatter.ts';
import { HOURS_OF_WEEK, PLACES_OF_DAY, type SeasonalCurve } from '../expectation/seasonal-curve.ts';
import { type SeriesExpectation, UNMEASURED } from '../expectation/series.ts';
import { bytes, invalid, show } from '../features/read-state.ts';

/** Of a series: centre, spread, low, high. */
const FIGURES = 4;
const NO_CURVE = new Float32Array();

export function saveSeries(series: readonly SeriesExpectation[]): object {
  const days = new Map<Float32Array, number>();
  const weeks = new Map<Float32Array, number>();
  const seasonOf = series.flatMap(({ season }) => [numberOf(days, season.day), numberOf(weeks, season.week)]);
  const timeZone = series.find(({ season }) => season.timeZone !== undefined)?.season.timeZone;
  const scatters = new Map<Float32Array, number>();
  const scatterOf = series.map(({ season }) => numberOf(scatters, season.scatter));
  return {
    series: encode(
      Float64Array.from(series.flatMap(({ center, spread, low, high }) => [center, spread, low, high])),
    ),
    seasonOf: encode(Int32Array.from(seasonOf)),
    days: encode(join([...days.keys()], PLACES_OF_DAY)),
    weeks: encode(join([...weeks.keys()], HOURS_OF_WEEK)),
    slopes: encode(Float64Array.from(series, ({ slope }) => slope)),
    scatterOf: encode(Int32Array.from(scatterOf)),
    scatters: encode(join([...scatters.keys()], HOURS_OF_DAY)),
    // Left out where it is UTC, which versions of before knew alone.
    ...(timeZone !== undefined && { timeZone }),
  };
}

/**
 * @param raw has the members that `saveSeries` wrote; others are no matter
 * @throws ArtifactError where it is not of `count` series, or inconsistent
 */
export function readSeries(raw: Record<string, unknown>, count: number): readonly SeriesExpectation[] {
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
  return Array.from({ length: count }, (_, at): SeriesExpectation => {
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

export function encode(array: Float64Array | Float32Array | Int32Array): string {
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

export function floats64(raw: unknown, count: number, what: string): Float64Array {
  return new Float64Array(copy(bytes(raw, count * 8, what)));
}

/** Where the bytes lie, a typed array need not be able to begin. */
function copy(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
