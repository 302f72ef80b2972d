import type { Owner, WorkloadRevision } from '../base/workload.ts';
import type { TimeRange } from './time-range.ts';

/**
 * Rows of one detector over one range, column by column, sorted by entity (code unit order) and then time.
 * Each column is the buffer of an Arrow vector: `arrow.ts` wraps and unwraps it without a copy.
 */
export interface MetricWindow {
  readonly detector: string;
  readonly range: TimeRange;
  /** Distance of the time grid in milliseconds. */
  readonly step: number;
  /** Metric names, in column order. */
  readonly metrics: readonly string[];
  /** Distinct entities in code unit order; `''` where the data names none. */
  readonly entities: readonly string[];
  /** Row → index into `entities`. Length: rows. */
  readonly entityOf: Uint32Array;
  /** Epoch milliseconds, strictly ascending within an entity. Length: rows. */
  readonly times: Float64Array;
  /** One array per metric, length: rows. NaN where nothing was measured. */
  readonly columns: readonly Float64Array[];
  /** 1 where a person or a rule called the row anomalous. Never a feature. */
  readonly labels: Uint8Array | undefined;
  /**
   * By entity, the owners of pods whose names tell another one or none; of the others the names tell. Absent: nobody knows, as
   * in dropped files; only windows as they came have it.
   */
  readonly podOwners?: ReadonlyMap<string, Owner> | undefined;
  /** Of the workloads of its pods, ascending by time; absent as `podOwners` is, and where the source tells none. */
  readonly revisions?: readonly WorkloadRevision[] | undefined;
}
