/** What of the matchers of a new file is most likely a mistake: names that nothing has are no fault of the file. */
import type { Matcher } from '../answers/matcher.ts';
import type { Silencing } from '../answers/silencing.ts';
import { findSilence } from '../incident/advance.ts';
import { isOpen } from '../incident/severity.ts';
import { readNotifyState } from '../store/notify-state.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Invocation } from './command.ts';
import { findChosen } from './detectors.ts';
import { UsageError } from './usage-error.ts';

/** One that is deployed later may be meant: nothing is refused. */
export async function warnOfDetectors(
  matchers: readonly Matcher[],
  store: ObjectStore,
  { output }: Invocation,
): Promise<void> {
  for (const { name, operator, value } of matchers) {
    if (name !== 'detector' || operator !== '=') continue;
    try {
      await findChosen(store, [value]);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      output.telemetry.warn(`it matches nothing as yet: ${error.message}`);
    }
  }
}

export interface Coverage {
  /** Open incidents that it is of, whether or not it holds at this time. */
  readonly covers: number;
  readonly openIncidents: number;
}

/** @throws ArtifactError where the state of the incidents cannot be read */
export async function countCovered({ name, matchers }: Silencing, store: ObjectStore): Promise<Coverage> {
  const { state } = await readNotifyState(store);
  const open = state.incidents.incidents.filter(({ members }) => members.some(isOpen));
  const covered = open.filter((incident) => findSilence(incident, [{ name, matchers }]) !== undefined);
  return { covers: covered.length, openIncidents: open.length };
}

/** "covers 0 of 3 open incidents now" */
export function sayCoverage({ covers, openIncidents }: Coverage): string {
  return openIncidents === 0
    ? 'no incident is open now'
    : `covers ${covers} of ${openIncidents} open incident${openIncidents === 1 ? '' : 's'} now`;
}
