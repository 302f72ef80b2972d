import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import type { NotifyContext } from '../../lib/jobs/shared/context.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createMemoryTelemetry } from './memory-telemetry.ts';

/** Nothing waits, nobody is woken, and pages are not drawn but where a test says so. */
export function createNotifyContext(
  store: ObjectStore,
  overrides: Partial<NotifyContext> & Pick<NotifyContext, 'publisher'>,
): NotifyContext {
  return {
    store,
    telemetry: createMemoryTelemetry(),
    now: () => 1_000,
    deadline: { remaining: () => Infinity },
    grouping: { ...DEFAULT_GROUPING, groupWait: 0, groupInterval: 0 },
    wakeIn: async () => {},
    renderPage: ({ incidentId }) => incidentId,
    ...overrides,
  };
}
