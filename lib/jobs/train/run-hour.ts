/**
 * The hourly run: looks at every detector, and trains those that are due. A detector that was seen to be due for none is not read
 * a second time.
 */
import { listUnits, unitOf } from '../../config/work-unit.ts';
import type { TrainContext } from '../shared/context.ts';
import { type LoadedDetector, listDetectors, loadDetector } from '../shared/load-detectors.ts';
import { unitsOfDetector } from '../shared/units.ts';
import { watchDetectors } from '../shared/watch-detectors.ts';
import { isTrainingDue, trainIfDue } from './train-model.ts';

/** What a run of the schedule did. */
export interface TrainedDue {
  readonly trained: readonly string[];
  /** Detector → why its training failed. Logged and counted (`DetectorsFailed`). */
  readonly failed: Readonly<Record<string, string>>;
}

/** Of the time, the share in which detectors are looked at. */
const WATCH_SHARE = 0.25;

/** @param flush sends out what was counted: a training may end the process */
export async function runHour(context: TrainContext, flush: () => void = () => {}): Promise<TrainedDue> {
  const notDue = await watch(context);
  flush();
  return trainDue(context, notDue);
}

/** @returns names that no training is due for; who could not be looked at is not among them */
async function watch(context: TrainContext): Promise<ReadonlySet<string>> {
  const { deadline, telemetry } = context;
  const rest = (1 - WATCH_SHARE) * deadline.remaining();
  const notDue = new Set<string>();
  try {
    const within = { remaining: () => deadline.remaining() - rest };
    await watchDetectors(
      { ...context, deadline: Number.isFinite(rest) ? within : deadline },
      async (loaded) => {
        if (await isTrainingDue(loaded, context)) return;
        const { name, shard } = loaded.detector;
        notDue.add(unitOf(loaded.detector));
        if (shard !== undefined && listUnits(name, shard.of).every((unit) => notDue.has(unit)))
          notDue.add(name);
      },
    );
  } catch (error) {
    telemetry.error('the detectors could not be looked at', { error: String(error) });
  }
  return notDue;
}

/**
 * One detector's failure does not keep the others from their training, and is no failure of the function. Once
 * half of the time is gone, those that are left get a run of their own: a fit may need the whole of one.
 */
async function trainDue(context: TrainContext, notDue: ReadonlySet<string>): Promise<TrainedDue> {
  const half = context.deadline.remaining() / 2;
  const trained: string[] = [];
  const failed: Record<string, string> = {};
  for (const detector of await listDetectors(context))
    if (!notDue.has(detector)) await attempt(detector, () => trainUnits(detector));
  return { trained, failed };

  /** A shard's training fails by itself. */
  async function trainUnits(detector: string): Promise<void> {
    const loaded = await loadDetector(context, detector);
    const units = unitsOfDetector(loaded);
    if (units.length === 1) return trainOne(detector, loaded);
    for (const unit of units)
      if (!notDue.has(unit))
        await attempt(unit, async () => trainOne(unit, await loadDetector(context, unit)));
  }

  async function trainOne(unit: string, loaded: LoadedDetector): Promise<void> {
    if (context.deadline.remaining() < half) {
      if (await isTrainingDue(loaded, context)) await context.queue.requestTraining(unit);
      return;
    }
    const result = await trainIfDue(loaded, context);
    if (result?.outcome === 'trained') trained.push(unit);
  }

  async function attempt(unit: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      context.telemetry.error('training failed', { detector: unit, error: String(error) });
      context.telemetry.count('DetectorsFailed', 1, { detector: unit });
      failed[unit] = error instanceof Error ? error.message : String(error);
    }
  }
}
