/** Feeds one target: every input is read, or refused by an error of Tidewatch's own, in little time. */
import { TidewatchError } from '../../lib/base/errors.ts';
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import type { JsonValue } from '../../lib/models/framework/contract.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import type { Target } from './targets.ts';

export interface FuzzResult {
  readonly target: string;
  readonly inputs: number;
  readonly read: number;
  readonly refused: number;
  /** Inputs that ended in an error of somebody else's: the first few, with the input in base64. */
  readonly foreign: readonly { readonly error: string; readonly input: string; readonly at: number }[];
  readonly foreignCount: number;
  /** Ms of this process's own time that one input took at most. */
  readonly slowest: number;
}

const MOST_NAMED = 5;
/** Bytes of an input that an error shows. */
const MOST_SHOWN = 3_000;

/** @param given.seed every input follows from it and the input's number */
export async function fuzz(
  target: Target,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): Promise<FuzzResult> {
  const random = seedRandom(seed);
  const foreign: FuzzResult['foreign'][number][] = [];
  const kinds = new Set<string>();
  const parsed = target.isJson
    ? target.seeds.map((bytes) => JSON.parse(Buffer.from(bytes).toString()) as JsonValue)
    : [];
  let [read, refused, foreignCount, slowest] = [0, 0, 0, 0];
  for (let at = 0; at < inputs; at++) {
    const from = random.nextBelow(target.seeds.length);
    const input = makeInput(target, parsed, from, random);
    const before = process.cpuUsage();
    try {
      await target.read(input, from);
      read++;
    } catch (error) {
      if (error instanceof TidewatchError) refused++;
      else {
        foreignCount++;
        const text = error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : String(error);
        // One of each kind, by where it was thrown.
        const kind = text.split('\n').slice(0, 2).join().replace(/\d+/g, '');
        if (!kinds.has(kind) && foreign.length < MOST_NAMED)
          foreign.push({
            error: text,
            input: Buffer.from(input).toString('base64').slice(0, MOST_SHOWN),
            at,
          });
        kinds.add(kind);
      }
    }
    const { user, system } = process.cpuUsage(before);
    slowest = Math.max(slowest, (user + system) / 1000);
  }
  return { target: target.name, inputs, read, refused, foreign, foreignCount, slowest };
}

function makeInput(target: Target, parsed: readonly JsonValue[], from: number, random: Random): Uint8Array {
  // Bytes of JSON mostly make no JSON, which is soon seen.
  if (target.isJson && random.nextBelow(4) !== 0)
    return Buffer.from(JSON.stringify(mutateJson(random, parsed[from]!)));
  const other = target.seeds[random.nextBelow(target.seeds.length)]!;
  return mutateBytes(random, target.seeds[from]!, other);
}
