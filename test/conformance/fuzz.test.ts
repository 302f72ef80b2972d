/** Whatever is read is read or refused by an error of Tidewatch's own: bench/fuzz/, a few thousand inputs of its million. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from '../../bench/fuzz/run-fuzz.ts';
import { listTargets } from '../../bench/fuzz/targets.ts';
import { parseScoreRequests, parseTrainRequest } from '../../functions/s3-event.ts';

const INPUTS = 30_000;

for (const target of listTargets())
  test(`${target.name}: what is wrong is refused by name`, async () => {
    const inputs = Math.round(INPUTS * target.share);
    const { foreign, read, refused } = await fuzz(target, { inputs, seed: 2 });
    assert.deepEqual(foreign, []);
    assert.equal(read + refused, inputs);
    assert.ok(read > 0 && refused > 0, `${read} read, ${refused} refused`);
  });

test('an error of somebody else is seen', async () => {
  const [target] = listTargets();
  const read = (): never => {
    throw new TypeError('cannot read properties of undefined');
  };
  const { foreign, foreignCount } = await fuzz({ ...target!, read }, { inputs: 5, seed: 1 });
  assert.equal(foreignCount, 5);
  assert.match(foreign[0]!.error, /^TypeError/);
});

test('the shares are of one whole', () => {
  const sum = listTargets().reduce((total, { share }) => total + share, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
});

for (const body of [
  '{"Records":[null]}',
  '{"Records":[{"s3":{"object":{"key":"windows/%ZZ"}}}]}',
  '{"Records":[{"s3":null}]}',
  'null',
  '[',
])
  test(`a message of ${body} is refused by name`, () => {
    assert.throws(() => parseScoreRequests(body), { name: 'TidewatchError', code: 'bad-message' });
    assert.throws(() => parseTrainRequest(body), { name: 'TidewatchError', code: 'bad-message' });
  });
