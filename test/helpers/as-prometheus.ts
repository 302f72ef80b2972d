import assert from 'node:assert/strict';
import type { PrometheusSettings, SourceSettings } from '../../lib/config/source-settings.ts';

/** @throws AssertionError where the source is of another kind, or there is none */
export function asPrometheus(settings: SourceSettings | undefined): PrometheusSettings {
  assert.ok(settings?.kind === 'prometheus');
  return settings;
}
