/** Stretches of a history that a training leaves out: what the runs of one training have to agree on. */
import * as z from 'zod';

/**
 * `excluded`: somebody said that no training is to see it. `confirmed`: an anomaly that a person called true.
 * `unanswered`: one that nobody answered. `settled`: likewise, where it is the new usual. `unwatched`: like nothing else in
 * the history, from before anybody watched.
 */
export const HOLE_REASONS = ['excluded', 'confirmed', 'unanswered', 'settled', 'unwatched'] as const;
export type HoleReason = (typeof HOLE_REASONS)[number];

export interface TrainingHole {
  readonly reason: HoleReason;
  /** The name of the exclusion, the id of the anomaly, or, where nobody watched, the metric that was farthest off. */
  readonly of: string;
  /** Of what nobody watched: that metric's median in it, and what was expected there. */
  readonly value?: number | undefined;
  readonly usual?: number | undefined;
  /** Whose rows; absent: those of every entity that `matchers` hold of. */
  readonly entity?: string | undefined;
  /** As people write them, of entity and workload. */
  readonly matchers?: readonly string[] | undefined;
  /** Epoch ms; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface TrainingHoles {
  readonly holes: readonly TrainingHole[];
  /** Anomalies and verdicts that were too many to be read: the oldest ones. */
  readonly unread: number;
  /** Rows from before anybody watched that are like nothing else, and too many to be left out; absent: none. */
  readonly tooUnlike?: number | undefined;
}

export const NO_HOLES: TrainingHoles = { holes: [], unread: 0 };

export const holesSchema: z.ZodType<TrainingHoles> = z.looseObject({
  holes: z.array(
    z.looseObject({
      reason: z.enum(HOLE_REASONS),
      of: z.string(),
      value: z.number().optional(),
      usual: z.number().optional(),
      entity: z.string().optional(),
      matchers: z.array(z.string()).optional(),
      start: z.number(),
      end: z.number(),
    } satisfies { readonly [Member in keyof TrainingHole]-?: z.ZodType<unknown> }),
  ),
  unread: z.int().min(0),
  tooUnlike: z.int().min(1).optional(),
});
