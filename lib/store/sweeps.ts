/**
 * When each detector was last looked at as a whole, every window of it. It is a memory and nothing else: without it, or where two
 * wrote at once, one is looked at again.
 */
import * as z from 'zod';
import { ArtifactError, NotFoundError } from '../base/errors.ts';
import { decodeJson, encodeJson } from './json.ts';
import { SWEEPS_KEY } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface Sweeps {
  readonly formatVersion: 1;
  /** Name and epoch ms; what a newer release says of it stands behind. */
  readonly detectors: readonly (readonly [name: string, at: number, ...more: unknown[]])[];
}

/** Read leniently: a newer release may say more, and finds it again. */
const schema: z.ZodType<Sweeps> = z.looseObject({
  formatVersion: z.literal(1),
  detectors: z.array(z.tuple([z.string(), z.number()], z.unknown())),
});

/** Empty where nothing is stored that can be read. */
export async function readSweeps(store: ObjectStore): Promise<Sweeps> {
  try {
    return decodeJson(SWEEPS_KEY, (await store.get(SWEEPS_KEY)).body, schema);
  } catch (error) {
    if (error instanceof NotFoundError || error instanceof ArtifactError)
      return { formatVersion: 1, detectors: [] };
    throw error;
  }
}

/**
 * @param given.before as it was read
 * @param given.swept name → epoch ms
 * @param given.names of every detector: others are forgotten
 */
export async function writeSweeps(
  store: ObjectStore,
  given: {
    readonly before: Sweeps;
    readonly swept: ReadonlyMap<string, number>;
    readonly names: ReadonlySet<string>;
  },
): Promise<void> {
  const { before, swept, names } = given;
  const kept = before.detectors.filter(([name]) => names.has(name) && !swept.has(name));
  const detectors = [...kept, ...swept].sort(([a], [b]) => (a < b ? -1 : 1));
  await store.put(SWEEPS_KEY, encodeJson({ ...before, detectors }), { contentType: 'application/json' });
}
