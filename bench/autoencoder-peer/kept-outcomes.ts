/** Outcomes in a file, a line of JSON each, written as they come: a study that is cut off goes on where it was. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Settings } from './fit-ours.ts';
import type { Outcome } from './sides.ts';

export type Fit = Pick<Outcome, 'file' | 'seed' | 'side'>;

export interface KeptOutcomes {
  /** What an earlier run with the same settings has made of that fit. */
  find(fit: Fit): Outcome | undefined;
  /** @throws Error of the file system */
  add(outcome: Outcome): void;
}

interface Line {
  readonly settings: Settings;
  readonly outcome: Outcome;
}

/**
 * Nothing tells of the code that made a line: after a change to it, the file is to be removed.
 * @param path undefined: nothing is kept
 * @throws SyntaxError where a line is not JSON
 */
export function openOutcomes(path: string | undefined, settings: Settings): KeptOutcomes {
  const stored = path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
  const same = JSON.stringify(settings);
  const outcomes = stored
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => JSON.stringify(line.settings) === same)
    .map(({ outcome }) => outcome);
  return {
    find: ({ file, seed, side }) =>
      outcomes.find((one) => one.file === file && one.seed === seed && one.side === side),
    add: (outcome) => {
      const line: Line = { settings, outcome };
      if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`);
    },
  };
}
