/** What of an ensemble is fitted already, so that a fit over several runs goes on where the last one stopped. */
import type { Checkpoint, ModelState } from '../contract.ts';
import { nestStates, unnestStates } from './nested-states.ts';

const KIND = 'ensemble';
const FORMAT_VERSION = 1;

export interface Progress {
  /** The state of a part that an earlier run finished. */
  read(part: string): ModelState | undefined;
  /** @throws what the checkpoint's write throws */
  finish(part: string, state: ModelState): Promise<void>;
  /** For the part's own fit; undefined where the ensemble was given none. */
  checkpointOf(part: string): Checkpoint | undefined;
}

/** @throws ArtifactError where what the checkpoint holds is none of an ensemble */
export async function openProgress(checkpoint: Checkpoint | undefined): Promise<Progress> {
  const parts = new Map<string, ModelState>(Object.entries(readParts(await checkpoint?.read())));
  const write = async (): Promise<void> => {
    await checkpoint?.write(writeParts(Object.fromEntries(parts)));
  };
  return {
    read: (part) => parts.get(part),
    finish: async (part, state) => {
      if (checkpoint === undefined) return;
      parts.delete(unfinished(part));
      parts.set(part, state);
      await write();
    },
    checkpointOf: (part) =>
      checkpoint && {
        read: async () => parts.get(unfinished(part)),
        write: async (state) => {
          parts.set(unfinished(part), state);
          await write();
        },
      },
  };
}

function unfinished(part: string): string {
  return `${part} unfinished`;
}

function writeParts(parts: Readonly<Record<string, ModelState>>): ModelState {
  const { headers, arrays } = nestStates(Object.values(parts));
  return { kind: KIND, formatVersion: FORMAT_VERSION, json: { parts: Object.keys(parts), headers }, arrays };
}

function readParts(state: ModelState | undefined): Readonly<Record<string, ModelState>> {
  if (state === undefined) return {};
  const { parts, headers } = state.json as { readonly parts: readonly string[]; readonly headers: unknown };
  return Object.fromEntries(unnestStates(headers, state.arrays).map((one, i) => [parts[i]!, one]));
}
