/** How long something may be missing. */
import type { SilenceSettings } from '../../config/silence-settings.ts';
import type { UsualPresence, UsualUnit } from './contract.ts';

/** A row or two that are missing are a scrape that failed. */
const LEAST_ROWS = 3;
/** Times a gap that training had again and again. */
const BEYOND_USUAL = 1.5;
/** Share of a regular pause by which the next visit may be late: an hour of a night's, as when clocks are put back. */
const LATE = 0.1;

/** In rows, of everything that a walk may miss; undefined: never. */
export interface RowLimits {
  /** By metric, of everyone. */
  readonly everyone: readonly (number | undefined)[];
  /** undefined: training did not know it. */
  of(unit: string): UnitLimits | undefined;
}

interface UnitLimits {
  readonly entity: number | undefined;
  /** Of one that comes at regular times, the longest gap between two visits. */
  readonly pause: number | undefined;
  readonly metrics: readonly (number | undefined)[];
}

/**
 * Rows from which it is a silence; undefined: never.
 * @param after ms, as the settings have it
 * @param usualGap rows; null: nobody misses it
 */
export function limitRows(
  after: number | undefined,
  usualGap: number | null | undefined,
  step: number,
): number | undefined {
  if (after === undefined || usualGap === null || usualGap === undefined) return undefined;
  return Math.max(LEAST_ROWS, Math.ceil(after / step), Math.ceil(BEYOND_USUAL * usualGap));
}

/**
 * Rows from which a workload, or an entity that is no pod, is silent; undefined: never. Of one that comes at regular times, from
 * its last row until it should have come again.
 */
export function limitUnit(
  after: number | undefined,
  own: UsualUnit | undefined,
  step: number,
): number | undefined {
  if (after === undefined || own?.pause === undefined) return limitRows(after, own?.gap, step);
  return Math.ceil(own.pause + Math.max(LEAST_ROWS, after / step, LATE * own.pause));
}

/** Whether anybody misses it, at whatever settings. */
export function isMissable({ gap, pause }: UsualUnit): boolean {
  return gap !== null || pause !== undefined;
}

/** Worked out once, and of a workload when it is asked for: a walk asks at every row. */
export function collectLimits({
  settings,
  usual,
  step,
}: {
  readonly settings: SilenceSettings;
  readonly usual: UsualPresence;
  /** Ms. */
  readonly step: number;
}): RowLimits {
  const limitOfMetric = (gap: number | null): number | undefined => limitRows(settings.metric, gap, step);
  const units = new Map<string, UnitLimits | undefined>();
  return {
    everyone: usual.everyone.map(limitOfMetric),
    of(unit) {
      if (!units.has(unit)) {
        const own = usual.units.get(unit);
        units.set(
          unit,
          own && {
            entity: limitUnit(settings.entity, own, step),
            pause: own.pause,
            metrics: own.metrics.map(limitOfMetric),
          },
        );
      }
      return units.get(unit);
    },
  };
}
