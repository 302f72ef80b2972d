import type { Random } from '../lib/maths/random.ts';

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** As k8s.io/apimachinery/pkg/util/rand has them: what the names of pods end with. */
export function drawLetters(random: Random, count: number): string {
  return Array.from({ length: count }, () => LETTERS[random.nextBelow(LETTERS.length)]).join('');
}
