/** The demo on the sample pods: five days to learn from, then the newest day arrives. */
import type { Alert } from '../../lib/alert/alert.ts';
import { manifestKey, windowKey } from '../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../lib/store/model-repository.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import type { DemoRun } from './demo-run.ts';
import { type Fault, readSamples, SAMPLE_DETECTOR } from './sample-data.ts';

const MINUTE = 60_000;
/** Of a replayed window. */
const WINDOW = 30 * MINUTE;
/** What a fault leaves behind may be what is noticed: an incident of its pod this long after its end is still its. */
const GRACE = 5 * MINUTE;

const MANIFEST = `apiVersion: tidewatch/v1
kind: AnomalyDetector
metadata:
  name: ${SAMPLE_DETECTOR}
spec:
  target_service: sock-shop
  detection_window: 30m
  step: 1m
  alert_severity: warning
`;

/** @returns the detector's name */
export async function runSamples(run: DemoRun): Promise<string> {
  const { screen, deployment, store, feed } = run;
  const { history, replay, faults } = readSamples(Date.now(), WINDOW);

  screen.step(`Dropping ${history.length} files of history: ${describe(history)}`);
  await store.put(manifestKey(SAMPLE_DETECTOR), new TextEncoder().encode(MANIFEST));
  for (const window of history) await drop(run, window);

  screen.step('The files arrive, the detector learns, and trains itself once it has seen enough');
  await deployment.idle();
  const current = await readCurrent(store, SAMPLE_DETECTOR);
  if (current === undefined) throw new Error('no model was trained: see .tidewatch/demo/logs');
  const manifest = await readManifest(store, SAMPLE_DETECTOR, current.version);
  screen.say(
    `${manifest.kind} ${manifest.version}: ${manifest.rows.toLocaleString('en')} rows of ${manifest.entities} pods`,
  );
  // The first few files were enough for a first model; the one from all of them is the one to replay against.
  await retrain(run, history);

  screen.step(`Replaying the newest day in windows of ${WINDOW / MINUTE} minutes: ${describe(replay)}`);
  const progress = screen.startProgress(replay.length, 'windows');
  for (const [index, window] of replay.entries()) {
    await drop(run, window);
    await deployment.idle();
    progress.update(index + 1);
  }
  await feed.drain();
  progress.stop();
  sayHowItDid(run, faults, replay);
  return SAMPLE_DETECTOR;
}

async function retrain(
  { deployment, screen, store }: DemoRun,
  history: readonly MetricWindow[],
): Promise<void> {
  const { functionError, payload } = await deployment.invoke('train', { detector: SAMPLE_DETECTOR });
  if (functionError !== undefined) throw new Error(`training failed: ${JSON.stringify(payload)}`);
  await deployment.idle();
  const current = await readCurrent(store, SAMPLE_DETECTOR);
  const manifest = await readManifest(store, SAMPLE_DETECTOR, current!.version);
  if (manifest.inputs.length < history.length) throw new Error(`trained on ${manifest.inputs.length} files`);
  screen.say(
    `${manifest.kind} ${manifest.version}: ${manifest.rows.toLocaleString('en')} rows, all ${history.length} files`,
  );
}

async function drop({ store }: DemoRun, window: MetricWindow): Promise<void> {
  await store.put(windowKey(SAMPLE_DETECTOR, window.range), writeWindow(window, { manifestHash: 'sample' }));
}

function describe(windows: readonly MetricWindow[]): string {
  const rows = windows.reduce((sum, window) => sum + window.times.length, 0);
  const [first] = windows;
  const { entities, metrics } = first!;
  return `${rows.toLocaleString('en')} rows, ${entities.length} pods, ${metrics.length} metrics`;
}

/** The faults were injected on purpose and written down: `samples/sockshop/incidents.csv`. */
function sayHowItDid(
  { screen, feed }: DemoRun,
  faults: readonly Fault[],
  replay: readonly MetricWindow[],
): void {
  const opened = feed.alerts.filter(({ state }) => state === 'opened');
  const visible = faults.filter(({ kind }) => kind !== 'network-delay');
  const found = visible.filter((fault) => feed.alerts.some((alert) => isAbout(alert, fault)));
  // An incident may grow after its first message.
  const explained = opened.filter(({ incidentId }) =>
    feed.alerts.some(
      (alert) => alert.incidentId === incidentId && faults.some((fault) => isAbout(alert, fault)),
    ),
  );
  const pods = new Set(replay.flatMap(({ entities }) => entities)).size;
  screen.step('How it did');
  const others = opened.length - explained.length;
  screen.say(`${opened.length} incidents over ${pods} pods and a day.`);
  screen.say(`Of ${visible.length} injected CPU and memory faults, ${found.length} were alerted on.`);
  screen.say(
    others === 0 ? 'No incident was about anything else.' : `Incidents about anything else: ${others}.`,
  );
  screen.say(
    `${faults.length - visible.length} further faults are network delays, which do not show in a pod's own metrics.`,
  );
}

/** Whether one of the incident's anomalies, as far as the alert tells of it, and the fault overlap. */
function isAbout({ members = [], lastAnomalous }: Alert, { entity, start, end }: Fault): boolean {
  return members.some(
    (member) =>
      member.entity === entity &&
      Date.parse(member.start) <= end + GRACE &&
      Date.parse(member.end ?? lastAnomalous) >= start,
  );
}
