/** Some of many, spread over all of them: three ways that differ in whether the first and the last are taken. */

/** Of more than `most`, that many: the middle ones of as many equal parts. */
export function takeEvenly<T extends Uint32Array | readonly number[]>(all: T, most: number): T {
  if (all.length <= most) return all;
  const taken = Uint32Array.from({ length: most }, (_, i) => Math.floor(((i + 0.5) * all.length) / most));
  return (Array.isArray(all) ? Array.from(taken, (i) => all[i]) : taken.map((i) => all[i]!)) as T;
}

/** Of more than `most`, that many: the first and the last among them. @param most at least 2 */
export function takeWithEnds(all: Float64Array, most: number): Float64Array {
  if (all.length <= most) return all;
  return Float64Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}

/** Every so-many-th, from the first on: `most` or fewer. */
export function takeEveryNth<T>(all: readonly T[], most: number): readonly T[] {
  const stride = Math.ceil(all.length / most);
  return all.filter((_, at) => at % stride === 0);
}
