import { correlationFields } from '../../lib/base/correlation.ts';
import type { Fields, MetricName, Telemetry } from '../../lib/base/telemetry.ts';

export interface MemoryTelemetry extends Telemetry {
  readonly lines: {
    readonly level: 'info' | 'warn' | 'error';
    readonly message: string;
    readonly fields: Fields;
  }[];
  readonly counts: { readonly name: MetricName; readonly value: number; readonly detector: string }[];
  /** Sum over all detectors, or of one. */
  total(name: MetricName, detector?: string): number;
}

export function createMemoryTelemetry(): MemoryTelemetry {
  const lines: MemoryTelemetry['lines'] = [];
  const counts: MemoryTelemetry['counts'] = [];
  return {
    lines,
    counts,
    info: (message, fields = {}) =>
      void lines.push({ level: 'info', message, fields: { ...correlationFields(), ...fields } }),
    warn: (message, fields = {}) =>
      void lines.push({ level: 'warn', message, fields: { ...correlationFields(), ...fields } }),
    error: (message, fields = {}) =>
      void lines.push({ level: 'error', message, fields: { ...correlationFields(), ...fields } }),
    count: (name, value, { detector }) => void counts.push({ name, value, detector }),
    total: (name, detector) =>
      counts
        .filter((count) => count.name === name && (detector === undefined || count.detector === detector))
        .reduce((sum, count) => sum + count.value, 0),
  };
}
