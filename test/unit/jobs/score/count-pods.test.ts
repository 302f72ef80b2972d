import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { countPods } from '../../../../lib/jobs/score/count-pods.ts';

const MINUTE = 60_000;
const HEARD = Date.parse('2026-11-23T09:00:00Z');
const LABELLED: Detector = { ...defaultDetector('shop'), entityLabels: ['namespace', 'pod'] };

/** @param ages minutes between the newest row of an entity and the newest of its workload */
function count(workload: string, ages: Readonly<Record<string, number>>, detector = LABELLED): number {
  const tracks = Object.fromEntries(
    Object.entries(ages).map(([entity, age]) => [
      entity,
      { decidedUntil: HEARD - age * MINUTE, recent: [], open: undefined },
    ]),
  );
  return countPods({ detector, tracks, step: MINUTE })(workload, HEARD);
}

test('pods that were heard when their workload was heard last are counted, and not those before them', () => {
  const pods = {
    'shop/mailer-5ff676694b-fzj9z': 0,
    'shop/mailer-5ff676694b-x7k2p': 2,
    // Of the release before.
    'shop/mailer-6d5b5b8f6d-kq2xl': 3,
    'other/mailer-5ff676694b-fzj9z': 0,
    'shop/orders-5ff676694b-fzj9z': 0,
  };
  assert.equal(count('shop/mailer', pods), 2);
  assert.equal(count('shop/mailer', { ...pods, 'shop/mailer': 0 }), 2);
});

test('what is named like no pod is none of anything', () => {
  assert.equal(count('payment', { payment: 0, stock: 0 }, defaultDetector('shop')), 0);
  assert.equal(count('db-0', { 'db-0': 0, 'db-1': 0 }, defaultDetector('shop')), 0);
});
