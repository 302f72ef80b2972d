/** Ready-made sets of metrics, by the name that a manifest gives. */
import { KUBERNETES } from './kubernetes.ts';

export const PRESET_NAMES = ['kubernetes'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export interface Preset {
  /** Every query gives these labels and no others. */
  readonly entity: readonly string[];
  readonly metrics: readonly PresetMetric[];
}

export interface PresetMetric {
  readonly name: string;
  readonly query: string;
  /** What a value counts, for people. `ratio`: 0 to 1. */
  readonly unit: 'bytes' | 'cores' | 'ratio' | 'count';
}

export const PRESETS: Readonly<Record<PresetName, Preset>> = { kubernetes: KUBERNETES };
