/** Seeded random numbers: the same seed gives the same sequence on every machine. */

export interface Random {
  /** 0 to 2^32 - 1, both included. */
  nextUint32(): number;
  /** 0 (inclusive) to 1 (exclusive), a multiple of 2^-32. */
  nextFloat(): number;
  /** 0 to `bound` - 1, each equally likely. @param bound 1 to 2^32 */
  nextBelow(bound: number): number;
}

export type RandomState = readonly [number, number, number, number];

const TWO_POW_32 = 2 ** 32;

/** @param seed unsigned 32-bit integer; the state is filled from it by SplitMix32 */
export function seedRandom(seed: number): Random {
  let state = seed >>> 0;
  const fill = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  return resumeRandom([fill(), fill(), fill(), fill()]);
}

/** xoshiro128** 1.1 of Blackman and Vigna, https://prng.di.unimi.it/xoshiro128starstar.c */
export function resumeRandom([s0, s1, s2, s3]: RandomState): Random {
  let [a, b, c, d] = [s0 | 0, s1 | 0, s2 | 0, s3 | 0];

  function nextUint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  }

  function nextBelow(bound: number): number {
    // Draws past the last whole multiple of `bound` would favour small results.
    const limit = TWO_POW_32 - (TWO_POW_32 % bound);
    let draw = nextUint32();
    while (draw >= limit) draw = nextUint32();
    return draw % bound;
  }

  return { nextUint32, nextFloat: () => nextUint32() / TWO_POW_32, nextBelow };
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
