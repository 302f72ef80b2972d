/** A range that follows the clock, as the points that it is drawn by. */
import type { Band, ExpectedPoint } from './timeline.ts';

/** One moment for so many pixels. */
const PIXELS_EACH = 3;

/** @param expected at epoch ms, ends included */
export function followClock(
  expected: (time: number) => { readonly low: number; readonly high: number },
  { start, end }: Band,
  pixels: number,
): readonly ExpectedPoint[] {
  const count = Math.ceil(pixels / PIXELS_EACH);
  return Array.from({ length: count + 1 }, (_, at) => {
    const time = start + ((end - start) * at) / count;
    const { low, high } = expected(time);
    return [time, low, high];
  });
}
