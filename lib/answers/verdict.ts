/** What a person says of an incident, or of one anomaly of it: `feedback/ID.json`. */
import * as z from 'zod';
import { type Via, viaSchema } from './via.ts';

/** `expected`: it was there, and nobody needed to hear of it. `false`: nothing was there. */
export const VERDICTS = ['true', 'false', 'expected'] as const;

export interface Verdict {
  readonly formatVersion: 1;
  /** Of the incident or the anomaly. */
  readonly id: string;
  readonly verdict: (typeof VERDICTS)[number];
  readonly note?: string | undefined;
  readonly by?: string | undefined;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Absent where it came by a command, or by hand. */
  readonly via?: Via | undefined;
}

/** Read strictly: people write it by hand too. */
export const verdictSchema: z.ZodType<Verdict> = z.strictObject({
  formatVersion: z.literal(1),
  id: z.string(),
  verdict: z.enum(VERDICTS),
  note: z.string().optional(),
  by: z.string().optional(),
  at: z.iso.datetime(),
  via: viaSchema.optional(),
} satisfies { readonly [Member in keyof Verdict]-?: z.ZodType<unknown> });
