/** One query against a server that answers as the test wants. */
import type { GridRange, MatrixSeries } from '../../../lib/source/metric-source.ts';
import type { PrometheusEndpoint } from '../../../lib/source/prometheus-endpoint.ts';
import {
  createPrometheusSource,
  type PrometheusSourceOptions,
} from '../../../lib/source/prometheus-source.ts';
import type { RangeQuery } from '../../../lib/source/query-source.ts';
import { askSource } from '../../helpers/ask-source.ts';
import {
  answerSeries,
  type FakePrometheus,
  type Reply,
  startFakePrometheus,
} from '../../helpers/fake-prometheus.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../helpers/memory-telemetry.ts';

export const STEP: number = 60_000;
export const START: number = 1_700_000_040_000;
export const QUERY: RangeQuery = {
  query: 'rate(up{job="a"}[5m])',
  start: START,
  end: START + 10 * STEP,
  step: STEP,
};
export const GOOD: Reply = answerSeries([{ labels: { job: 'a' }, valueAt: (time) => (time - START) / STEP }]);

export interface Setup {
  readonly endpoint?: Partial<PrometheusEndpoint>;
  readonly options?: Partial<Omit<PrometheusSourceOptions, 'endpoint'>>;
  readonly query?: Partial<RangeQuery & Pick<GridRange, 'newest'>>;
}

export interface Asked {
  readonly fake: FakePrometheus;
  readonly telemetry: MemoryTelemetry;
  readonly series: readonly MatrixSeries[] | undefined;
  readonly error: (Error & { readonly code?: string }) | undefined;
}

/** One query against a server that answers so; retries without delay. */
export async function ask(reply: Reply, { endpoint, options, query }: Setup = {}): Promise<Asked> {
  await using fake = await startFakePrometheus(reply);
  const telemetry = createMemoryTelemetry();
  const source = createPrometheusSource({
    endpoint: {
      url: fake.url,
      auth: { kind: 'none' },
      headers: {},
      timeoutMs: 5000,
      concurrency: 4,
      retries: 2,
      ...endpoint,
    },
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
    telemetry,
    now: () => START,
    random: () => 0,
    ...options,
  });
  try {
    return { fake, telemetry, series: await askSource(source, { ...QUERY, ...query }), error: undefined };
  } catch (error) {
    return { fake, telemetry, series: undefined, error: error as Error };
  }
}
