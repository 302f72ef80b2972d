/** What a fit has to say: which seasons were found, and how often. */
import type { SeasonalParams } from './params.ts';
import { layoutOf } from './record.ts';

export function describeFit(
  records: readonly ArrayLike<number>[],
  { periods }: SeasonalParams,
): readonly string[] {
  const fitted = records.filter((record) => record.length > 0);
  const counts = new Map<number, number>();
  for (const record of fitted) {
    const { season } = layoutOf(record);
    counts.set(season, (counts.get(season) ?? 0) + 1);
  }
  const seasonal = periods.flatMap((period, i) =>
    counts.has(i) ? [`${counts.get(i)} have a season of ${period}`] : [],
  );
  const without = counts.get(-1) ?? 0;
  const notes: string[] = [];
  if (seasonal.length > 0)
    notes.push(`Of ${fitted.length} series ${seasonal.join(', ')}: the one that foretells them best.`);
  if (without > 0)
    notes.push(
      `${without} of ${fitted.length} series are held to their level alone: they are shorter than two turns of a season, or none foretells them better.`,
    );
  return notes;
}
