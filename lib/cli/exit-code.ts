/** How a command says how it went, declared once for --help, the README and the code. */
import { RetryLaterError, SettingError } from '../base/errors.ts';
import { UsageError } from './usage-error.ts';

export const EXIT_CODES = {
  ok: { code: 0, meaning: 'all done' },
  failed: { code: 1, meaning: 'something failed; what else was asked for is done' },
  usage: { code: 2, meaning: 'the options or the environment are wrong; nothing was done' },
  quarantined: { code: 3, meaning: 'done, but objects went to quarantine: tidewatch status names them' },
  later: { code: 4, meaning: 'not finished, because others are at work on it: run it again' },
} as const;
export type ExitStatus = keyof typeof EXIT_CODES;

/** Worst first. */
const BY_WEIGHT: readonly ExitStatus[] = ['usage', 'failed', 'later', 'quarantined', 'ok'];

export function worstStatus(statuses: readonly ExitStatus[]): ExitStatus {
  return BY_WEIGHT.find((status) => statuses.includes(status)) ?? 'ok';
}

export function statusOfError(error: unknown): ExitStatus {
  if (error instanceof UsageError || error instanceof SettingError) return 'usage';
  if (error instanceof RetryLaterError) return 'later';
  return 'failed';
}
