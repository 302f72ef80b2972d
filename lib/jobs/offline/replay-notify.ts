/**
 * The notify stage of a replay: the job itself, over the bucket in memory and by the replay's clock. It runs whenever scoring
 * left something to tell, and at the times at which something is due, as the tick of the minute and the wake that it asks
 * for would have it; a minute in which nothing is due costs nothing.
 */
import type { Alert, DescribedAnomaly } from '../../alert/alert.ts';
import type { GroupingPolicy } from '../../config/grouping.ts';
import type { Incident } from '../../incident/contract.ts';
import { readState } from '../../store/detector-states.ts';
import { notify } from '../notify/notify.ts';
import type { NotifyContext, StoreContext } from '../shared/context.ts';

/** A message that people would have got. */
export interface ToldMessage {
  /** Epoch ms at which it went out. */
  readonly at: number;
  readonly alert: Alert;
  /** The one that it is about; of a digest all that it tells of. */
  readonly incidentIds: readonly string[];
}

/** What scoring found of one entity, told of or not. */
export interface FoundAnomaly {
  /** Epoch ms at which it was found. */
  readonly foundAt: number;
  /** As its newest change left it. */
  readonly anomaly: DescribedAnomaly;
  readonly incidentId: string;
}

export interface ReplayNotify {
  /** In the order in which they went out. */
  readonly messages: readonly ToldMessage[];
  /** Each that came to be, as the newest run left it, by its id. */
  readonly incidents: ReadonlyMap<string, Incident>;
  /** By their ids. */
  readonly anomalies: ReadonlyMap<string, FoundAnomaly>;
  /** Takes over what scoring left, at the clock's time. */
  takeOver(): Promise<void>;
  /** Runs whatever is due until then; the clock then stands at `time`. @param time epoch ms, inclusive */
  advanceTo(time: number): Promise<void>;
}

/** SQS counts whole seconds: the least time to a wake. */
const SECOND = 1000;

/** @param given.clock epoch ms; this moves it */
export function openReplayNotify(given: {
  readonly context: StoreContext & Pick<NotifyContext, 'deadline'>;
  readonly detector: string;
  readonly grouping: GroupingPolicy;
  readonly clock: { now: number };
}): ReplayNotify {
  const { detector, grouping, clock } = given;
  const messages: ToldMessage[] = [];
  const incidents = new Map<string, Incident>();
  const anomalies = new Map<string, FoundAnomaly>();
  let latest: readonly Incident[] = [];
  let sent: Alert[] = [];
  let due = Infinity;
  const context: NotifyContext = {
    ...given.context,
    grouping,
    withoutPages: true,
    publisher: {
      async publish(alert) {
        sent.push(alert);
        return { messageId: alert.notificationId };
      },
    },
    wakeIn: async () => {},
  };
  return {
    messages,
    incidents,
    anomalies,
    async takeOver() {
      const { outbox } = (await readState(context.store, detector)).state;
      await run();
      for (const { anomaly } of outbox) {
        const { anomalyId } = anomaly;
        const known = anomalies.get(anomalyId);
        const incidentId = known?.incidentId ?? findIncidentOf(anomaly);
        if (incidentId !== undefined)
          anomalies.set(anomalyId, { foundAt: known?.foundAt ?? clock.now, anomaly, incidentId });
      }
    },
    async advanceTo(time) {
      while (due <= time) {
        clock.now = due;
        await run();
      }
      clock.now = time;
    },
  };

  async function run(): Promise<void> {
    // With a name, so that no run looks through all states for what a lost request left.
    const result = await notify(context, [detector]);
    latest = result.incidents;
    for (const incident of latest) {
      followMerged(incident);
      incidents.set(incident.id, incident);
    }
    for (const alert of sent) messages.push({ at: clock.now, alert, incidentIds: toldBy(alert) });
    sent = [];
    due = Math.max(Math.ceil(result.due / SECOND) * SECOND, clock.now + SECOND);
  }

  /** Incidents that turned out to be one before anybody was told of them. */
  function followMerged({ id, mergedFrom = [] }: Incident): void {
    for (const gone of mergedFrom) {
      if (!incidents.delete(gone)) continue;
      for (const [anomalyId, anomaly] of anomalies)
        if (anomaly.incidentId === gone) anomalies.set(anomalyId, { ...anomaly, incidentId: id });
    }
  }

  function toldBy({ state, incidentId }: Alert): readonly string[] {
    if (state !== 'digest') return [incidentId];
    return [...incidents.values()].flatMap(({ id, digestId }) => (digestId === incidentId ? [id] : []));
  }

  /** Of an entity that comes back again and again an incident keeps the first anomaly and the newest one alone. */
  function findIncidentOf({ anomalyId, entity }: DescribedAnomaly): string | undefined {
    const found =
      latest.findLast(({ members }) => members.some((member) => member.anomalyId === anomalyId)) ??
      latest.findLast(({ members }) => members.some((member) => member.entity === entity));
    return found?.id;
  }
}
