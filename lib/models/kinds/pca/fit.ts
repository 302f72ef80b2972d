/**
 * Learns the components. Robust: every value by its column's own median and tails and compressed (a marginal step), then
 * two passes over the vectors, of which the second gives those that the first finds far out less weight and fills what
 * is missing by what the first expects (a step of the EM algorithm). Memory: one block of vectors and the covariance.
 */
import { ModelError, RetryLaterError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { decomposeSymmetric } from '../../../maths/linalg/symmetric-eigen.ts';
import { selectRank } from '../../../maths/select-rank.ts';
import type { FitRun } from '../../framework/contract.ts';
import { checkTraining } from '../../framework/matrix-checks.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { fitBaselines } from '../robust-z/fit.ts';
import { type Coordinates, ROBUST_KNEE, sortColumns } from './coordinates.ts';
import { meanBaselines } from './mean-baselines.ts';
import { accumulate, type Moments, plainMoments, squaresAlong, vectorForms } from './moments.ts';
import type { PcaParams } from './params.ts';
import type { Pca } from './pca.ts';
import { buildForm, type Components } from './quadratic.ts';
import type { VectorRequest } from './vectors.ts';

/**
 * Rows of a vector, unless asked for: a fault is a matter of minutes, and shows in how a metric moves as much as in where
 * it stands. By VUS-PR of faults injected into the later parts of the training (see `robust-z`; 36 series, 5 sets) single
 * rows reach 0.70, windows of 5 rows 0.817, of 10 rows 0.821. As the cost grows with the square of a vector's entries,
 * many columns get fewer rows.
 */
const USUAL_WINDOW = 10;
const USUAL_SIZE = 400;
/**
 * Where a single metric varies, as in Sub-PCA of TSB-AD: of 2 to 80 rows 20 found most of the faults that were injected
 * into KPI training parts, where a row within 20 of one counts as found.
 */
const SINGLE_METRIC_WINDOW = 20;
/** A window of its own choice is at most this share of the longest entity's rows. */
const LONGEST_WINDOW_SHARE = 0.1;
/** Entries of a vector: the covariance then takes 8 MB, its components a second or two. */
const MAX_SIZE = 1024;
/** Vectors that a robust fit takes, evenly: more would not change a covariance by what a week does. */
const MAX_VECTORS = 65_536;
/** Vectors that the tails along components are measured on. */
const MAX_TAIL_VECTORS = 4096;
/** Vectors farther out than this share of all lose weight: as much as brings them to the limit. */
const TRUSTED_SHARE = 0.99;
/** Share of the training beyond a component's tail, and where a standard normal has it. */
const TAIL_SHARE = 0.01;
const TAIL_DEVIATIONS = 2.5758293035489004;

/**
 * Rows labelled anomalous are left out, and vectors that look back on one.
 * @throws ModelError where the data cannot carry a fit, RetryLaterError once the deadline has passed
 */
export function fitPca(x: FeatureMatrix, params: PcaParams, run: FitRun): Pca {
  checkTraining(x, run, 2);
  const coordinates = learnCoordinates(x, params, run);
  const groups = groupRows(x);
  const longest = groups.reduce((most, { length }) => Math.max(most, length), 0);
  const window = params.window ?? chooseWindow(coordinates, longest);
  const size = coordinates.varying.length * window;
  if (size > MAX_SIZE)
    throw new ModelError(
      'too-wide',
      `pca: ${coordinates.varying.length} columns that vary × ${window} rows make vectors of ${size}, at most ${MAX_SIZE}`,
    );
  const usable = groups.map((rows) => usableVectors(rows, run.labels, window));
  const available = usable.reduce((sum, { length }) => sum + length, 0);
  if (available < 2)
    throw new ModelError(
      'too-few-rows',
      `pca: ${available} stretches of ${window} unlabelled rows (the longest entity has ${longest}), a fit takes at least 2`,
    );
  const taken = params.robust ? Math.min(available, MAX_VECTORS) : available;
  const request = { coordinates, window, wanted: takeShare(usable, taken / available) };
  const sample = { ...request, wanted: takeShare(usable, Math.min(1, MAX_TAIL_VECTORS / available)) };
  const watch = watchDeadline(run);
  const components = params.robust
    ? findRobust({ x, request, sample, params, watch })
    : toComponents(plainMoments(x, request, watch), params);
  run.onProgress?.(1);
  return {
    coordinates,
    window,
    components,
    isRobust: params.robust,
    noiseFloor: params.noiseFloor,
    taken,
    available,
  };
}

function learnCoordinates(x: FeatureMatrix, { robust }: PcaParams, run: FitRun): Coordinates {
  const baselines = robust
    ? fitBaselines(x, { largest: 1 }, { ...run, onProgress: (done) => run.onProgress?.(done / 4) })
    : meanBaselines(x, run.labels);
  return { baselines, knee: robust ? ROBUST_KNEE : Infinity, ...sortColumns(baselines) };
}

function chooseWindow({ varying }: Coordinates, longest: number): number {
  const usual =
    varying.length === 1
      ? SINGLE_METRIC_WINDOW
      : Math.min(USUAL_WINDOW, Math.floor(USUAL_SIZE / Math.max(1, varying.length)));
  return Math.max(1, Math.min(usual, Math.floor(longest * LONGEST_WINDOW_SHARE)));
}

/**
 * @param rows of an entity
 * @returns where, among them, vectors without a labelled row end
 */
function usableVectors(rows: Uint32Array, labels: Uint8Array | undefined, window: number): Uint32Array {
  const places = new Uint32Array(rows.length);
  let count = 0;
  let unlabelled = 0;
  for (let at = 0; at < rows.length; at++) {
    unlabelled = labels?.[rows[at]!] === 1 ? 0 : unlabelled + 1;
    if (unlabelled >= window) places[count++] = at;
  }
  return places.subarray(0, count);
}

/** Evenly. @param share of the vectors of all entities, 0 to 1 */
function takeShare(usable: readonly Uint32Array[], share: number): readonly Uint32Array[] {
  if (share === 1) return usable;
  let due = 0;
  return usable.map((places) => {
    const taken = new Uint32Array(places.length);
    let count = 0;
    for (let i = 0; i < places.length; i++) {
      due += share;
      // Sums of a share such as 1/3 fall short by rounding.
      if (due < 1 - 1e-9) continue;
      due -= 1;
      taken[count++] = places[i]!;
    }
    return taken.subarray(0, count);
  });
}

interface RobustFit {
  readonly x: FeatureMatrix;
  readonly request: VectorRequest;
  /** Fewer vectors, for quantiles. */
  readonly sample: VectorRequest;
  readonly params: PcaParams;
  readonly watch: () => void;
}

function findRobust({ x, request, sample, params, watch }: RobustFit): Components {
  const first = buildForm(toComponents(plainMoments(x, request, watch), params));
  const forms = vectorForms(x, sample, first);
  const limit = selectRank(forms, Math.floor(TRUSTED_SHARE * (forms.length - 1)));
  const second = accumulate(x, request, { form: first, limit, watch });
  const components = toComponents(second, params);
  return { ...components, usual: widenByTails(x, sample, components) };
}

function toComponents({ mean, covariance }: Moments, { noiseFloor }: PcaParams): Components {
  const size = mean.length;
  const { values, vectors } = decomposeSymmetric(covariance, size);
  // Rounding takes those of a singular covariance below 0.
  const variances = values.map((value) => Math.max(value, 0));
  // 1 where the taken vectors are all the same: coordinates are of that order.
  const average = variances.reduce((sum, value) => sum + value / size, 0) || 1;
  return { vectors, variances, mean, usual: variances.map((value) => value + noiseFloor * average) };
}

/** Heavy-tailed components do not lead the list of alerts: the same figures as for single columns in `robust-z`. */
function widenByTails(x: FeatureMatrix, sample: VectorRequest, components: Components): Float64Array {
  const { variances, usual } = components;
  const along = squaresAlong(x, sample, components);
  return usual.map((square, k) => {
    const squares = along[k]!;
    const tail = selectRank(squares, Math.floor((1 - TAIL_SHARE) * (squares.length - 1)));
    return square + Math.max(0, tail / TAIL_DEVIATIONS ** 2 - variances[k]!);
  });
}

function watchDeadline({ deadline }: FitRun): () => void {
  return () => {
    if (deadline.remaining() <= 0)
      throw new RetryLaterError(
        'deadline',
        'pca stopped before its components were found: 0 ms of its time are left',
      );
  };
}
