/** Whatever pages are open, and whatever is sent from them in which order: an answer is written over what its page showed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VERDICTS } from '../../../../lib/answers/verdict.ts';
import { writeVerdict } from '../../../../lib/jobs/shared/write-answers.ts';
import { feedbackKey } from '../../../../lib/store/keys.ts';
import { createPagesWorld } from '../../../helpers/pages-world.ts';

type Step =
  | { readonly kind: 'look' }
  /** From one of the pages that were looked at. */
  | { readonly kind: 'send'; readonly page: number; readonly verdict: (typeof VERDICTS)[number] }
  | { readonly kind: 'command'; readonly verdict: (typeof VERDICTS)[number] }
  | { readonly kind: 'delete' };

const verdict = fc.constantFrom(...VERDICTS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'look' } as const) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send' as const), page: fc.nat(20), verdict }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('command' as const), verdict }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'delete' } as const) },
);

test('replayed, late and doubled forms undo nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const world = createPagesWorld();
      const { id, link } = await world.tell('shop/payment');
      const key = feedbackKey(id);
      const look = async () => ({ link, page: (await world.ask(link)).body, seen: world.store.text(key) });
      const pages = [await look()];
      for (const one of steps) {
        world.now += 1000;
        const before = world.store.text(key);
        if (one.kind === 'look') pages.push(await look());
        else if (one.kind === 'delete') await world.store.delete(key);
        else if (one.kind === 'command') {
          const at = new Date(world.now).toISOString();
          await writeVerdict(world.store, { formatVersion: 1, id, verdict: one.verdict, at });
        } else {
          const from = pages[one.page % pages.length]!;
          const { status } = await world.send(from, { verdict: one.verdict });
          const after = world.store.text(key);
          if (from.seen === before) {
            assert.equal(status, 303);
            assert.notEqual(after, before);
          } else {
            assert.equal(after, before, 'nothing is written over what the page did not show');
            const stands = before !== undefined && (JSON.parse(before) as { verdict: string; by?: string });
            const isSame = stands && stands.by === 'link' && stands.verdict === one.verdict;
            assert.equal(status, isSame ? 303 : 409);
          }
        }
      }
    }),
    { seed: 15, numRuns: 60 },
  );
});
