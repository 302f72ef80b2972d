/** Ready-made sets of label criteria, by the name that a manifest gives. */
import type { LabelCriterion } from '../label-settings.ts';
import { KUBERNETES_CRITERIA, KUBERNETES_LABEL_METRICS } from './kubernetes-labels.ts';
import type { PresetMetric } from './preset.ts';

export const LABEL_PRESET_NAMES = ['kubernetes'] as const;
export type LabelPresetName = (typeof LABEL_PRESET_NAMES)[number];

export interface LabelPreset {
  readonly criteria: readonly LabelCriterion[];
  /** Beside those of the preset of the same name: queried for the criteria alone, kept from the model. */
  readonly metrics: readonly PresetMetric[];
}

export const LABEL_PRESETS: Readonly<Record<LabelPresetName, LabelPreset>> = {
  kubernetes: { criteria: KUBERNETES_CRITERIA, metrics: KUBERNETES_LABEL_METRICS },
};
