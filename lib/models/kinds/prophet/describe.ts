/** What a fit has to say: how many fits it took, and which seasons they have. */
import { SEASON_NAMES } from './design.ts';
import type { ProphetParams } from './params.ts';
import { unpackFit } from './record.ts';

export function describeFit(records: readonly ArrayLike<number>[], params: ProphetParams): readonly string[] {
  const fits = records.filter((record) => record.length > 0).map(unpackFit);
  const level = fits.filter(({ delta }) => delta.length === 0).length;
  const seasons = SEASON_NAMES.flatMap((name) => {
    const count = fits.filter(({ waves }) => waves[name] > 0).length;
    return count > 0 ? [`${count} have ${name} waves`] : [];
  });
  const notes = [
    `Prophet was fitted to ${fits.length} series one by one, on at most ${params.maxPoints} points each: a training takes about half a second for each of them.`,
  ];
  notes.push(
    seasons.length > 0
      ? `Of ${fits.length} series, ${seasons.join(', ')}.`
      : 'No series has a season: the history is shorter than two days, or they were turned off.',
  );
  if (level > 0)
    notes.push(
      `${level} of ${fits.length} series are held to their level alone: Prophet foretold the last part of their history no better than their median did, or they never changed.`,
    );
  return notes;
}
