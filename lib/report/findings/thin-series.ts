/** A series cut down to what a plot of so many pixels can show, without losing a spike. */

/** Time in epoch ms and value; null where nothing was measured, so that the line breaks. */
export type Point = readonly [time: number, value: number | null];

/** Gaps wider than this many pixels stay open; narrower ones could not be seen. */
const OPEN_GAP_PIXELS = 1.5;

/**
 * The lowest and the highest value of every pixel, in the order in which they came. Where a pixel holds one or two
 * values they are all kept. A value that stands alone between two gaps is drawn as a short dash.
 * @param given.from given.to rows of the series, half-open; times ascend
 * @param given.range epoch ms, half-open: what the pixels cover
 * @param given.step ms between rows
 */
export function thinSeries(given: {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly from: number;
  readonly to: number;
  readonly range: { readonly start: number; readonly end: number };
  readonly pixels: number;
  readonly step: number;
}): readonly Point[] {
  const { times, values, from, to, range, pixels, step } = given;
  const pixelMs = (range.end - range.start) / pixels;
  const widestGap = Math.max(1.5 * step, OPEN_GAP_PIXELS * pixelMs);
  const points: Point[] = [];
  let alone = 0;
  let pixel = -1;
  let low = -1;
  let high = -1;
  let last = Number.NaN;

  for (let row = from; row < to; row++) {
    if (!Number.isFinite(values[row]!)) continue;
    const time = times[row]!;
    if (time - last > widestGap) {
      endPixel();
      endStretch();
    }
    const at = Math.floor((time - range.start) / pixelMs);
    if (at !== pixel) {
      endPixel();
      pixel = at;
      low = row;
      high = row;
    } else {
      if (values[row]! < values[low]!) low = row;
      if (values[row]! >= values[high]!) high = row;
    }
    last = time;
  }
  endPixel();
  endStretch();
  return points.slice(0, -1);

  function endPixel(): void {
    if (low === -1) return;
    for (const row of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      points.push([times[row]!, values[row]!]);
      alone++;
    }
    low = -1;
    high = -1;
    pixel = -1;
  }

  function endStretch(): void {
    if (alone === 0) return;
    const [time, value] = points.at(-1)!;
    if (alone === 1) points.push([time + Math.min(step, pixelMs), value]);
    points.push([time + Math.min(step, pixelMs), null]);
    alone = 0;
  }
}
