/** The packaged function that serves pages: from the link in an alert to the answer in the bucket, by its role. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Alert } from '../../lib/alert/alert.ts';
import type { Verdict } from '../../lib/answers/verdict.ts';
import { updateState } from '../../lib/store/detector-states.ts';
import { feedbackKey, incidentKey, incidentPageKey, silenceKey } from '../../lib/store/keys.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { createAnomaly } from '../helpers/alerts.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';

const DETECTOR = 'shop';
let stack: LocalStack;
let alerts: AlertQueue;

before(async () => {
  stack = await startLocalStack({ params: { pages: 'on', groupBy: 'none' } });
  alerts = await subscribeQueue(stack);
});
after(async () => {
  // Fails where a role lacks a permission.
  await stack.close();
});

/** An anomaly as scoring leaves it, told of by the notify function. */
async function tell(number: number): Promise<Alert> {
  const start = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 600_000).toISOString();
  const id = `${start.replaceAll(/[-:]|\.000/g, '')}-${String(number).padStart(12, '0')}`;
  const entity = `shop/payment-${number}`;
  const anomaly = createAnomaly({
    entity,
    anomalyId: id,
    changeId: `${id}-0001`,
    start,
    lastAnomalous: start,
  });
  const about = { workload: entity, siblings: 1, dependsOn: [], step: 60_000 };
  const store = createS3ObjectStore({ client: stack.s3, bucket: stack.bucket });
  await updateState(store, DETECTOR, (state) => ({
    ...state,
    outbox: [{ anomaly, sequence: 1, about }],
  }));
  await stack.send('NotifyQueue', { detector: DETECTOR });
  await stack.idle();
  const told = (await alerts.alerts()).find(({ incidentId }) => incidentId === id);
  return told ?? assert.fail('nobody was told');
}

function linkOf({ links }: Alert): string {
  return links?.page ?? assert.fail('an alert without a link');
}

/** As a browser fills it in. */
function send(link: string, page: string, fields: Record<string, string>): Promise<Response> {
  const letter = 'for' in fields ? 's' : 'v';
  const [, action = '', inner = ''] =
    new RegExp(`<form[^>]* action="(\\.\\./${letter}/[^"]+)">([\\s\\S]*?)</form>`).exec(page) ?? [];
  const hidden = [...inner.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
    ([, name, value]) => [name!, value!.replaceAll('&quot;', '"')] as const,
  );
  return fetch(new URL(action.replaceAll('&amp;', '&'), link), {
    method: 'POST',
    body: new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }),
    redirect: 'manual',
  });
}

describe('pages by links', () => {
  it('are linked by the alert, shown, and answered', async () => {
    const alert = await tell(1);
    const link = linkOf(alert);
    assert.ok(link.startsWith(stack.service.deployment.outputs['PagesUrl'] ?? '?'));
    const page = await fetch(link);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    const html = await page.text();
    assert.match(html, /shop\/<wbr>payment-<wbr>1/);
    const answered = await send(link, html, { verdict: 'false', note: 'a test', by: 'ada' });
    assert.deepEqual(
      [answered.status, new URL(answered.headers.get('location') ?? '', answered.url).href],
      [303, `${link}#answer`],
    );
    const verdict = await stack.getJson<Verdict>(feedbackKey(alert.incidentId));
    assert.deepEqual([verdict.verdict, verdict.note, verdict.by], ['false', 'a test', 'ada (by link)']);
    assert.equal(verdict.via?.sourceIp, '127.0.0.1');
    const audit = stack.logs('pages').filter(({ message }) => message === 'answered by link');
    assert.deepEqual(
      audit.map(({ incidentId, answer, link: name, requestId }) => [
        incidentId,
        answer,
        name,
        typeof requestId,
      ]),
      [[alert.incidentId, 'verdict', verdict.via?.link, 'string']],
    );
    const again = await (await fetch(link)).text();
    assert.match(again, /said by ada \(by link\)/);
    assert.equal((await send(link, html, { verdict: 'true' })).status, 409, 'an old page undoes nothing');
    assert.equal((await send(link, again, { for: '1h' })).status, 303);
    assert.match(new TextDecoder().decode(await stack.get(silenceKey(alert.incidentId))), /entity = "shop/);
    assert.equal(stack.metric('pages', 'AnswersByLink', DETECTOR), 2);
    const unused = stack.service.emulator.access.listUnused().filter(({ role }) => /Pages/.test(role));
    assert.deepEqual(unused, [], 'granted and not needed');
  });

  it('are for one incident: nothing else is served, and nothing can be listed', async () => {
    const link = new URL(linkOf(await tell(2)));
    const other = await tell(3);
    const base = stack.service.deployment.outputs['PagesUrl'] ?? '';
    const refused = await (await fetch(base)).text();
    const paths = [
      `i/${other.incidentId}`,
      incidentPageKey(other.incidentId),
      incidentKey(other.incidentId),
      'i/..%2fstate%2fnotify',
      'state/notify.json',
      'i/',
      'i/?list-type=2',
    ];
    for (const path of paths) {
      const response = await fetch(`${base}${path}${path.includes('?') ? '&' : '?'}${link.search.slice(1)}`);
      assert.deepEqual([response.status, await response.text()], [404, refused], path);
    }
    assert.ok(stack.metric('pages', 'LinksRefused', 'none') >= paths.length);
  });
});
