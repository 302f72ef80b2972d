/**
 * The dead man's switch: looks at every detector from outside of the path that its data take, and counts those that do not
 * do what they are there for. An alarm on `WatchRuns` tells when nobody looks any more.
 */
import { ManifestError } from '../../base/errors.ts';
import type { MetricName } from '../../base/telemetry.ts';
import type { Deadline } from '../../models/framework/contract.ts';
import type { StoreContext } from './context.ts';
import { readFindings } from './detector-findings.ts';
import { type ConcernCode, findConcerns } from './detector-health.ts';
import { listDetectors, listDropped, loadDetector } from './load-detectors.ts';

/** What is alarmed about. Alerts that are not published are told of by their own metrics and dead letters. */
const METRICS: Readonly<Record<ConcernCode, MetricName | undefined>> = {
  silent: 'DetectorsSilent',
  unscored: 'DetectorsUnscored',
  untrained: 'DetectorsUntrained',
  'learning-long': 'DetectorsUntrained',
  'training-killed': 'DetectorsUntrained',
  'stale-model': 'DetectorsUntrained',
  unsent: undefined,
};

/** Counted where no detector is meant. */
const NO_DETECTOR = 'none';

/**
 * One detector that cannot be looked at does not keep the others from being seen.
 * @param context.deadline of the looking: who is not seen within it is the first to be seen by the next run
 */
export async function watchDetectors(context: StoreContext & { readonly deadline: Deadline }): Promise<void> {
  const { store, telemetry, now, deadline } = context;
  const names = [...new Set([...(await listDetectors(context)), ...(await listDropped(store))])].sort();
  let seen = 0;
  /** Detectors whose windows come from Prometheus and are expected at a time: whether they are overdue. */
  const exported: boolean[] = [];
  for (const name of fromTurn(names, now())) {
    if (deadline.remaining() <= 0) break;
    seen++;
    try {
      const loaded = await loadDetector(context, name);
      const concerns = findConcerns(await readFindings(context, loaded), now());
      if (loaded.detector.metrics.length > 0 && loaded.detector.expectEvery !== 'never')
        exported.push(concerns.some(({ code }) => code === 'silent'));
      for (const { code, since, message } of concerns) {
        telemetry.warn('detector needs attention', {
          detector: name,
          code,
          since: since ?? undefined,
          message,
        });
        const metric = METRICS[code];
        if (metric !== undefined) telemetry.count(metric, 1, { detector: name });
      }
    } catch (error) {
      telemetry.error('detector could not be looked at', { detector: name, error: String(error) });
      // Whoever runs its jobs counts what is wrong with a manifest.
      if (!(error instanceof ManifestError)) telemetry.count('DetectorsFailed', 1, { detector: name });
    }
  }
  if (seen < names.length)
    telemetry.warn('not every detector was looked at in time', { seen, detectors: names.length });
  // One of them is its own fault, or its queries'. All of them are the exporter's, or the Prometheus'.
  if (exported.length > 0 && exported.every((isSilent) => isSilent))
    telemetry.count('ExporterSilent', 1, { detector: NO_DETECTOR });
  telemetry.count('WatchRuns', 1, { detector: NO_DETECTOR });
}

/** From another one each hour, so that a run that is too short leaves out others each time. */
function fromTurn(names: readonly string[], now: number): readonly string[] {
  const turn = names.length === 0 ? 0 : (Math.floor(now / 3_600_000) * 97) % names.length;
  return [...names.slice(turn), ...names.slice(0, turn)];
}
