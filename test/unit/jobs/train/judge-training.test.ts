/** Where a training runs, by what it takes and what there is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeTraining } from '../../../../lib/jobs/train/judge-training.ts';

const ROOM = { memoryMb: 3008, processors: 1.7, seconds: 900 };
const JOB = { memoryMb: 30_720, processors: 4, seconds: 43_200 };
const judge = (given: Partial<Parameters<typeof judgeTraining>[0]>): ReturnType<typeof judgeTraining> =>
  judgeTraining({
    detector: 'shop',
    kind: 'auto',
    values: 1e6,
    room: ROOM,
    jobRoom: JOB,
    isKiller: false,
    ...given,
  });

test('what fits memory and time is trained in the function', () => {
  assert.deepEqual(judge({}), {
    place: 'function',
    needs: { values: 1e6, memoryMb: 400 + 56e6 / 2 ** 20, seconds: 20 + 4 / 1.7 },
  });
  // 400 + 56 × values / 2^20 is 3,008 at 48.8 million.
  assert.equal(judge({ values: 48_800_000 }).place, 'function');
  assert.equal(judge({ values: 48_900_000 }).place, 'job');
});

test('time counts where a training cannot go on in another run', () => {
  // 60 s a million on a processor: 900 s are over at 25 million.
  assert.equal(judge({ kind: 'prophet', values: 24e6 }).place, 'function');
  assert.equal(judge({ kind: 'prophet', values: 25e6 }).place, 'job');
  assert.equal(judge({ kind: 'lstm-autoencoder', values: 25e6 }).place, 'function');
});

test('without jobs it is tried up to one and a half times of what there is, and then refused with figures and a way out', () => {
  assert.equal(judge({ values: 76e6, jobRoom: undefined }).place, 'function');
  const refused = judge({ values: 78e6, jobRoom: undefined });
  assert.deepEqual(
    refused.place === 'nowhere' && refused.reason.split(': ')[0],
    [
      'a training of shop takes about 78.0 million values, 4,566 MB and 204 s, and the function has 3,008 MB and 900 s',
    ][0],
  );
  assert.match(refused.place === 'nowhere' ? refused.reason : '', /--param=batch=on/);
});

test('beyond a container too, it is refused with what a larger one is set by', () => {
  const refused = judge({ values: 600e6 });
  assert.match(
    refused.place === 'nowhere' ? refused.reason : '',
    /32,443 MB .* the function has 3,008 MB and 900 s, and a container 30,720 MB and 43200 s: a larger --param=batchMemory/,
  );
});

test('what ended the function twice is trained there no more where there are jobs', () => {
  assert.equal(judge({ isKiller: true }).place, 'job');
  assert.equal(judge({ isKiller: true, jobRoom: undefined }).place, 'function');
});
