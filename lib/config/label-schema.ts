/** The `labels` part of a manifest, as people write it. */
import * as z from 'zod';
import { LONGEST_EXPRESSION } from '../labels/tokenize.ts';
import { DEFAULT_LABELS, type LabelCriterion, type LabelSettings, MOST_CRITERIA } from './label-settings.ts';
import { LABEL_PRESET_NAMES, LABEL_PRESETS, type LabelPresetName } from './presets/label-presets.ts';

/** At most so many columns that serve labels alone. */
const MOST_COLUMNS = 200;
const NAME_ERROR = 'must be a name of lower-case letters, digits, - and _, at most 64';
const WHEN_ERROR = `must be a condition over columns, such as restarts > 5, at most ${LONGEST_EXPRESSION} characters`;
const COLUMN_ERROR = 'must be the name of a column';

export type ManifestLabels = LabelPresetName | readonly LabelCriterion[];

const criterion = z.strictObject({
  name: z
    .string({ error: NAME_ERROR })
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, { error: NAME_ERROR })
    .describe('What the label of a row says of why it is there.'),
  when: z
    .string({ error: WHEN_ERROR })
    .regex(/\S/, { error: WHEN_ERROR, abort: true })
    .max(LONGEST_EXPRESSION, { error: WHEN_ERROR })
    .describe('Rows in which this holds are labelled: docs/labels.md has the language.'),
});

export const labelSchema: z.ZodType<ManifestLabels> = z.union(
  [
    z.enum(LABEL_PRESET_NAMES),
    z
      .array(criterion)
      .min(1, { error: 'must have at least one criterion' })
      .max(MOST_CRITERIA, { error: `must have at most ${MOST_CRITERIA} criteria` }),
  ],
  { error: `must be ${LABEL_PRESET_NAMES.join(' or ')}, or a list of {name, when}` },
);

export const labelColumnsSchema: z.ZodType<readonly string[]> = z
  .array(z.string({ error: COLUMN_ERROR }).regex(/\S/, { error: COLUMN_ERROR }), {
    error: 'must be a list of column names',
  })
  .max(MOST_COLUMNS, { error: `must have at most ${MOST_COLUMNS} columns` });

/** @param given checked by the schemas above */
export function toLabelSettings(given: {
  readonly labels?: ManifestLabels | undefined;
  readonly label_columns?: readonly string[] | undefined;
}): LabelSettings {
  const { labels, label_columns: columns = [] } = given;
  if (labels === undefined) return DEFAULT_LABELS;
  if (typeof labels !== 'string') return { criteria: labels, columns };
  const preset = LABEL_PRESETS[labels];
  return { criteria: preset.criteria, columns: [...preset.metrics.map(({ name }) => name), ...columns] };
}
