/** A measurement that is not about speed: its table for people, its figures for `--json`. */
export interface StudyResult {
  readonly text: string;
  readonly figures: unknown;
}

export interface StudyOptions {
  /** Names of the data sets to keep to, for a study that can; by default all. */
  readonly sets: readonly string[] | undefined;
  /** File of results so far, for a study that can go on from them. */
  readonly keep: string | undefined;
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
