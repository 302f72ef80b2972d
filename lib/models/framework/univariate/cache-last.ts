/**
 * Keeps what was made of the times of an entity, for its next use. A series is scored right after its fit, and on one thread the
 * columns of an entity share their times and come one after another. Only the last is kept, as a pool has the times of all
 * entities at once.
 */
export function cacheLast<Made>(): (times: Float64Array, key: string, make: () => Made) => Made {
  let last: { readonly times: Float64Array; readonly key: string; readonly made: Made } | undefined;
  return (times, key, make) => {
    if (last?.times !== times || last.key !== key) last = { times, key, made: make() };
    return last.made;
  };
}
