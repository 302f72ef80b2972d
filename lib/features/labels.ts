/** Weak labels: rows that rules call anomalous where no person did, and which rule it was. */

import { LabelError } from '../base/errors.ts';
import { type LabelCriterion, MOST_CRITERIA } from '../config/label-settings.ts';
import { parseCondition } from '../labels/parse.ts';
import type { MetricWindow } from '../window/window.ts';
import { evaluate } from './evaluate-labels.ts';

export interface RowLabels {
  /** Per row, 1 where at least one criterion held. */
  readonly labels: Uint8Array;
  /** Names, in the given order. */
  readonly criteria: readonly string[];
  /** Per row, bit i set where `criteria[i]` held. */
  readonly madeBy: Uint32Array;
}

/**
 * A criterion over missing data is not met, whichever way it is put: `not (x > 5)` holds only where x was measured.
 * @param window on its grid; its own labels are not looked at
 * @throws LabelError `bad-expression`, `unknown-column`, `too-many-criteria`, naming the criterion
 */
export function labelRows(window: MetricWindow, criteria: readonly LabelCriterion[]): RowLabels {
  if (criteria.length > MOST_CRITERIA)
    throw new LabelError(
      'too-many-criteria',
      `${criteria.length} label criteria, and the limit is ${MOST_CRITERIA}`,
    );
  const madeBy = new Uint32Array(window.times.length);
  for (const [bit, criterion] of criteria.entries()) {
    const holds = evaluateCriterion(window, criterion);
    for (let row = 0; row < madeBy.length; row++) if (holds[row] === 1) madeBy[row]! |= 1 << bit;
  }
  return {
    labels: Uint8Array.from(madeBy, (bits) => (bits === 0 ? 0 : 1)),
    criteria: criteria.map(({ name }) => name),
    madeBy,
  };
}

/** Criterion → rows in which it held. */
export function countByCriterion({ criteria, madeBy }: RowLabels): Readonly<Record<string, number>> {
  return Object.fromEntries(
    criteria.map((name, bit) => [name, madeBy.reduce((sum, bits) => sum + ((bits >>> bit) & 1), 0)]),
  );
}

function evaluateCriterion(window: MetricWindow, { name, when }: LabelCriterion): Float64Array {
  try {
    return evaluate(parseCondition(when), window);
  } catch (error) {
    if (!(error instanceof LabelError)) throw error;
    throw new LabelError(error.code, `label criterion ${name}: ${error.message}`, { cause: error });
  }
}
