/** Which detectors a command works on. */

import { parseUnit } from '../config/work-unit.ts';
import type { StoreContext } from '../jobs/shared/context.ts';
import { findDetectorNames, listDetectors, listDropped } from '../jobs/shared/load-detectors.ts';
import { isDetectorName, windowsPrefix } from '../store/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { UsageError } from './usage-error.ts';

/**
 * The named ones, or every one that has a manifest, a state or a window. For a command that does what a job does: what is no
 * manifest goes to quarantine.
 * @throws UsageError for a name that nothing in the bucket has
 */
export async function chooseDetectors(
  context: StoreContext,
  named: readonly string[],
): Promise<readonly string[]> {
  return choose(context.store, named, await listDetectors(context));
}

/**
 * The same for a command that only looks: nothing is written.
 * @throws UsageError for a name that nothing in the bucket has
 */
export async function findChosen(store: ObjectStore, named: readonly string[]): Promise<readonly string[]> {
  return choose(store, named, await findDetectorNames(store));
}

async function choose(
  store: ObjectStore,
  named: readonly string[],
  known: readonly string[],
): Promise<readonly string[]> {
  const listAll = async (): Promise<readonly string[]> =>
    [...new Set([...known, ...(await listDropped(store))])].sort();
  if (named.length === 0) return listAll();
  for (const each of named) {
    // A shard is there where its detector is.
    const name = parseUnit(each)?.detector ?? each;
    if (known.includes(name) || (isDetectorName(name) && (await hasWindows(store, name)))) continue;
    const all = await listAll();
    const others = all.length === 0 ? 'the bucket has none' : `there are ${all.join(', ')}`;
    throw new UsageError(`no detector ${JSON.stringify(name)}, neither a manifest nor windows; ${others}`);
  }
  return named;
}

async function hasWindows(store: ObjectStore, name: string): Promise<boolean> {
  for await (const _ of store.list(windowsPrefix(name))) return true;
  return false;
}
