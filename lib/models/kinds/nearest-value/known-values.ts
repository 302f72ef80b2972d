/**
 * Everything a metric has been: islands of values that lie close to each other, and the stretches of water between them.
 * How far a value is from the nearest shore is how new it is.
 *
 * As numbers: what a distance is measured in, the time of the first row (epoch ms) and of the last, then per island its
 * least value, its greatest, and 1 where it is a single value that was there once, 2 where not.
 */
import { quantile } from '../../../maths/quantile.ts';

const HEAD = 3;
const ISLAND = 3;
/** Narrower stretches than the so many widest are land: they lie in the bulk, where no distance is news. */
const MOST_STRETCHES = 512;
/**
 * A distance that one value in 64 has to its nearest neighbour is measured as what one normal value in 64 exceeds on
 * one side, so that the tails of the residuals (univariate/tail.ts) begin where they expect it.
 */
const USUAL_SHARE = 1 - 1 / 64;
const NORMAL_SIZE = 2.1539;
/** Of a series with a single value, in its units: scaled features count a constant's move in percent. */
const SCALE_OF_CONSTANT = 0.1;

/**
 * @param values at least one, all measured; sorted in place
 * @param times ascending, of the rows that the values are from
 */
export function gatherKnown(values: Float64Array, times: Float64Array): Float64Array {
  values.sort();
  const widths = values.subarray(1).map((value, i) => value - values[i]!);
  const ends = [...findWidest(widths), values.length - 1];
  const known = new Float64Array(HEAD + ISLAND * ends.length);
  known.set([measureScale(widths), times[0]!, times.at(-1)!]);
  let from = 0;
  for (const [island, end] of ends.entries()) {
    known.set([values[from]!, values[end]!, end === from ? 1 : 2], HEAD + ISLAND * island);
    from = end + 1;
  }
  return known;
}

/** Where the widest stretches begin, ascending; of equally wide ones the first. */
function findWidest(widths: Float64Array): readonly number[] {
  const wide = [...widths.keys()].filter((i) => widths[i]! > 0);
  if (wide.length <= MOST_STRETCHES) return wide;
  return wide
    .sort((a, b) => widths[b]! - widths[a]! || a - b)
    .slice(0, MOST_STRETCHES)
    .sort((a, b) => a - b);
}

/** From the distance of each value to its nearest neighbour. */
function measureScale(widths: Float64Array): number {
  const distances = Float64Array.from({ length: widths.length + 1 }, (_, i) =>
    Math.min(widths[i - 1] ?? Infinity, widths[i] ?? Infinity),
  ).sort();
  const usual = widths.length === 0 ? 0 : quantile(distances, USUAL_SHARE);
  if (usual > 0) return usual / NORMAL_SIZE;
  // Few values, over and over: the least step between two of them is nothing out of the way.
  const steps = widths.filter((width) => width > 0);
  return steps.length === 0 ? SCALE_OF_CONSTANT : steps.reduce((a, b) => Math.min(a, b)) / NORMAL_SIZE;
}

export function scaleOf(known: ArrayLike<number>): number {
  return known[0]!;
}

export function boundsOf(known: ArrayLike<number>): { readonly least: number; readonly greatest: number } {
  return { least: known[HEAD]!, greatest: known[known.length - ISLAND + 1]! };
}

/**
 * The known value that is nearest; the value itself where it is known, or lies on an island.
 * @param time epoch ms. A row of the training is not its own neighbour: where its value was there once, the next nearest
 *   is meant. Else nothing in training would be any distance from anything, and every distance later on a surprise.
 */
export function findNearest(known: ArrayLike<number>, value: number, time: number): number {
  const count = (known.length - HEAD) / ISLAND;
  const lowOf = (island: number): number => known[HEAD + ISLAND * island]!;
  const highOf = (island: number): number => known[HEAD + ISLAND * island + 1]!;
  // The first island that ends at the value or above it.
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (highOf(middle) < value) from = middle + 1;
    else to = middle;
  }
  let above = from;
  if (from < count && lowOf(from) <= value) {
    const isOwn = time >= known[1]! && time <= known[2]! && known[HEAD + ISLAND * from + 2] === 1;
    if (!isOwn || count === 1) return value;
    above = from + 1;
  }
  const down = from > 0 ? value - highOf(from - 1) : Infinity;
  const up = above < count ? lowOf(above) - value : Infinity;
  return down <= up ? highOf(from - 1) : lowOf(above);
}

/** @returns what is wrong; undefined where nothing is */
export function findKnownFault(known: ArrayLike<number>): string | undefined {
  if (known.length < HEAD + ISLAND || (known.length - HEAD) % ISLAND !== 0)
    return `it has ${known.length} numbers`;
  for (let i = 0; i < known.length; i++)
    if (!Number.isFinite(known[i]!)) return `its number ${i} is ${known[i]}`;
  if (!(scaleOf(known) > 0)) return `its scale is ${known[0]}`;
  if (known[1]! > known[2]!) return `its training ends at ${known[2]}, before it begins`;
  for (let i = HEAD; i < known.length; i += ISLAND) {
    const [low, high, occurrence] = [known[i]!, known[i + 1]!, known[i + 2]!];
    if (high < low || (i > HEAD && low <= known[i - 2]!)) return `its number ${i} is ${low}, out of order`;
    if (occurrence !== 2 && !(occurrence === 1 && low === high))
      return `its number ${i + 2} is ${occurrence}`;
  }
  return undefined;
}
