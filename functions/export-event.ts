import { TidewatchError } from '../lib/base/errors.ts';
import { isDetectorName } from '../lib/config/detector-name.ts';

/** What an invocation of the export asks for: whatever is due, the list of a backfill's days, or one of them. */
export type ExportRequest =
  | { readonly kind: 'due' }
  | { readonly kind: 'days'; readonly detector: string; readonly from: unknown; readonly to: unknown }
  | { readonly kind: 'day'; readonly detector: string; readonly day: unknown; readonly share: number };

const FIELDS = ['source', 'detector', 'from', 'to', 'day', 'share'];
const MOST_SHARES = 64;

/**
 * `{"source": "schedule"}` and anything without a detector is the schedule's. People start a backfill by hand, so that the others are
 * read strictly: `{"detector": NAME, "from": DAY, "to": DAY}`, `{"detector": NAME, "day": DAY, "share": N}`.
 * @throws TidewatchError `bad-message`
 */
export function parseExportRequest(event: unknown): ExportRequest {
  const given = (typeof event === 'object' && event !== null ? event : {}) as Readonly<
    Record<string, unknown>
  >;
  const { detector, from, to, day, share } = given;
  if (detector === undefined && from === undefined && day === undefined) return { kind: 'due' };
  const unknown = Object.keys(given).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw problem(`a backfill has no ${JSON.stringify(unknown)}; it has detector, from and to`);
  if (typeof detector !== 'string' || !isDetectorName(detector))
    throw problem(`detector is ${JSON.stringify(detector)}, not the name of one`);
  if (day === undefined) return { kind: 'days', detector, from, to: to ?? undefined };
  const shares = share ?? 1;
  if (!(Number.isInteger(shares) && Number(shares) >= 1 && Number(shares) <= MOST_SHARES))
    throw problem(`share is ${JSON.stringify(share)}, not a whole number from 1 to ${MOST_SHARES}`);
  return { kind: 'day', detector, day, share: Number(shares) };
}

function problem(message: string): TidewatchError {
  return new TidewatchError('bad-message', message);
}
