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
