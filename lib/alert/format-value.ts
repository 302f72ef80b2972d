/** Numbers as people say them: 1.2 GiB, 250 ms, 83%, 12.5k. */
import type { MetricUnit } from './metric-unit.ts';

/** A way to write numbers of a size: the number is divided by `size`, and the suffix follows it. */
interface Scale {
  readonly size: number;
  readonly suffix: string;
}

/** Smallest first; a number takes the last scale that it reaches from below (`from`), by default its size. */
const SCALES: Readonly<Record<MetricUnit | 'none', readonly (Scale & { readonly from?: number })[]>> = {
  bytes: ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].map((unit, power) => ({
    size: 1024 ** power,
    suffix: ` ${unit}`,
  })),
  'bytes/s': ['B/s', 'KiB/s', 'MiB/s', 'GiB/s', 'TiB/s'].map((unit, power) => ({
    size: 1024 ** power,
    suffix: ` ${unit}`,
  })),
  seconds: timeScales(1),
  milliseconds: timeScales(1000),
  ratio: [{ size: 0.01, suffix: '%' }],
  percent: [{ size: 1, suffix: '%' }],
  cores: [{ size: 1, suffix: ' cores' }],
  celsius: [{ size: 1, suffix: ' °C' }],
  none: [
    { size: 1, suffix: '' },
    // Up to 99,999 every digit is shown.
    { size: 1e3, suffix: 'k', from: 1e5 },
    { size: 1e6, suffix: 'M' },
    { size: 1e9, suffix: 'G' },
    { size: 1e12, suffix: 'T' },
  ],
};

/** Units with a single scale and a word for it. */
const SAID_ONCE: readonly MetricUnit[] = ['cores', 'celsius'];

/** Significant digits that are shown, and those that are added where a value would look like its bound. */
const DIGITS = 3;
const MOST_DIGITS = 6;

/** "0.83 cores (usual 0.01–0.05)", "missing (usual 80–200 MiB)", "7 (usually 3)", "36 (expected 118–142 at this hour)". */
export function formatReading(reading: {
  /** Null where nothing was measured. */
  readonly value: number | null;
  readonly usualLow: number;
  readonly usualHigh: number;
  /** Whether the bounds are those of the time of day and week. */
  readonly byHour?: boolean | undefined;
  readonly unit?: MetricUnit | undefined;
}): string {
  const { value, usualLow, usualHigh, byHour = false, unit } = reading;
  for (let digits = DIGITS; ; digits++) {
    const own = value === null ? undefined : formatIn(scaleOf(value, unit), value, digits);
    const scale = scaleOf(Math.max(Math.abs(usualLow), Math.abs(usualHigh)), unit);
    const low = formatIn(scale, usualLow, digits);
    const high = formatIn(scale, usualHigh, digits);
    const blurred = value !== usualLow && value !== usualHigh && (own === low || own === high);
    if (blurred && digits < MOST_DIGITS) continue;
    // "0.83 cores (usual 0.01–0.05)"; where there are several scales, "90k (usual 10–20)" would mislead.
    const suffix = own !== undefined && unit !== undefined && SAID_ONCE.includes(unit) ? '' : scale.suffix;
    const bare = (text: string): string => text.slice(0, text.length - scale.suffix.length);
    const range = low === high ? bare(low) : `${bare(low)}${usualLow < 0 ? ' to ' : '–'}${bare(high)}`;
    const word = byHour ? 'expected' : low === high ? 'usually' : 'usual';
    return `${own ?? 'missing'} (${word} ${range}${suffix}${byHour ? ' at this hour' : ''})`;
  }
}

/** "1.2 GiB", "83%". */
export function formatValue(value: number, unit: MetricUnit | undefined): string {
  return formatIn(scaleOf(value, unit), value, DIGITS);
}

/** "45 s", "6 min", "3 h 20 min", "2 d 3 h". Rounded down: nothing is said to have lasted longer than it did. */
export function formatLength(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min`;
  if (days === 0) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

function timeScales(second: number): (Scale & { readonly from?: number })[] {
  return [
    { size: 1e-6 * second, suffix: ' µs' },
    { size: 1e-3 * second, suffix: ' ms' },
    { size: second, suffix: ' s' },
    // 90 s is as easy to read as 1.5 min.
    { size: 60 * second, suffix: ' min', from: 120 * second },
    { size: 3600 * second, suffix: ' h', from: 7200 * second },
    { size: 86_400 * second, suffix: ' d', from: 172_800 * second },
  ];
}

function scaleOf(value: number, unit: MetricUnit | undefined): Scale {
  const scales = SCALES[unit ?? 'none'];
  const reached = scales.findLast(({ size, from }) => Math.abs(value) >= (from ?? size));
  // Zero seconds, not zero microseconds.
  const smallest = value === 0 ? (scales.find(({ size }) => size === 1) ?? scales[0]) : scales[0];
  return reached ?? smallest ?? { size: 1, suffix: '' };
}

function formatIn({ size, suffix }: Scale, value: number, digits: number): string {
  const scaled = value / size;
  if (!Number.isFinite(scaled) || scaled === 0) return `${scaled === 0 ? 0 : scaled}${suffix}`;
  // Digits before the point are never rounded away.
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(scaled))));
  return `${Number(scaled.toFixed(Math.min(decimals, 100)))}${suffix}`;
}
