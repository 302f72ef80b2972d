/**
 * One id from the schedule to the message: that of the window that it is all about. It follows from the window's key, so
 * that whoever has the key has the id: an export that asks for it, an event about it, each run that scores it, the alert that
 * came of it, and all of them again where a run is repeated. What is about no window goes by the invocation.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { Fields } from './telemetry.ts';

interface Scope {
  id: string;
  readonly requestId: string | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Characters of a hash that tell one file of a detector from another. */
const HASH = 16;

/**
 * `DETECTOR@START` of an exported window, of whichever shard; `DETECTOR@<hash>` of a file that was dropped.
 * @param key of a window
 */
export function correlationOf(key: string): string {
  const exported =
    /^windows\/detector=([^/]+)\/(?:shard=\d+-of-\d+\/)?date=[\d-]+\/(\d{8}T\d{6}Z)_\d{8}T\d{6}Z\.parquet$/.exec(
      key,
    );
  if (exported !== null) return `${exported[1]}@${exported[2]}`;
  const detector = /^windows\/detector=([^/]{1,64})\//.exec(key)?.[1];
  const hash = createHash('sha256').update(key).digest('hex').slice(0, HASH);
  return detector === undefined ? hash : `${detector}@${hash}`;
}

/** Everything that is logged within is of one invocation, whose id is also the correlation until there is a better one. */
export function inInvocation<T>(requestId: string, work: () => Promise<T>): Promise<T> {
  return scopes.run({ id: requestId, requestId }, work);
}

/** @param id undefined: that of what is around it */
export function correlated<T>(id: string | undefined, work: () => Promise<T>): Promise<T> {
  const outer = scopes.getStore();
  return scopes.run({ id: id ?? outer?.id ?? '', requestId: outer?.requestId }, work);
}

/** From here on it is about this, up to the end of the innermost scope; nothing where there is none. */
export function correlateTo(id: string): void {
  const scope = scopes.getStore();
  if (scope !== undefined) scope.id = id;
}

/** Undefined outside of any scope. */
export function currentCorrelation(): string | undefined {
  return scopes.getStore()?.id || undefined;
}

/** What every log line carries. */
export function correlationFields(): Fields {
  const { requestId } = scopes.getStore() ?? {};
  const correlationId = currentCorrelation();
  return {
    ...(correlationId !== undefined && { correlationId }),
    ...(requestId !== undefined && { requestId }),
  };
}
