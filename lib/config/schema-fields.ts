/** Fields of a manifest, each with the message that says what it must be. */
import * as z from 'zod';
import { DURATION, parseDuration, readDuration } from '../base/duration.ts';

/** @param what it must be, for the message @param longest in characters */
export function text(what: string, pattern: RegExp, longest: number = Number.POSITIVE_INFINITY): z.ZodString {
  const error = `must be ${what}`;
  const plain = z.string({ error }).regex(pattern, { error, abort: true });
  return Number.isFinite(longest) ? plain.max(longest, { error }) : plain;
}

export function texts(): z.ZodRecord<z.ZodString, z.ZodString> {
  return z.record(z.string(), z.string({ error: 'must be text' }), { error: 'must be a map of strings' });
}

export function choice<const T extends readonly [string, ...string[]]>(
  allowed: T,
): z.ZodEnum<{ [Each in T[number]]: Each }> {
  return z.enum(allowed, { error: `must be ${allowed.join(' or ')}` });
}

/** Both ends included. */
export function number(least: number, most: number): z.ZodNumber {
  const error = `must be a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

/** Both ends included. */
export function wholeNumber(least: number, most: number): z.ZodInt {
  const error = `must be a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** Whole seconds: keys in the bucket and Prometheus' timestamps carry no less. */
export function duration(
  least: string,
  most: string,
  allowed: string = `a duration from ${least} to ${most}`,
): z.ZodString {
  const error = `must be ${allowed} in whole seconds, ${sayExamples(least, most)}`;
  return z
    .string({ error })
    .regex(DURATION, { error, abort: true })
    .refine((given) => isWithin(given, least, most), { error });
}

export function durationOrZero(most: string): z.ZodUnion<readonly [z.ZodString, z.ZodLiteral<0>]> {
  const allowed = `0 or a duration up to ${most}`;
  return z.union([duration('0s', most, allowed), z.literal(0)], {
    error: `must be ${allowed} in whole seconds, ${sayExamples('0s', most)}`,
  });
}

/** Each of which would be taken. */
export function sayExamples(least: string, most: string): string {
  const fitting = ['30s', '15m', '1h30m', '7d', '30d'].filter((example) => isWithin(example, least, most));
  const shown = fitting.slice(0, 4);
  return `such as ${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

function isWithin(given: string, least: string, most: string): boolean {
  const milliseconds = readDuration(given);
  return (
    milliseconds !== undefined &&
    milliseconds >= parseDuration(least) &&
    milliseconds <= parseDuration(most) &&
    milliseconds % 1000 === 0
  );
}
