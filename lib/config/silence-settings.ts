/** Which kinds of silence alert, and after how long. */
export const SILENCE_KINDS = ['entity', 'metric', 'source', 'late'] as const;

/**
 * `entity`: it reports no more while others go on; of pods, a workload without any. `metric`: an entity reports, and one
 * of its metrics is missing. `source`: nobody reports. `late`: data comes, long after its time.
 */
export type SilenceKind = (typeof SILENCE_KINDS)[number];

/** Ms after which each kind alerts; undefined: it never does. */
export type SilenceSettings = { readonly [Kind in SilenceKind]: number | undefined };
