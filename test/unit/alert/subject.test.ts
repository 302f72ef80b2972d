import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderSubject } from '../../../lib/alert/subject.ts';
import { createAlert } from '../../helpers/alerts.ts';

function subjectOf(summary: string): string {
  return renderSubject(createAlert({ summary }));
}

test('a subject that is too long says less of each part, and the time is whole', () => {
  assert.equal(
    subjectOf(
      'carts-5ff676694b-fzj9z: container_cpu_usage_seconds_total 0.801 (usual 0.00129–0.00262) and 3 more metrics, since 12:54 UTC, 6 min',
    ),
    '[warning] carts-5ff676694b-fzj9z: container_cpu_usage_seconds_total 0.801, since 12:54 UTC',
  );
  assert.equal(
    subjectOf(
      'recommendation-engine and 12 more workloads, 48 pods: http_server_latency 2.4 s (usual 0.1–0.2 s) and 1 more metric, first in production/recommendation-engine-5ff676694b-fzj9z, since 2026-11-22 23:59 UTC, 6 min',
    ),
    '[warning] recommendation-engine and 12 more workloads, 48 pods..., since 2026-11-22 23:59 UTC',
  );
});

test('an end that is too long says what is now, and leaves out what its sign says', () => {
  const told = (state: 'settled' | 'resolved', summary: string): string =>
    renderSubject(createAlert({ state, summary }));
  const pod = 'shop/payment-5ff676694b-fzj9z';
  assert.equal(
    told('settled', `${pod}: settled at a new level at 09:19 UTC after 19 min: cpu 0.41 in place of 0.12`),
    `[settled] ${pod}: cpu 0.41 in place of 0.12 at 09:19 UTC`,
  );
  const began = 'it began with cpu 0.58 (usual 0.08–0.21)';
  assert.equal(
    told('settled', `${pod}: settled at a new level at 2026-11-23 09:19 UTC after 2 d; ${began}`),
    `[settled] ${pod}: settled at 2026-11-23 09:19 UTC; it began with cpu 0.58`,
  );
  assert.equal(
    told(
      'resolved',
      `${pod}: over at 2026-11-23 09:19 UTC after 1 h 12 min; it was http_latency 2.4 s and 3 more metrics`,
    ),
    `[resolved] ${pod}: over at 2026-11-23 09:19 UTC; it was http_latency 2.4 s`,
  );
});

test('an end of many leaves out what it was rather than to end in the middle of saying so', () => {
  const over = (workloads: string): string =>
    renderSubject(
      createAlert({
        state: 'resolved',
        summary: `${workloads}, 8 pods: over at 21:30 UTC after 1 h 20 min; it was request_latency_seconds 217 ms (usual 40.5–64.4 ms), first in data/orders-db-0`,
      }),
    );
  assert.equal(
    over('orders-db and orders'),
    '[resolved] orders-db and orders, 8 pods: over at 21:30 UTC; it was request_latency_seconds 217 ms',
  );
  assert.equal(
    over('orders-db, orders and checkout'),
    '[resolved] orders-db, orders and checkout, 8 pods: over at 21:30 UTC; was request_latency_seconds',
  );
  assert.equal(
    over('orders-db, orders, checkout and cart'),
    '[resolved] orders-db, orders, checkout and cart, 8 pods: over at 21:30 UTC',
  );
});

test('a long name costs words and no number', () => {
  const pod = 'shop/gateway-pzx9dxx9h6-9pw4p';
  assert.equal(
    subjectOf(`${pod}: more serious now, request_latency_seconds 570 ms (usual 217–384 ms), since 17:10 UTC`),
    `[warning] ${pod}: worse, request_latency_seconds 570 ms, since 17:10 UTC`,
  );
  assert.equal(
    subjectOf(
      `${pod}: more serious now, farther out, request_latency_seconds 570 ms (usual 217–384 ms), since 17:10 UTC`,
    ),
    `[warning] ${pod}: worse, request_latency_seconds 570 ms, since 17:10 UTC`,
  );
  assert.equal(
    subjectOf(
      `${pod}: more serious now, open for over 30 min, request_latency_seconds 570 ms (usual 217–384 ms), since 17:10 UTC`,
    ),
    `[warning] ${pod}: goes on, request_latency_seconds 570 ms, since 17:10 UTC`,
  );
  assert.equal(
    subjectOf(`${pod}: more serious now, open for over 30 min, cpu 0.58 (usual 0.08–0.21), since 17:10 UTC`),
    `[warning] ${pod}: open for over 30 min, cpu 0.58, since 17:10 UTC`,
  );
  const end = (state: 'settled' | 'resolved', summary: string) =>
    renderSubject(createAlert({ state, summary }));
  assert.equal(
    end(
      'resolved',
      'gateway and 5 more workloads, 20 pods: over at 17:30 UTC after 50 min; it was request_error_ratio 40.5% (usual 0.1–0.7%)',
    ),
    '[resolved] gateway and 5 more workloads, 20 pods: over at 17:30 UTC; was request_error_ratio 40.5%',
  );
  assert.equal(
    end(
      'settled',
      'shop/search-v7z7k5fqgv-xvppx: settled at a new level at 13:45 UTC after 5 h: request_latency_seconds 712 ms in place of 253 ms',
    ),
    '[settled] shop/search-v7z7k5fqgv-xvppx: request_latency_seconds 712 ms (was 253 ms) at 13:45 UTC',
  );
});

test('who follows is counted before a number is cut, and nothing is cut right behind "worse"', () => {
  const worse = (who: string, metric = 'request_latency_seconds'): string =>
    subjectOf(
      `${who}: getting worse, ${metric} 675 ms (usual 133–199 ms), first in data/orders-db-2, since 20:10 UTC, 25 min`,
    );
  assert.equal(
    worse('orders-db, orders and checkout, 8 pods'),
    '[warning] orders-db and 2 more, 8 pods: worse, request_latency_seconds 675 ms, since 20:10 UTC',
  );
  assert.equal(
    worse('orders-database and 4 more workloads, 120 pods'),
    '[warning] orders-database and 4 more workloads, 120 pods..., since 20:10 UTC',
  );
  assert.equal(
    worse('orders-db, orders and checkout, 8 pods', 'http_server_request_duration_seconds'),
    '[warning] orders-db and 2 more, 8 pods: http_server_request_duration_seconds..., since 20:10 UTC',
  );
  assert.equal(
    subjectOf(
      `orders-db and 4 more workloads, 8 pods: still open, ${'x'.repeat(40)} 675 ms, since 2026-11-22 20:10 UTC`,
    ),
    '[warning] orders-db and 4 more workloads, 8 pods..., since 2026-11-22 20:10 UTC',
  );
});

test('whatever the summary is, the subject has fewer than 100 characters, and no time is cut in two', () => {
  const word = fc.stringMatching(/^[a-z0-9/-]{1,60}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 12 }), fc.boolean(), (words, isLate) => {
      const time = isLate ? '2026-11-22 23:59 UTC' : '23:59 UTC';
      const subject = subjectOf(`${words.join(' ')} (usual 1–2), since ${time}, 6 min`);
      assert.ok(subject.length < 100, subject);
      assert.ok(subject.includes(time), subject);
    }),
  );
});
