/** How far a vector is from what the components expect. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { placesOf } from '../robust-z/baselines.ts';
import { toCoordinate } from './coordinates.ts';
import type { Pca } from './pca.ts';
import { buildForm, type Components, completeBlock, gapFinder, type QuadraticForm } from './quadratic.ts';
import { eachBlock, openVectors } from './vectors.ts';

export interface CompiledPca {
  readonly pca: Pca;
  readonly form: QuadraticForm;
  /** Of the scores. */
  readonly precision: 'single' | 'double';
}

/** Entries of a vector from which products in single precision are worth a second copy of the coordinates. */
const MIN_SINGLE_SIZE = 32;
/**
 * The largest usual deviation along a component over the least: rounding of a vector that is far out along the first
 * grows by it. Scores in single precision were off by at most 1.3 × 2⁻²⁴ times it (of 4 to 160 entries, and of 2 to
 * 3,000 times): by less than 1e-5 of themselves up to here. The default noise floor keeps it to about 10 √entries at most.
 */
const MAX_SINGLE_SPREAD = 128;

export function compilePca(pca: Pca): CompiledPca {
  return { pca, form: buildForm(pca.components), precision: choosePrecision(pca.components) };
}

function choosePrecision({ usual }: Components): CompiledPca['precision'] {
  let [least, largest] = [Infinity, 0];
  for (const square of usual) {
    least = Math.min(least, square);
    largest = Math.max(largest, square);
  }
  return usual.length >= MIN_SINGLE_SIZE && largest <= MAX_SINGLE_SPREAD ** 2 * least ? 'single' : 'double';
}

/**
 * √((u'Mu + moved constants squared) / entries): about 1 for usual rows. NaN for the first rows of an entity, which make
 * no whole vector, and for those before `from` (epoch ms). What is missing adds nothing.
 */
export function scoreRows(
  { pca, form, precision }: CompiledPca,
  x: FeatureMatrix,
  from: number = Number.NEGATIVE_INFINITY,
): Float64Array {
  const { coordinates } = pca;
  const { constant, baselines } = coordinates;
  const places = placesOf(baselines, x.entities);
  const entries = form.size + constant.length;
  const scores = new Float64Array(x.times.length).fill(NaN);
  const findGap = gapFinder(form);
  const vectors = openVectors(pca, { missing: 'nan', form, precision });
  const { squares } = vectors;
  const wanted = from === Number.NEGATIVE_INFINITY ? undefined : findEnds(x, pca.window, from);
  eachBlock(x, { ...pca, ...(wanted && { wanted }) }, vectors, ({ count, rows }) => {
    completeBlock(form, vectors, count, findGap);
    for (let b = 0; b < count; b++) {
      const moved = constant.length === 0 ? 0 : squareMoved(rows[b]!);
      scores[rows[b]!] = Math.sqrt((squares[b]! + moved) / entries);
    }
  });
  return scores;

  /** Of the columns that never moved in training. */
  function squareMoved(row: number): number {
    const place = places[x.entityOf[row]!]!;
    let sum = 0;
    for (const c of constant) {
      const moved = toCoordinate(coordinates, place + c, x.values[row * x.names.length + c]!);
      if (!Number.isNaN(moved)) sum += moved * moved;
    }
    return sum;
  }
}

/** Per entity the places of its rows from `from` on, among those that end a whole vector. */
function findEnds(x: FeatureMatrix, window: number, from: number): readonly Uint32Array[] {
  return groupRows(x).map((rows) =>
    Uint32Array.from(rows.keys()).filter((place) => place >= window - 1 && x.times[rows[place]!]! >= from),
  );
}
