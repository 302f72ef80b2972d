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
