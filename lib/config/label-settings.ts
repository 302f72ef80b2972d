/** By which rules rows count as anomalous where no person has said so: docs/labels.md. */
export interface LabelSettings {
  /** Empty: only a `label` column says what is anomalous. */
  readonly criteria: readonly LabelCriterion[];
  /** Columns that serve the criteria alone: no model sees them. */
  readonly columns: readonly string[];
}

export interface LabelCriterion {
  readonly name: string;
  /** A condition over columns, in the language of lib/labels. */
  readonly when: string;
}

/** As many as one word has bits: a row keeps one for each. */
export const MOST_CRITERIA = 32;

export const DEFAULT_LABELS: LabelSettings = { criteria: [], columns: [] };
