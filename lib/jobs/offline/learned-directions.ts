/** Which way a version watches its metrics, beside what other settings ask for: its levels are those of its training. */
import type { Detector } from '../../config/detector.ts';
import type { Watched } from '../../evidence/calibrate-evidence.ts';
import type { FittedEvidence } from '../../evidence/evidence.ts';
import { describeComponent } from '../../evidence/statistics.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { findDirections } from '../shared/least-changes.ts';

/** Acts from the next training on. */
export interface OtherDirection {
  readonly column: string;
  readonly asked: Watched;
  readonly learned: Watched;
}

/** @returns none where the version decides by percentile, which watches both ways whatever is asked for */
export function findOtherDirections(
  detector: Detector,
  { plan, evidence }: Pick<FittedDetector, 'plan' | 'evidence'>,
): readonly OtherDirection[] {
  if (evidence === undefined) return [];
  const learned = directionsOf(evidence, plan.columns.length);
  return findDirections({ detector, plan }).flatMap((asked, c) =>
    asked === learned[c] ? [] : [{ column: plan.columns[c]!.name, asked, learned: learned[c]! }],
  );
}

/** A side that training did not watch has no level that anything could reach. */
function directionsOf({ reach, plan }: FittedEvidence, columns: number): readonly Watched[] {
  const sides = Array.from({ length: columns }, () => ({ above: false, below: false }));
  for (const [component, level] of reach.entries()) {
    const { column, side } = describeComponent(component, { columns, plan });
    if (column >= 0 && level < Number.POSITIVE_INFINITY) sides[column]![side] = true;
  }
  return sides.map(({ above, below }) => {
    if (above) return below ? 'both' : 'above';
    return below ? 'below' : 'none';
  });
}
