/** The demo on a live Prometheus: what it already holds is the history, and its newest stretch arrives. */

import { formatDuration } from '../../lib/base/duration.ts';
import { readState } from '../../lib/store/detector-states.ts';
import { manifestKey } from '../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../lib/store/model-repository.ts';
import type { DemoRun } from './demo-run.ts';
import { inspectPrometheus, type LivePlan } from './inspect-prometheus.ts';

const DETECTOR = 'live';
const MINUTE = 60_000;

/** @returns the detector's name */
export async function runLive(run: DemoRun, url: string): Promise<string> {
  const { screen, store, deployment } = run;
  screen.step(`Looking at ${url}`);
  const plan = await inspectPrometheus(url, Date.now());
  screen.say(`${formatDuration(plan.history)} of history; watching ${plan.what}`);

  screen.step(`Exporting the history up to ${formatDuration(plan.replay)} ago`);
  await declare(run, plan, plan.replay);
  await exportNow(run);
  screen.step('Training');
  await deployment.idle();
  const trained = await deployment.invoke('train', { detector: DETECTOR });
  if (trained.functionError !== undefined) throw new Error(`training failed: ${messageOf(trained.payload)}`);
  await deployment.idle();
  const current = await readCurrent(store, DETECTOR);
  if (current === undefined) {
    const { rows } = trained.payload as { readonly rows: number };
    throw new Error(`${rows} rows are too few to learn from: it takes ${plan.warmup}. Try again later`);
  }
  const manifest = await readManifest(store, DETECTOR, current.version);
  screen.say(
    `${manifest.kind} ${manifest.version}: ${manifest.rows.toLocaleString('en')} rows of ${manifest.entities} entities, ` +
      `${manifest.trainingRange.start} to ${manifest.trainingRange.end}`,
  );

  screen.step(`Replaying the newest ${formatDuration(plan.replay)} as if they arrived now`);
  const { state: before } = await readState(store, DETECTOR);
  const from = before.exportedUntil!;
  const progress = screen.startProgress(Math.round(plan.replay / MINUTE), 'minutes');
  for (let behind = plan.replay - plan.detectionWindow; behind >= 0; behind -= plan.detectionWindow) {
    await declare(run, plan, behind + MINUTE);
    await exportNow(run);
    await deployment.idle();
    const { state } = await readState(store, DETECTOR);
    progress.update(Math.round((state.exportedUntil! - from) / MINUTE));
  }
  await run.feed.drain();
  progress.stop();
  const opened = run.feed.alerts.filter(({ state }) => state === 'opened').length;
  screen.say(
    opened === 0
      ? 'No incident: the newest stretch looks like the history.'
      : `${opened} ${opened === 1 ? 'incident' : 'incidents'}.`,
  );
  return DETECTOR;
}

/** The ingest delay holds the export back, and is taken down step by step: that is the replay. */
async function declare({ store }: DemoRun, plan: LivePlan, delay: number): Promise<void> {
  const metrics = plan.metrics.map(({ name, query }) => ({ name, query }));
  const manifest = {
    apiVersion: 'tidewatch/v1',
    kind: 'AnomalyDetector',
    metadata: { name: DETECTOR },
    spec: {
      target_service: 'prometheus',
      ...(plan.preset === undefined ? { metrics, entity: plan.entity } : { preset: plan.preset }),
      step: formatDuration(plan.step),
      detection_window: formatDuration(plan.detectionWindow),
      backfill: formatDuration(plan.history),
      ingest_delay: formatDuration(delay),
      training: { warmup: plan.warmup },
      threshold: { percentile: plan.percentile },
    },
  };
  // JSON is YAML.
  await store.put(manifestKey(DETECTOR), new TextEncoder().encode(JSON.stringify(manifest, undefined, 2)));
}

/** Until the export says that nothing more is due: a run writes a bounded number of windows. */
async function exportNow({ deployment }: DemoRun): Promise<void> {
  for (;;) {
    const { payload, functionError } = await deployment.invoke('export', {});
    if (functionError !== undefined) throw new Error(messageOf(payload));
    if ((payload as { windows: number }).windows === 0) return;
  }
}

/** Of what a function that failed answered: Lambda's `{errorType, errorMessage, trace}`. */
function messageOf(payload: unknown): string {
  const { errorMessage } = payload as { readonly errorMessage?: string };
  return errorMessage ?? JSON.stringify(payload);
}
