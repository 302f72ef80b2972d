/** The source of a deployment, by its settings: the one place that knows which sources there are. */
import type { Telemetry } from '../base/telemetry.ts';
import type { SourceSettings } from '../config/source-settings.ts';
import type { Deadline } from '../models/framework/contract.ts';
import type { MetricSource } from './metric-source.ts';
import { createPrometheusSource } from './prometheus-source.ts';
import { type EndpointSecrets, resolveEndpoint } from './resolve-endpoint.ts';

/** What a source has around it. */
export interface SourceHost extends EndpointSecrets {
  /** Of the run that asks. */
  readonly deadline: Deadline;
  readonly telemetry: Telemetry;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Uniform in [0, 1): spreads retries. */
  readonly random: () => number;
}

/**
 * Looks up what secrets the settings name, and asks the source nothing yet. A kind without its case fails the type check.
 * @throws SettingError where the settings or a secret cannot hold; whatever `readSecret` throws
 */
export async function openSource(settings: SourceSettings, host: SourceHost): Promise<MetricSource> {
  switch (settings.kind) {
    case 'prometheus':
      return createPrometheusSource({ ...host, endpoint: await resolveEndpoint(settings, host) });
  }
}
