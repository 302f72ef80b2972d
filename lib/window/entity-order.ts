/** Times of an entity ascend and do not repeat. Which of two rows at one time is true nobody knows, so the entity is not used. */
import { WindowError } from '../base/errors.ts';
import type { LeftOut } from './left-out.ts';
import type { CodedStrings } from './read-strings.ts';

/** Entities that a note names. */
const SHOWN = 3;

interface Fault {
  readonly code: 'duplicate-row' | 'unordered-rows';
  readonly what: string;
}

/**
 * Leaves out the rows of entities whose times do not ascend, and keeps the file.
 * @param given.kept per row, 1 = used; undefined: all of them
 * @param given.onLeftOut without it, the first such row is an error
 * @returns as `kept`
 * @throws WindowError `duplicate-row` or `unordered-rows` where no entity would be left
 */
export function leaveOutUnordered(
  times: Float64Array,
  entity: CodedStrings,
  given: {
    readonly source: string;
    readonly kept: Uint8Array | undefined;
    readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
  },
): Uint8Array | undefined {
  const { source, kept, onLeftOut } = given;
  const faults = findFaults(times, entity, kept);
  const [first] = faults.values();
  if (first === undefined) return kept;
  const left = (kept ?? new Uint8Array(times.length).fill(1)).map((flag, row) =>
    faults.has(entity.codes[row]!) ? 0 : flag,
  );
  if (onLeftOut === undefined || !left.includes(1))
    throw new WindowError(first.code, `${source}: ${first.what}`);
  for (const code of ['duplicate-row', 'unordered-rows'] as const) {
    const of = [...faults].filter(([, fault]) => fault.code === code);
    if (of.length === 0) continue;
    const codes = new Set(of.map(([at]) => at));
    const count = entity.codes.reduce(
      (sum, at, row) => sum + (codes.has(at) && kept?.[row] !== 0 ? 1 : 0),
      0,
    );
    const shown = of.slice(0, SHOWN).map(([, { what }]) => what);
    if (of.length > SHOWN) shown.push(`and ${of.length - SHOWN} more entities`);
    const does = code === 'duplicate-row' ? 'repeat' : 'go backwards';
    onLeftOut({
      code,
      count,
      message: `${count} rows of entities whose times ${does}, such as ${shown.join('; ')}`,
    });
  }
  return left;
}

/** Entity → its first row that is wrong. */
function findFaults(
  times: Float64Array,
  entity: CodedStrings,
  kept: Uint8Array | undefined,
): ReadonlyMap<number, Fault> {
  const newest = new Float64Array(entity.values.length).fill(Number.NEGATIVE_INFINITY);
  const faults = new Map<number, Fault>();
  for (let row = 0; row < times.length; row++) {
    if (kept?.[row] === 0) continue;
    const code = entity.codes[row]!;
    const [time, before] = [times[row]!, newest[code]!];
    if (time <= before && !faults.has(code))
      faults.set(code, describe(entity.values[code]!, { row, time, before }));
    newest[code] = Math.max(before, time);
  }
  return faults;
}

function describe(
  name: string,
  { row, time, before }: { readonly row: number; readonly time: number; readonly before: number },
): Fault {
  const what = `entity ${JSON.stringify(name.slice(0, 200))}, row ${row + 1}`;
  if (time === before) return { code: 'duplicate-row', what: `${what}: a second row at ${iso(time)}` };
  return { code: 'unordered-rows', what: `${what}: ${iso(time)} comes after ${iso(before)}` };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
