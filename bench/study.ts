import type { ModelKind } from '../lib/config/model-kind.ts';
import type { ScaleName, Way } from './cluster-fortnight/plan.ts';
import type { Part } from './lived/part.ts';

/** A measurement that is not about speed: its table for people, its figures for `--json`. */
export interface StudyResult {
  readonly text: string;
  readonly figures: unknown;
  /** Of a gate: something that was aimed at is not reached, and the bench ends with 1. */
  readonly isMissed?: boolean;
}

export interface StudyOptions {
  /** Names of the data sets to keep to, for a study that can; by default all. */
  readonly sets: readonly string[] | undefined;
  /** File (of `lived`: folder) of results so far, for a study that can go on from them. */
  readonly keep: string | undefined;
  /** The others are `lived`'s own. Which part of each file is judged; by default its test. */
  readonly part: Part | undefined;
  readonly model: ModelKind | undefined;
  /** How many simulated seeds. */
  readonly seeds: number | undefined;
  readonly scenarios: boolean;
  readonly peers: boolean;
  /** Threads that share the work. */
  readonly jobs: number;
  /** Of `cluster-fortnight`: how large its cluster is. */
  readonly scale: ScaleName | undefined;
  /** Of the same: what it goes through. */
  readonly through: Way | undefined;
  /** Of the same: folder for the mails that people would get, through the zips; undefined: they are not kept. */
  readonly mails: string | undefined;
  /** Of `scale`: the file of its picture; undefined: none. */
  readonly plot: string | undefined;
}

/**
 * @param data folder of labelled data sets; empty for a study that needs none
 * @param say takes lines of progress
 */
export type Study = (
  data: string,
  say: (line: string) => void,
  options: StudyOptions,
) => Promise<StudyResult>;
