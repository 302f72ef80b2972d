/** Missing data as the decision stage sees and remembers it: who was heard, of what, and who was not. */
import type { SilenceKind } from '../../config/silence-settings.ts';
import type { Transition } from '../contract.ts';

/**
 * What training heard, part of a version. A gap is how many rows were missing one after the other, again and again. null:
 * it was not there nearly always, so nobody misses it.
 */
export interface UsualPresence {
  /** Those of `metrics` in `units` and `everyone`, in order. */
  readonly metrics: readonly string[];
  /** Ms between rows of anybody, beyond a step. */
  readonly sourceGap: number;
  /** Of each metric, where somebody was heard and nobody had it. */
  readonly everyone: readonly (number | null)[];
  /** By workload; an entity that is no pod is its own. */
  readonly units: ReadonlyMap<string, UsualUnit>;
}

export interface UsualUnit {
  /** Where others were heard and none of its entities was. */
  readonly gap: number | null;
  /**
   * Of one that comes and goes at regular times, as a nightly job does: the longest gap between two visits. Absent where it
   * is there nearly always, or its times are not regular.
   */
  readonly pause?: number | undefined;
  /** Of each metric, where one of its entities was heard without it and somebody else's had it. */
  readonly metrics: readonly (number | null)[];
}

/** What is remembered between windows. Plain data, kept in the detector's state. Times are epoch ms, of rows. */
export interface SilenceState {
  /** Newest row of anybody. */
  readonly heardUntil: number;
  /** Ms without anybody from which it is a silence; absent: never. */
  readonly sourceLimit?: number | undefined;
  /**
   * Entities that come in the same files, by the newest row of any of them. Where each entity has files of its own, one
   * that is behind the others is not silent: its next file has not come yet.
   */
  readonly groups: Readonly<Record<string, number>>;
  /** By workload. */
  readonly units: Readonly<Record<string, TrackedUnit>>;
  /** Metrics that nobody had in the newest rows. */
  readonly everyone: Readonly<Record<string, MissedRows>>;
  /** Entities that lacked a metric when they were heard last, and which. */
  readonly entities: Readonly<Record<string, TrackedEntity>>;
  readonly open: readonly OpenSilence[];
}

export interface TrackedUnit {
  readonly group: string;
  /** Newest row. */
  readonly heard: number;
  /** Rows of its group since. */
  readonly missed: number;
  /** Of one that comes at regular times, the first row of its newest visit; absent before one was seen to begin. */
  readonly since?: number | undefined;
}

export interface MissedRows {
  /** The first of them. */
  readonly since: number;
  /** 0: an entity lacks it as everyone does, where it is told of everyone. */
  readonly rows: number;
}

export interface TrackedEntity {
  /** Newest row. */
  readonly heard: number;
  readonly missing: Readonly<Record<string, MissedRows>>;
}

export interface OpenSilence {
  readonly id: string;
  readonly kind: SilenceKind;
  /** A workload or entity; '' for everyone. */
  readonly entity: string;
  /** Of kind `metric`, sorted. */
  readonly metrics: readonly string[];
  /** The first row that is missing, and the newest. */
  readonly start: number;
  readonly last: number;
  /** Ms that were missing when people were told last. */
  readonly silent: number;
  /** Ms after which it opened. */
  readonly limit: number;
  /** Of one that comes at regular times: when it should have come, and when it was there last, half-open. */
  readonly due?: number | undefined;
  readonly visit?: { readonly from: number; readonly to: number } | undefined;
  /** Changes so far; 0: noticed by the clock, and still to be told. */
  readonly sequence: number;
}

/** A change that people hear of. */
export interface SilenceTransition {
  /** `peakScore` is seconds of silence; the last anomalous row is the newest that is missing. */
  readonly transition: Transition;
  readonly silence: Omit<OpenSilence, 'id' | 'sequence'> & {
    /** The rows that were missed have come, or all that there is goes on where it ended. */
    readonly cameLate: boolean;
    /** Over, because the entity is heard no more; `others`: its workload, where others of it were heard since. */
    readonly gone?: { readonly others?: string } | undefined;
  };
}
