/**
 * Durations as Prometheus writes them: 15m, 1h30m, 500ms. Units from large to small, each at most once; a year is
 * 365 days and a week 7.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations
 */
import { TidewatchError } from './errors.ts';

/** What `parseDuration` takes, for schemas. `0` needs no unit. */
export const DURATION: RegExp =
  /^(?:0|(?=\d)(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?)$/;

/** Large to small, in milliseconds. */
const UNITS: readonly (readonly [name: string, milliseconds: number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

/** Prometheus counts nanoseconds in 64 bits: a little over 292 years. */
const LONGEST = Math.floor(Number(2n ** 63n - 1n) / 1e6);

/**
 * @returns milliseconds
 * @throws TidewatchError where the text is no duration or is too long for Prometheus
 */
export function parseDuration(text: string): number {
  const milliseconds = readDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new TidewatchError(
    'bad-duration',
    `${JSON.stringify(text)} is no duration; write one such as 30s, 15m, 1h30m or 7d (units y w d h m s ms, in that order, up to 292y)`,
  );
}

/** As `parseDuration`; undefined where that throws. */
export function readDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)([a-z]+)/g))
    total += Number(digits) * (UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN);
  return total <= LONGEST ? total : undefined;
}

/**
 * The way Prometheus prints it: years and weeks only where nothing is left over, so that 90d stays 90d.
 * @param milliseconds whole and not negative
 */
export function formatDuration(milliseconds: number): string {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0)
    throw new TidewatchError(
      'bad-duration',
      `${milliseconds} ms is no duration: it has to be whole and not negative`,
    );
  let rest = milliseconds;
  let text = '';
  for (const [name, size] of UNITS) {
    if ((name === 'y' || name === 'w') && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${name}`;
    rest -= count * size;
  }
  return text || '0s';
}
