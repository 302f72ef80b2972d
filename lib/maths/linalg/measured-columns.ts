/**
 * What the columns of a matrix have measured, each as one array in the memory of a WebAssembly kernel, and values of any
 * rank among them: of 250,000 values a fourteenth of a sort's time.
 */
import { COLUMNS_KERNEL } from './columns-kernel.ts';
import { copyPart } from './copy-rows.ts';
import { planMemory } from './memory-plan.ts';

/** Order statistics of one array, not empty. */
export interface RankedValues {
  readonly count: number;
  /** @param rank from 0, ascending */
  valueAt(rank: number): number;
  /** Median of |value - center|. */
  medianDistance(center: number): number;
}

export interface MeasuredColumns {
  /** Columns that are taken apart at a time. */
  readonly slice: number;
  /** Starts anew, with other columns. */
  clear(): void;
  /**
   * Appends what these rows have measured in columns `from` to `from` + slice, or the last one.
   * @returns per column how many values it has now
   */
  append(
    matrix: { readonly values: Float32Array; readonly width: number },
    rows: Uint32Array,
    from: number,
  ): Uint32Array;
  /** Values of a column, for reading, until `clear`. */
  view(column: number, start: number, end: number): Float32Array;
  rank(column: number, start: number, end: number): RankedValues;
}

/** Part of an array: all its values of these ranks, in any order. */
interface Ranks {
  readonly at: number;
  readonly count: number;
  /** Values of the array that rank before them. */
  readonly below: number;
}

interface Kernel {
  splitRows(rows: number, count: number, stride: number, columns: number, ends: number): void;
  takeBetween(
    values: number,
    count: number,
    low: number,
    high: number,
    patterns: number,
    out: number,
    result: number,
  ): void;
  takeNear(
    values: number,
    count: number,
    center: number,
    low: number,
    high: number,
    patterns: number,
    out: number,
    result: number,
  ): void;
  measureDistances(values: number, count: number, center: number, out: number): void;
  takeDistances(
    values: number,
    distances: number,
    count: number,
    center: number,
    distance: number,
    out: number,
  ): number;
  countDigits(values: number, count: number, counts: number): void;
  selectRank(
    values: number,
    count: number,
    rank: number,
    counts: number,
    later: number,
    patterns: number,
    scratch: number,
    result: number,
  ): void;
}

/** Their values share a cache line of 64 bytes. */
const SLICE = 16;
/** Above it fewer columns are taken apart at a time: WebAssembly has 4 GiB. */
const MAX_SLICE_BYTES = 2 ** 30;
/** Rows that are taken apart at a time: they stay in the first cache. */
const CHUNK = 128;
/** Columns begin one cache line farther than a round number of bytes: else they share the same few sets of a cache. */
const LINE = 64;
/** Values that tell about where a rank is, evenly taken. */
const SAMPLE = 1024;
/** The sample's ranks to either side between which all values are looked through: 3.5 deviations of a median's rank. */
const SAMPLE_MARGIN = 56;
/** Fewer values are all looked through. */
const WORTH_SAMPLING = 8 * SAMPLE;
const FIRST_COUNTS_BYTES = 2 * 4 * 2 ** 13;
const LATER_COUNTS_BYTES = 4 * 2 ** 10;
/** Of each of 16 masks over 4 lanes the bytes that are taken. */
const PATTERNS_BYTES = 16 * 16;

let compiled: WebAssembly.Module | undefined;

/** The kernel with room for so many columns of so many values. */
interface Workspace {
  readonly kernel: Kernel;
  readonly buffer: ArrayBufferLike;
  readonly slice: number;
  readonly columnBytes: number;
  /** Byte addresses. */
  readonly at: {
    readonly columns: number;
    readonly chunk: number;
    readonly ends: number;
    readonly distances: number;
    readonly part: number;
    readonly scratch: number;
    readonly counts: number;
    readonly later: number;
    readonly patterns: number;
    readonly result: number;
  };
  /** What a call leaves at `result`: the value of a rank, or how many values were taken and how many rank before. */
  readonly selected: Float32Array;
  readonly found: Uint32Array;
}

/** @param count values of a column, at most */
export function openMeasuredColumns(count: number, width: number): MeasuredColumns {
  const workspace = openWorkspace(count, width);
  const { kernel, buffer, slice, columnBytes, at } = workspace;
  const chunk = new Float32Array(buffer, at.chunk, CHUNK * slice);
  const ends = new Uint32Array(buffer, at.ends, slice);
  const begin = (column: number): number => at.columns + column * columnBytes;
  return {
    slice,
    clear: () => {
      for (let c = 0; c < slice; c++) ends[c] = begin(c);
    },
    append: ({ values, width: stride }, rows, from) => {
      const columns = Math.min(slice, stride - from);
      for (let first = 0; first < rows.length; first += CHUNK) {
        const part = rows.subarray(first, first + CHUNK);
        copyPart({ values, width: stride }, part, { from, columns }, chunk);
        kernel.splitRows(at.chunk, part.length, columns, columns, at.ends);
      }
      return Uint32Array.from({ length: columns }, (_, c) => (ends[c]! - begin(c)) / 4);
    },
    view: (column, start, end) => new Float32Array(buffer, begin(column) + 4 * start, end - start),
    rank: (column, start, end) =>
      rankValues(workspace, { at: begin(column) + 4 * start, count: end - start, below: 0 }),
  };
}

function openWorkspace(count: number, width: number): Workspace {
  const columnBytes = LINE * (2 * Math.ceil((4 * count + LINE) / (2 * LINE)) + 1);
  const slice = Math.max(1, Math.min(SLICE, width, Math.floor(MAX_SLICE_BYTES / columnBytes)));
  const plan = planMemory();
  const at = {
    columns: plan.take(slice * columnBytes),
    chunk: plan.take(CHUNK * slice * 4),
    ends: plan.take(slice * 4),
    distances: plan.take(columnBytes),
    part: plan.take(4 * count + LINE),
    scratch: plan.take(8 * count + LINE),
    counts: plan.take(FIRST_COUNTS_BYTES),
    later: plan.take(LATER_COUNTS_BYTES),
    patterns: plan.take(PATTERNS_BYTES),
    result: plan.take(8),
  };
  const memory = plan.open();
  const { buffer } = memory;
  compiled ??= new WebAssembly.Module(Buffer.from(COLUMNS_KERNEL, 'base64'));
  const kernel = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernel;
  fillPatterns(new Uint8Array(buffer, at.patterns, PATTERNS_BYTES));
  const selected = new Float32Array(buffer, at.result, 1);
  const found = new Uint32Array(buffer, at.result, 2);
  return { kernel, buffer, slice, columnBytes, at, selected, found };
}

function rankValues(workspace: Workspace, all: Ranks): RankedValues {
  const { kernel, buffer, at } = workspace;
  const sample = takeSample(new Float32Array(buffer, all.at, all.count));
  // Of the last ranks that were asked for: neighbours are in the same part.
  let counted: Ranks | undefined;
  return {
    count: all.count,
    valueAt: (rank) => {
      if (counted === undefined || !hasRank(counted, rank)) {
        const part = takeRanks(workspace, all, rank, sample, (low, high) =>
          kernel.takeBetween(all.at, all.count, low, high, at.patterns, at.part, at.result),
        );
        kernel.countDigits(part.at, part.count, at.counts);
        counted = part;
      }
      return selectRank(workspace, counted.at, counted.count, rank - counted.below);
    },
    medianDistance: (center) => {
      counted = undefined;
      return findMedianDistance(workspace, all, sample, center);
    },
  };
}

/** @param sample of the array, ascending; undefined: none */
function findMedianDistance(
  workspace: Workspace,
  all: Ranks,
  sample: Float32Array | undefined,
  center: number,
): number {
  const { kernel, buffer, at, found } = workspace;
  const middle = all.count >> 1;
  const isOdd = all.count % 2 === 1;
  const distances = sample?.map((value) => Math.abs(value - center)).sort();
  let part = takeRanks(workspace, all, middle, distances, (low, high) =>
    kernel.takeNear(all.at, all.count, center, low, high, at.patterns, at.part, at.result),
  );
  if (!isOdd && !hasRank(part, middle - 1)) part = all;
  kernel.measureDistances(part.at, part.count, center, at.distances);
  kernel.countDigits(at.distances, part.count, at.counts);
  const distanceAt = (rank: number): number => {
    const rounded = selectRank(workspace, at.distances, part.count, rank - part.below);
    const below = part.below + found[1]!;
    // Rounding keeps their order: the exact one is among those that round to the same.
    const alike = kernel.takeDistances(part.at, at.distances, part.count, center, rounded, at.scratch);
    return new Float64Array(buffer, at.scratch, alike).sort()[rank - below]!;
  };
  const upper = distanceAt(middle);
  return isOdd ? upper : (distanceAt(middle - 1) + upper) / 2;
}

/** Of values whose digits were counted. */
function selectRank(
  { kernel, at, selected }: Workspace,
  values: number,
  length: number,
  rank: number,
): number {
  kernel.selectRank(values, length, rank, at.counts, at.later, at.patterns, at.scratch, at.result);
  return selected[0]!;
}

/**
 * The part of an array that has a rank, by where the sample has it; all of it where the sample is wrong, or none.
 * @param sample ascending
 * @param take all from a low to a high value, both inclusive, into `part`
 */
function takeRanks(
  { at, found }: Workspace,
  all: Ranks,
  rank: number,
  sample: Float32Array | undefined,
  take: (low: number, high: number) => void,
): Ranks {
  if (sample === undefined) return all;
  const near = Math.floor((rank / all.count) * sample.length);
  take(sample[near - SAMPLE_MARGIN] ?? -Infinity, sample[near + SAMPLE_MARGIN] ?? Infinity);
  const part = { at: at.part, count: found[0]!, below: found[1]! };
  return hasRank(part, rank) ? part : all;
}

function hasRank({ count, below }: Ranks, rank: number): boolean {
  return rank >= below && rank < below + count;
}

/** @returns ascending; undefined where that is not worth it */
function takeSample(values: Float32Array): Float32Array | undefined {
  if (values.length < WORTH_SAMPLING) return undefined;
  const step = values.length / SAMPLE;
  const sample = new Float32Array(SAMPLE);
  for (let i = 0; i < SAMPLE; i++) sample[i] = values[Math.floor(i * step)]!;
  return sample.sort();
}

/** What the kernel's `appendHits` shuffles lanes by. */
function fillPatterns(patterns: Uint8Array): void {
  for (let mask = 0; mask < 16; mask++) {
    let to = 16 * mask;
    for (let lane = 0; lane < 4; lane++)
      if ((mask >> lane) & 1) for (let byte = 0; byte < 4; byte++) patterns[to++] = 4 * lane + byte;
  }
}
