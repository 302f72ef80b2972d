/** A report's input with known content: seeded rows of two entities, one fault, scores that follow from the rows. */
import { profileValues } from '../../../lib/features/profile.ts';
import { NOTHING_TO_SAY } from '../../../lib/models/framework/contract.ts';
import { pickMoments, type ReportInput } from '../../../lib/report/build-report.ts';
import type { UsualRanges } from '../../../lib/report/report-input.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { makeWindow, type SyntheticOptions } from '../../helpers/synthetic-window.ts';

export interface InputOptions extends Partial<SyntheticOptions> {
  /** Rows labelled anomalous: those of the fault. */
  readonly labelled?: boolean;
  readonly threshold?: number;
}

const FAULT = { entity: 'payment', from: 700, to: 720 };

/** The score of a row is how far its cpu is from 100, in tens. */
export function makeInput(options: InputOptions = {}): ReportInput {
  const made = makeWindow({ from: 0, rows: 1440, fault: FAULT, ...options });
  const fault = options.fault ?? FAULT;
  const labels = Uint8Array.from(made.times, (time, row) => {
    const at = (time - made.range.start) / made.step;
    return made.entities[made.entityOf[row]!] === fault.entity && at >= fault.from && at < fault.to ? 1 : 0;
  });
  const window: MetricWindow = options.labelled ? { ...made, labels } : made;
  const scores = made.columns[0]!.map((cpu) => Math.abs(cpu - 100) / 10);
  const version: ReportInput['version'] = {
    detector: 'shop',
    version: '20261102T000000Z-0123456789ab',
    kind: 'isolation-forest',
    params: { trees: 100 },
    seed: 1,
    featurePlanHash: 'f'.repeat(64),
    inputs: [{ key: 'windows/detector=shop/a.parquet', etag: '"1"', rows: made.times.length }],
    rows: made.times.length,
    entities: made.entities.length,
    step: made.step,
    trainingRange: {
      start: new Date(made.range.start).toISOString(),
      end: new Date(made.range.end).toISOString(),
    },
    softwareVersion: '0.1.0',
    percentile: 99.9,
    policy: { threshold: options.threshold ?? 5, minDeviation: 3, k: 4, n: 5, resolveAfter: 10 },
  } as ReportInput['version'];
  const input = {
    version,
    window,
    availability: new Float64Array(made.times.length).fill(1),
    scaler: rangesOf(window),
    units: {},
    scores,
    deviations: scores,
    summary: NOTHING_TO_SAY,
    labelledBy: {},
  };
  const moments = pickMoments(input).map((moment) => ({
    ...moment,
    reasons: [
      { metric: 'cpu', share: 0.75, value: 1000, usualLow: 85, usualHigh: 115, usual: 100 },
      { metric: 'memory', share: 0.25, value: null, usualLow: 85, usualHigh: 115, usual: 100 },
    ],
  }));
  return { ...input, moments };
}

export function rangesOf(window: MetricWindow): UsualRanges {
  const sorted = (values: Float64Array): Float64Array => values.filter(Number.isFinite).sort();
  return {
    columns: window.metrics,
    entities: new Map(
      window.entities.map((entity, e) => [
        entity,
        window.columns.map((values) =>
          profileValues(sorted(values.filter((_, row) => window.entityOf[row] === e))),
        ),
      ]),
    ),
    pooled: window.columns.map((values) => profileValues(sorted(values))),
  };
}

/** One entity, one metric, a value per minute. */
export function makeSeries(values: readonly number[], step = 60_000): MetricWindow {
  const times = Float64Array.from(values, (_, i) => i * step);
  return {
    detector: 'd',
    range: { start: 0, end: values.length * step },
    step,
    metrics: ['m'],
    entities: ['e'],
    entityOf: new Uint32Array(values.length),
    times,
    columns: [Float64Array.from(values)],
    labels: undefined,
  };
}
