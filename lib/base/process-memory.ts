/** How much memory this process may take, which what it reads is held to. */
import { SettingError } from './errors.ts';

/** Set where nobody else tells, as in a container: MB. */
const OWN_VARIABLE = 'TIDEWATCH_MEMORY';
/** Set by AWS Lambda: MB. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const FUNCTION_VARIABLE = 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE';
/** MB with which nothing is read any more. */
const LEAST_MB = 256;
/** MB of a process that has its code and holds no data yet. */
const BASE_MB = 150;

/** MB of the export function as it is deployed: what is asked of a source was written down for it. */
export const EXPORTED_IN_MB = 1_024;

/** What of a process's environment tells it; a parameter for tests. */
export type MemoryEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * What there is for data, as a multiple of what there is in a process of `assumedMb`, for which a limit was written down. 1 where
 * nobody tells how much there is, as on a terminal.
 * @throws SettingError `bad-memory`
 */
export function shareOfMemory(assumedMb: number, env: MemoryEnvironment = process.env): number {
  const told = toldMemory(env);
  return told === undefined ? 1 : (told.mb - BASE_MB) / (assumedMb - BASE_MB);
}

/** MB that this process may take; undefined where nobody tells. @throws SettingError `bad-memory` */
export function processMemoryMb(env: MemoryEnvironment = process.env): number | undefined {
  return toldMemory(env)?.mb;
}

/** Follows a limit in a message: what raises it. */
export function sayMoreMemory(env: MemoryEnvironment = process.env): string {
  const told = toldMemory(env);
  if (told === undefined) return `: ${OWN_VARIABLE}, in MB, raises it`;
  const { mb, variable } = told;
  if (variable === OWN_VARIABLE)
    return ` at ${mb} MB: a larger ${OWN_VARIABLE} raises it, in a job of AWS Batch the parameter batchMemory`;
  const name = env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'the function';
  return ` at the ${mb} MB of ${name}: a larger memorySize in serverless.yml raises it`;
}

function toldMemory(env: MemoryEnvironment): { readonly mb: number; readonly variable: string } | undefined {
  const variable = [OWN_VARIABLE, FUNCTION_VARIABLE].find((name) => (env[name] ?? '') !== '');
  if (variable === undefined) return undefined;
  const mb = Number(env[variable]);
  if (Number.isInteger(mb) && mb >= LEAST_MB) return { mb, variable };
  throw new SettingError(
    'bad-memory',
    `${variable} is ${JSON.stringify(env[variable])}: MB, a whole number from ${LEAST_MB} on`,
  );
}
