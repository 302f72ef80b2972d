/** Log lines and metrics as CloudWatch takes them from standard output: structured JSON, and the embedded metric format. */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { correlationFields } from '../lib/base/correlation.ts';
import { ALARMED_NAMES, type Fields, type Telemetry } from '../lib/base/telemetry.ts';
import { detectorOfUnit, nameShard, parseUnit } from '../lib/config/work-unit.ts';

const METRIC_NAMESPACE = 'Tidewatch';
const ALARMED: readonly string[] = ALARMED_NAMES;

export interface FunctionTelemetry extends Telemetry {
  /** Writes the counts of this invocation: call it last, also after a failure. */
  flush(): void;
  /** What was counted since the last call, over all detectors, whether it was written or not. */
  takeTotals(): Readonly<Record<string, number>>;
}

export interface TelemetrySettings {
  /** The deployment's name, as alarms know it. */
  readonly service: string;
  /** Whether every count is a metric in CloudWatch, also by detector. That costs by the detector. */
  readonly detectorMetrics: boolean;
}

/**
 * A log line has the `correlationId` of what it is about and the `requestId` of its invocation.
 *
 * Counts are added up over an invocation and written by detector. Those that alarms watch are one blob, under [service], which needs
 * no list of detectors; the others are a line `counts`. Both name their detector, for queries of the log. With `detectorMetrics`, all of them
 * are in the blob, and the detector is a dimension too.
 */
export function createTelemetry({ service, detectorMetrics }: TelemetrySettings): FunctionTelemetry {
  const logger = new Logger({ serviceName: service });
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE, serviceName: service });
  const sums = new Map<string, Map<string, number>>();
  let totals: Record<string, number> = {};
  const isMetric = (name: string): boolean => detectorMetrics || ALARMED.includes(name);
  return {
    info: (message, fields = {}) => logger.info(message, { ...correlationFields(), ...namedFields(fields) }),
    warn: (message, fields = {}) => logger.warn(message, { ...correlationFields(), ...namedFields(fields) }),
    error: (message, fields = {}) =>
      logger.error(message, { ...correlationFields(), ...namedFields(fields) }),
    count(name, value, { detector: unit }) {
      // What is counted by detector has the sum of its shards.
      const detector = detectorOfUnit(unit);
      const counts = sums.get(detector) ?? new Map<string, number>();
      sums.set(detector, counts.set(name, (counts.get(name) ?? 0) + value));
      totals[name] = (totals[name] ?? 0) + value;
    },
    flush() {
      for (const [detector, counts] of sums) {
        const published = [...counts].filter(([name]) => isMetric(name));
        const logged = [...counts].filter(([name]) => !isMetric(name));
        if (logged.length > 0)
          logger.info('counts', { ...correlationFields(), detector, ...Object.fromEntries(logged) });
        if (published.length === 0) continue;
        if (detectorMetrics) {
          metrics.addDimensions({ detector });
          metrics.addDimensions({});
        } else metrics.addMetadata('detector', detector);
        for (const [name, value] of published) metrics.addMetric(name, MetricUnit.Count, value);
        metrics.publishStoredMetrics();
      }
      sums.clear();
    },
    takeTotals() {
      const taken = totals;
      totals = {};
      return taken;
    },
  };
}

/** Logs are looked through by detector: a shard stands beside it. */
function namedFields(fields: Fields): Fields {
  const { detector } = fields;
  const shard = typeof detector === 'string' ? parseUnit(detector)?.shard : undefined;
  if (shard === undefined) return fields;
  return {
    ...fields,
    detector: detectorOfUnit(String(detector)),
    shard: nameShard(shard).slice('shard='.length),
  };
}
