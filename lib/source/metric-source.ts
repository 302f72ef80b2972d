/** The port through which metrics come in: what every source answers, with history or without. */
import type { Detector } from '../config/detector.ts';
import { MAX_ENTITIES } from '../window/limits.ts';
import type { TimeRange } from '../window/time-range.ts';

/** One series of samples, strictly ascending in time. */
export interface MatrixSeries {
  /** Tell it from every other series of its metric. With `__name__` where the source has one. */
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  /** Length of `times`. NaN where the source measured something that is no finite number. */
  readonly values: Float64Array;
  /** Whether it has samples that are no numbers, native histograms, which `values` lacks; absent: no. */
  readonly hasHistograms?: boolean | undefined;
}

/** What the source gave for one metric; without series where it has no data. */
export interface MetricMatrix {
  readonly name: string;
  /** As the manifest has it. */
  readonly query: string;
  readonly series: readonly MatrixSeries[];
  /** Stretches of the range that `series` lacks, since the source never answers for them; absent: none. */
  readonly refused?: readonly RefusedStretch[];
}

/** Half-open. */
export interface RefusedStretch extends TimeRange {
  /** In the source's words. */
  readonly reason: string;
}

/** What of a detector a source is told. One that is asked in other words than a query adds its member of the manifest. */
export type Watched = Pick<Detector, 'name' | 'metrics' | 'entityLabels'>;

/** The source of a deployment, opened once by `openSource`. */
export interface MetricSource {
  /** What and where it is, for messages; without secrets. */
  readonly name: string;
  /** Asks nothing yet. */
  forDetector(detector: Watched): DetectorSource;
}

/** The metrics of one detector. Its methods answer with one matrix a metric, in the order of the manifest. */
export type DetectorSource = SourceWithHistory | SourceWithoutHistory;

export interface SourceWithHistory {
  readonly history: true;
  /**
   * Every series of every metric over the range, or an error: never a part of them, but for what is told as `refused`. Times stand on the grid of the range;
   * cells without a sample are left out.
   * @throws SourceError where an answer is unusable (twice the same labels, more than MAX_SERIES series, a range that is no
   * whole number of steps) or the source stays unreachable
   * @throws RetryLaterError `deadline` where the time of this invocation does not suffice, `aborted` where `signal` fired
   */
  readRange(range: GridRange): Promise<readonly MetricMatrix[]>;
}

export interface SourceWithoutHistory {
  readonly history: false;
  /**
   * What holds now, in one sample a series, at the time when it was measured: not on any grid, and never after now.
   * @throws as `readRange` does
   */
  readNow(options?: { readonly signal?: AbortSignal }): Promise<readonly MetricMatrix[]>;
}

export interface GridRange {
  /** Epoch milliseconds: `start` is the first cell of the grid, `end` (exclusive) is a whole number of steps after it. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds. */
  readonly step: number;
  readonly signal?: AbortSignal;
  /**
   * A cell, the newest that is known. Where the source answers for it, what it refuses in the range is left out and told as `refused`;
   * absent, or where it refuses that cell as well, that is an error. Of answers that are too large, as many of the newest cells are asked for.
   */
  readonly newest?: number;
}

/** Of one metric and answer: twice the entities of a window, since the series of one may take turns. */
export const MAX_SERIES: number = 2 * MAX_ENTITIES;
