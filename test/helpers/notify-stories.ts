/** What scoring leaves for people to hear of, and a topic that takes it. */
import type { Alert, DescribedAnomaly } from '../../lib/alert/alert.ts';
import type { AlertPublisher } from '../../lib/alert/publisher.ts';
import type { PendingChange } from '../../lib/store/detector-state.ts';
import { updateState } from '../../lib/store/detector-states.ts';
import { markPublished } from '../../lib/store/notifications.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createAnomaly } from './alerts.ts';
import { KilledError } from './memory-object-store.ts';

const START = '2026-11-22T08:00:00.000Z';
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A change of the anomaly of an entity, as scoring leaves it. */
export function pending(
  detector: string,
  entity: string,
  sequence = 1,
  over: Partial<DescribedAnomaly> = {},
): PendingChange {
  const id = `${detector}-${entity}`;
  const state = sequence === 1 ? 'opened' : 'resolved';
  return {
    anomaly: createAnomaly({
      detector,
      entity,
      targetService: null,
      anomalyId: id,
      changeId: `${id}-000${sequence}`,
      state,
      start: START,
      end: state === 'resolved' ? '2026-11-22T09:00:00.000Z' : null,
      ...over,
    }),
    sequence,
    about: { workload: entity.replace(/-\d+$/, ''), siblings: 20, dependsOn: [], step: 60_000 },
  };
}

export async function leave(
  store: ObjectStore,
  detector: string,
  ...changes: PendingChange[]
): Promise<void> {
  await updateState(store, detector, (state) => ({ ...state, outbox: [...state.outbox, ...changes] }));
}

export interface Topic extends AlertPublisher {
  readonly sent: Alert[];
}

/** Its receipts come back at once, whatever became of who published. */
export function createTopic(store: ObjectStore): Topic {
  const sent: Alert[] = [];
  return {
    sent,
    async publish(alert) {
      sent.push(alert);
      await markPublished(store, alert, { messageId: `m${sent.length}`, at: 2_000 });
      return { messageId: `m${sent.length}` };
    },
  };
}

export function told({ sent }: Topic): string[] {
  return sent.map(({ state, incidentId, members }) => `${state} ${incidentId} ${members?.length}`).sort();
}

/** Whether it was killed; any other error is thrown. */
export async function dies(run: Promise<unknown>): Promise<boolean> {
  try {
    await run;
    return false;
  } catch (error) {
    if (error instanceof KilledError) return true;
    throw error;
  }
}
