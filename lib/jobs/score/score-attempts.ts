/**
 * A mark that stands while a window is scored: what ends a function's process takes the reason with it. Whoever finds a
 * window whose mark ran out knows that a run died at it; the window that killed two is set aside, and the others go on.
 */
import { z } from 'zod';
import { ArtifactError, NotFoundError, ObjectTooLargeError, WindowError } from '../../base/errors.ts';
import { decodeJson, encodeJson } from '../../store/json.ts';
import { attemptKey } from '../../store/keys.ts';
import type { ObjectInfo } from '../../store/object-store.ts';
import type { ScoreContext } from '../shared/context.ts';
import { namedRange } from '../shared/window-objects.ts';

interface Attempt {
  readonly formatVersion: 1;
  readonly key: string;
  readonly etag: string;
  /** Runs that died at it before this one. */
  readonly deaths: number;
  /** Epoch ms: until then the run may be at it. Absent where it ended by itself. */
  readonly until?: number | undefined;
}

/** What kills a function twice does so again: once may be the platform's. */
const MOST_DEATHS = 2;
/** Ms: as long as a function may run. Only a run without a deadline of its own would have more. */
const LONGEST_RUN = 15 * 60_000;
/** Bytes of a window under a name that the exporter gave it: it has no more than a source's answer had. */
const SMALL = 1_000_000;
const MAX_ATTEMPT_BYTES = 100_000;

const schema: z.ZodType<Attempt> = z.looseObject({
  formatVersion: z.literal(1),
  key: z.string(),
  etag: z.string(),
  deaths: z.int().min(0),
  until: z.number().optional(),
});

export interface Attempts {
  /**
   * Sets the mark before a window is read or scored.
   * @throws WindowError `killed-function` where two runs died at these very bytes
   */
  begin(info: ObjectInfo): Promise<void>;
  /** Takes the mark off, if one stands: this run ended by itself, or goes on with what no mark is set for. */
  end(): Promise<void>;
}

/** Of one run. A mark of another run at another window is written over: at worst it takes a death more to tell. */
export function openAttempts(detector: string, context: ScoreContext): Attempts {
  let before: Attempt | undefined | 'unread' = 'unread';
  let mark: Attempt | undefined;
  return {
    async begin(info) {
      if (!isRisky(info)) return;
      if (before === 'unread') before = await readAttempt(context, detector);
      const { key, etag } = info;
      const deaths = countDeaths(before, info, context.now());
      if (deaths >= MOST_DEATHS) {
        // From here on the reason in quarantine keeps it out: whoever deletes that has it tried as if for the first time.
        before = undefined;
        await writeAttempt(context, detector, { formatVersion: 1, key, etag, deaths: 0 });
        throw killed(info, deaths);
      }
      const until = context.now() + Math.max(0, Math.min(context.deadline.remaining(), LONGEST_RUN));
      // Of the same bytes a newer release may have noted more.
      const known = isOf(before, info) ? before : undefined;
      mark = { ...known, formatVersion: 1, key, etag, deaths, until };
      await writeAttempt(context, detector, mark);
    },
    async end() {
      if (mark === undefined) return;
      const { until: _, ...ended } = mark;
      mark = undefined;
      await writeAttempt(context, detector, ended);
    },
  };
}

/** Small ones under the exporter's names are scored by thousands, and are not worth the request. */
function isRisky(info: ObjectInfo): boolean {
  return info.size > SMALL || namedRange(info) === undefined;
}

function isOf(before: Attempt | undefined, { key, etag }: ObjectInfo): before is Attempt {
  return before?.key === key && before.etag === etag;
}

function countDeaths(before: Attempt | undefined, info: ObjectInfo, now: number): number {
  if (!isOf(before, info)) return 0;
  return before.deaths + (before.until !== undefined && before.until < now ? 1 : 0);
}

function killed({ key, size }: ObjectInfo, deaths: number): WindowError {
  return new WindowError(
    'killed-function',
    `${key}: ${deaths} runs that scored it (${size} bytes) were ended from outside, out of memory or of time: split it into smaller files, or give the function more of both`,
  );
}

async function readAttempt({ store }: ScoreContext, detector: string): Promise<Attempt | undefined> {
  const key = attemptKey(detector);
  try {
    return decodeJson(key, (await store.get(key, { maxBytes: MAX_ATTEMPT_BYTES })).body, schema);
  } catch (error) {
    const isNone = [NotFoundError, ObjectTooLargeError, ArtifactError].some((kind) => error instanceof kind);
    if (isNone) return undefined;
    throw error;
  }
}

async function writeAttempt({ store }: ScoreContext, detector: string, mark: Attempt): Promise<void> {
  await store.put(attemptKey(detector), encodeJson(mark), { contentType: 'application/json' });
}
