/** A start on what an earlier one kept: nothing is dropped again, what is there is told. */
import { readDetectorStatus } from '../../lib/cli/detector-status.ts';
import { listDetectors } from '../../lib/jobs/shared/load-detectors.ts';
import type { DemoRun } from './demo-run.ts';

/** @returns the first detector's name; undefined where there is none yet */
export async function goOn(
  { screen, store, deployment }: DemoRun,
  folder: string,
): Promise<string | undefined> {
  screen.step(`Going on with what ${folder} holds`);
  await deployment.idle();
  const telemetry = { info() {}, warn: screen.say, error: screen.say, count() {} };
  const context = { store, telemetry, now: Date.now };
  const names = await listDetectors(context);
  for (const name of names) {
    const { phase, model, progress, newestData, openIncidents } = await readDetectorStatus(context, name);
    const what =
      phase === 'learning'
        ? `learning, ${progress}`
        : `${model}, ${openIncidents ?? 'no known'} open incidents`;
    screen.say(`${name}: ${what}; newest data ${newestData ?? 'none'}`);
  }
  if (names.length === 0) screen.say('no detector yet');
  return names[0];
}
