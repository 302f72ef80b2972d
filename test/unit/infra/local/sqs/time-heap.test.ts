import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import {
  createTimeHeap,
  peekTicket,
  popTicket,
  pushTicket,
} from '../../../../../infra/local/sqs/time-heap.ts';

it('gives the earliest first, and equal times in order of arrival', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
      const heap = createTimeHeap();
      for (const [at, time] of times.entries()) pushTicket(heap, time, `${at}`);
      const expected = times.map((time, at) => ({ time, id: `${at}` })).sort((a, b) => a.time - b.time);
      for (const { time, id } of expected) {
        assert.equal(peekTicket(heap)?.at, time);
        assert.equal(popTicket(heap)?.id, id);
      }
      assert.equal(popTicket(heap), undefined);
    }),
  );
});
