/** What lets somebody ask in our place, kept out of every text: a server may echo whatever it was sent. */
import { TidewatchError } from '../base/errors.ts';
import { hideSecrets } from '../base/foreign-text.ts';
import type { Fields, Telemetry } from '../base/telemetry.ts';
import type { PrometheusTarget } from './prometheus-endpoint.ts';

/** Shorter values of headers and of the URL's query are tenants and flags, and words of a query. */
const LEAST_HIDDEN = 8;

/** Those that are known before the first request; signatures and headers that are made for one come with it. */
export function secretsOf({ auth, headers, url }: PrometheusTarget): Set<string> {
  const given = [...Object.values(headers), ...url.searchParams.values()].filter(
    (value) => value.length >= LEAST_HIDDEN,
  );
  if (auth.kind === 'bearer') return new Set([auth.token, ...given]);
  if (auth.kind === 'basic') return new Set([auth.password, ...given]);
  return new Set(given);
}

/** The same error where it shows none. Of one that does, its cause is left out too. */
export function hideInError(error: unknown, secrets: ReadonlySet<string>): unknown {
  if (!(error instanceof Error) || !showsSecret(error, secrets)) return error;
  const message = hideSecrets(error.message, secrets);
  if (!(error instanceof TidewatchError)) return new Error(message);
  const Kind = error.constructor as new (code: string, message: string) => TidewatchError;
  return new Kind(error.code, message);
}

export function hideInTelemetry(telemetry: Telemetry, secrets: ReadonlySet<string>): Telemetry {
  const hide = (text: string): string => hideSecrets(text, secrets);
  const log =
    (level: 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}): void =>
      telemetry[level](
        hide(message),
        Object.fromEntries(
          Object.entries(fields).map(([name, value]) => [
            name,
            typeof value === 'string' ? hide(value) : value,
          ]),
        ),
      );
  return {
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    count: (name, value, fields) => telemetry.count(name, value, fields),
  };
}

function showsSecret(error: Error, secrets: ReadonlySet<string>): boolean {
  const texts = [error.message, error.stack ?? ''];
  for (let { cause } = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined)
    texts.push(cause instanceof Error ? `${cause.message} ${cause.stack}` : String(cause));
  return texts.some((text) => hideSecrets(text, secrets) !== text);
}
