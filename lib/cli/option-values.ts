/** Values of options, each checked once and named in its error. */
import { readDuration } from '../base/duration.ts';
import { nearestName } from '../base/nearest-name.ts';
import { parseIsoTime } from '../window/iso-time.ts';
import type { Invocation } from './command.ts';
import { UsageError } from './usage-error.ts';

type Values = Invocation['values'];

export function requiredText(values: Values, option: string, command: string): string {
  const value = values[option];
  if (typeof value === 'string' && value !== '') return value;
  throw new UsageError(`${command} needs --${option}; see tidewatch ${command} --help`);
}

/** Undefined where it is not given. */
export function numberValue(
  values: Values,
  option: string,
  limits: { readonly accepts: (value: number) => boolean; readonly say: string },
): number | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const value = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (limits.accepts(value)) return value;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}, not ${limits.say}`);
}

/** Whole and from `least` on; undefined where it is not given. */
export function wholeValue(
  values: Values,
  option: string,
  least: number,
  most: number = 2 ** 31,
): number | undefined {
  return numberValue(values, option, {
    accepts: (value) => Number.isInteger(value) && value >= least && value <= most,
    say: `a whole number from ${least} to ${most}`,
  });
}

/** Milliseconds, above 0; undefined where it is not given. */
export function durationValue(values: Values, option: string): number | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const duration = readDuration(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}, not a duration such as 15m, 12h or 7d`);
}

/** Epoch ms; undefined where it is not given. */
export function timeValue(values: Values, option: string): number | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const time = parseIsoTime(text);
  if (time !== undefined) return time;
  throw new UsageError(
    `--${option} is ${JSON.stringify(text)}, not a time such as 2026-11-22 or 2026-11-22T08:30Z`,
  );
}

/** Undefined where it is not given. */
export function choiceValue<T extends string>(
  values: Values,
  option: string,
  choices: readonly T[],
): T | undefined {
  const text = values[option];
  if (typeof text !== 'string') return undefined;
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  const near = nearestName(text, choices);
  throw new UsageError(
    `--${option} is ${JSON.stringify(text)}, none of ${choices.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}
