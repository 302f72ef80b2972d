/** Feeds changes to the pure core and lets time pass, as the notify job does. */
import { DEFAULT_GROUPING, type GroupingPolicy } from '../../../lib/config/grouping.ts';
import { advanceIncidents, NO_INCIDENTS } from '../../../lib/incident/advance.ts';
import type { AnomalyChange, IncidentsState, Notification } from '../../../lib/incident/contract.ts';

export interface IncidentWorld {
  readonly sent: (Notification & { readonly at: number })[];
  state: IncidentsState;
  /** As the newest look had it. */
  due: number;
  /** Looks at what came and at what is due, at that time. */
  at(now: number, ...changes: readonly AnomalyChange[]): readonly Notification[];
  /** As the minute tick does, up to and including `until`. */
  tick(from: number, until: number): void;
  /** `state id` of what was sent, in its order. */
  told(): string[];
}

export function createIncidentWorld(policy: Partial<GroupingPolicy> = {}): IncidentWorld {
  const world: IncidentWorld = {
    sent: [],
    state: NO_INCIDENTS,
    due: Infinity,
    at(now, ...changes) {
      const { state, notifications, due } = advanceIncidents({
        state: world.state,
        changes,
        policy: { ...DEFAULT_GROUPING, ...policy },
        now,
      });
      world.state = state;
      world.due = due;
      world.sent.push(...notifications.map((notification) => ({ ...notification, at: now })));
      return notifications;
    },
    tick(from, until) {
      for (let now = from; now <= until; now += 60_000) world.at(now);
    },
    told: () => world.sent.map(({ state, incidentId }) => `${state} ${incidentId}`),
  };
  return world;
}
