/** A range that no training sees: `exclusions/NAME.yml`. */
import * as z from 'zod';
import { isoTime, matcherText, parseAnswerFile } from './answer-file.ts';
import type { Matcher } from './matcher.ts';

/** What rows can be told apart by: they have neither a metric that tells most, nor a severity. */
export const EXCLUDED_NAMES = ['detector', 'entity', 'workload'] as const;
export type ExcludedName = (typeof EXCLUDED_NAMES)[number];

export interface Exclusion {
  readonly name: string;
  /** All of them have to hold; none: of every detector and entity. */
  readonly matchers: readonly Matcher<ExcludedName>[];
  /** Epoch ms; `until` is exclusive. */
  readonly from: number;
  readonly until: number;
  readonly comment?: string | undefined;
  readonly by?: string | undefined;
}

const schema = z
  .strictObject(
    {
      matchers: z
        .array(matcherText(EXCLUDED_NAMES), {
          error: 'must be a list of matchers such as entity = shop/cart',
        })
        .min(1, { error: 'must have a matcher, or be left out for everything' })
        .default([]),
      from: isoTime(),
      until: isoTime(),
      comment: z.string({ error: 'must be text' }).optional(),
      by: z.string({ error: 'must be text' }).optional(),
    },
    { error: 'must be a map with from and until' },
  )
  .refine(({ from, until }) => from < until, { error: 'must have a from before its until' });

/** @throws AnswerError that names everything that is wrong */
export function parseExclusion(
  text: string,
  { source, name }: { readonly source: string; readonly name: string },
): Exclusion {
  return { name, ...parseAnswerFile(text, { source, schema }) };
}
