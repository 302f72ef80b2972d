/** What of an ensemble is fitted already, so that a fit over several runs goes on where the last one stopped. */
import {
  type Checkpoint,
  type FitSummary,
  type JsonValue,
  type ModelState,
  NOTHING_TO_SAY,
} from '../../framework/contract.ts';
import { nestStates, unnestStates } from './nested-states.ts';

const KIND = 'ensemble';
const FORMAT_VERSION = 2;

/** A part that is fitted, and what its fit had to say. */
export interface Finished {
  readonly state: ModelState;
  readonly summary: FitSummary;
}

export interface Progress {
  /** A part that an earlier run finished. */
  read(part: string): Finished | undefined;
  /** @throws what the checkpoint's write throws */
  finish(part: string, finished: Finished): Promise<void>;
  /** For the part's own fit; undefined where the ensemble was given none. */
  checkpointOf(part: string): Checkpoint | undefined;
}

/** @throws ArtifactError where what the checkpoint holds is none of an ensemble */
export async function openProgress(checkpoint: Checkpoint | undefined): Promise<Progress> {
  const parts = new Map<string, Finished>(readParts(await checkpoint?.read()));
  const write = async (): Promise<void> => {
    await checkpoint?.write(writeParts(parts));
  };
  return {
    read: (part) => parts.get(part),
    finish: async (part, finished) => {
      if (checkpoint === undefined) return;
      parts.delete(unfinished(part));
      parts.set(part, finished);
      await write();
    },
    checkpointOf: (part) =>
      checkpoint && {
        read: async () => parts.get(unfinished(part))?.state,
        write: async (state) => {
          parts.set(unfinished(part), { state, summary: NOTHING_TO_SAY });
          await write();
        },
      },
  };
}

function unfinished(part: string): string {
  return `${part} unfinished`;
}

function writeParts(parts: ReadonlyMap<string, Finished>): ModelState {
  const finished = [...parts.values()];
  const { headers, arrays } = nestStates(finished.map(({ state }) => state));
  return {
    kind: KIND,
    formatVersion: FORMAT_VERSION,
    json: {
      parts: [...parts.keys()],
      summaries: finished.map(({ summary }) => summary as unknown as JsonValue),
      headers,
    },
    arrays,
  };
}

/** None of what another version of the program left: it begins anew. */
function readParts(state: ModelState | undefined): readonly (readonly [string, Finished])[] {
  if (state === undefined || state.formatVersion !== FORMAT_VERSION) return [];
  const { parts, summaries, headers } = state.json as unknown as {
    readonly parts: readonly string[];
    readonly summaries: readonly Omit<FitSummary, 'history'>[];
    readonly headers: unknown;
  };
  return unnestStates(headers, state.arrays).map((one, i) => [
    parts[i]!,
    { state: one, summary: { ...NOTHING_TO_SAY, ...summaries[i]! } },
  ]);
}
