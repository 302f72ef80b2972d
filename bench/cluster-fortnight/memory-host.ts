/** The product's jobs over a bucket in memory, one after the other in this process. */
import type { Telemetry } from '../../lib/base/telemetry.ts';
import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import type { JobContext, NotifyContext } from '../../lib/jobs/shared/context.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { runHour } from '../../lib/jobs/train/run-hour.ts';
import { trainModel } from '../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { createQuerySource } from '../../lib/source/query-source.ts';
import { createMemoryObjectStore } from '../../lib/store/memory-object-store.ts';
import type { Host, Message } from './host.ts';
import type { MeasuredPod } from './measure.ts';
import { HOUR, type Scale } from './plan.ts';
import { queryCluster } from './query-cluster.ts';

/** What the queues of a deployment hold. */
interface Asked {
  readonly scoring: Set<string>;
  readonly training: Set<string>;
  readonly notifying: Set<string>;
  /** Epoch ms at which telling is to run again. */
  wakeAt: number;
}

/** @param start epoch ms that its clock shows */
export function openMemoryHost(given: {
  readonly pods: readonly MeasuredPod[];
  readonly scale: Scale;
  readonly start: number;
}): Host {
  const { pods, scale } = given;
  let time = given.start;
  let trainings = 0;
  let messages: Message[] = [];
  const now = (): number => time;
  const asked: Asked = {
    scoring: new Set(),
    training: new Set(),
    notifying: new Set(),
    wakeAt: Number.POSITIVE_INFINITY,
  };
  const telemetry: Telemetry = {
    info() {},
    warn() {},
    error() {},
    count(name, value) {
      if (name === 'ModelsTrained') trainings += value;
    },
  };
  const context: JobContext & NotifyContext = {
    store: createMemoryObjectStore({ now }),
    telemetry,
    now,
    deadline: { remaining: () => HOUR },
    queue: {
      requestScoring: async (detector) => void asked.scoring.add(detector),
      requestTraining: async (detector) => void asked.training.add(detector),
      requestNotifying: async (detector) => void asked.notifying.add(detector),
    },
    publisher: {
      publish: async (alert) => {
        messages.push({ at: time, alert });
        return { messageId: alert.notificationId };
      },
    },
    grouping: DEFAULT_GROUPING,
    // A queue counts whole seconds.
    wakeIn: async (ms) => {
      asked.wakeAt = Math.min(asked.wakeAt, time + Math.ceil(ms / 1000) * 1000);
    },
    withoutReports: true,
  };
  const source = onlySource(createQuerySource('the cluster', queryCluster(pods, scale, now)));

  return {
    store: context.store,
    get trainings() {
      return trainings;
    },
    setClock(next) {
      time = next;
    },
    async runExport() {
      const { exported, failed } = await exportDue(source, context);
      let windows = 0;
      for (const [detector, result] of exported) {
        windows += result.exported.length;
        if (result.exported.length > 0) asked.scoring.add(detector);
      }
      return { windows, isFailed: failed.size > 0 };
    },
    async runTraining() {
      const { failed } = await runHour(context);
      if (Object.keys(failed).length > 0) throw new Error(`training failed: ${JSON.stringify(failed)}`);
    },
    async runNotify() {
      await notify(context, []);
    },
    async settle() {
      while (await workOn(context, asked));
    },
    async takeMessages() {
      const taken = messages;
      messages = [];
      return taken;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** @returns whether there was something to do */
async function workOn(context: JobContext & NotifyContext, asked: Asked): Promise<boolean> {
  for (const detector of takeAll(asked.scoring)) {
    await scoreWindows(await loadDetector(context, detector), context);
    return true;
  }
  for (const detector of takeAll(asked.training)) {
    await trainModel(await loadDetector(context, detector), context);
    return true;
  }
  const isWoken = asked.wakeAt <= context.now();
  const notifying = takeAll(asked.notifying);
  if (isWoken) asked.wakeAt = Number.POSITIVE_INFINITY;
  if (isWoken || notifying.length > 0) await notify(context, notifying);
  return isWoken || notifying.length > 0;
}

function takeAll(names: Set<string>): readonly string[] {
  const taken = [...names];
  names.clear();
  return taken;
}
