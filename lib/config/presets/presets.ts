/** Ready-made sets of metrics, by the name that a manifest gives. */
import { KUBERNETES } from './kubernetes.ts';
import type { Preset } from './preset.ts';

export const PRESET_NAMES = ['kubernetes'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

export const PRESETS: Readonly<Record<PresetName, Preset>> = { kubernetes: KUBERNETES };
