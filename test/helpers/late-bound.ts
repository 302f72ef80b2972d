/** Stands for what a hook makes before the tests run: each member is read from that when it is asked for. */
export function lateBound<T extends object>(get: () => T): T {
  return new Proxy({} as T, {
    get(_, name) {
      const target = get();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
