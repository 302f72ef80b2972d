/** All columns of a row at once are what they are one by one, to the bit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openScales, readScale, SCALE_SETS } from '../../../../../lib/models/kinds/mahalanobis/scales.ts';

const ROWS = 70;
/** Four columns are read at once, and the others. */
const WIDTH = 7;

test('columns side by side are read as each by itself, with gaps and before the first row', () => {
  const values = Float64Array.from({ length: ROWS * WIDTH }, (_, at) =>
    at % 11 === 3 || (at > 190 && at < 260) ? NaN : Math.sin(at * at) * 10 ** (at % 5),
  );
  const stretch = { values, width: WIDTH };
  for (const scales of SCALE_SETS) {
    const read = openScales(scales, WIDTH);
    for (let row = 0; row < ROWS; row++) {
      const together = [...read(stretch, row)];
      const alone = scales.flatMap((scale) =>
        Array.from({ length: WIDTH }, (_, column) => readScale(stretch, row, column, scale)),
      );
      assert.deepEqual(together, alone, `row ${row}`);
    }
  }
});
