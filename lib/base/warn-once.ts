import type { Fields, Telemetry } from './telemetry.ts';

const told = new WeakMap<Telemetry, Set<string>>();

/** For what every read of the same files would say anew: one warning a message and detector, as long as `telemetry` lives. */
export function warnOnce(
  telemetry: Telemetry,
  message: string,
  fields: Fields & { readonly detector: string },
): void {
  const said = told.get(telemetry) ?? new Set();
  told.set(telemetry, said);
  const about = `${fields.detector} ${message}`;
  if (said.has(about)) return;
  said.add(about);
  telemetry.warn(message, fields);
}
