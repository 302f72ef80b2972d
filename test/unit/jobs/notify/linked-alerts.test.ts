/** Links in messages: put in as they go out, and no reason not to tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, AlertLinks } from '../../../../lib/alert/alert.ts';
import { pageLink } from '../../../../lib/alert/page-link.ts';
import { renderAlert } from '../../../../lib/alert/render.ts';
import { publishOutbox } from '../../../../lib/jobs/notify/publish-outbox.ts';
import { linksOf } from '../../../../lib/receivers/receiver-text.ts';
import { incidentKey, incidentPageKey } from '../../../../lib/store/keys.ts';
import {
  INITIAL_NOTIFY_STATE,
  readNotifyState,
  writeNotifyState,
} from '../../../../lib/store/notify-state.ts';
import { createAlert } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';

const LINKS: AlertLinks = {
  page: 'https://pages.example.com/i/inc1?e=1800000000&s=signature',
  expires: '2027-01-15T08:00:00.000Z',
};

/** @param page of the first of two alerts; the second is a digest, which has none */
async function publish(linkPage: (incidentId: string) => Promise<AlertLinks>): Promise<{
  readonly sent: readonly Alert[];
  readonly store: MemoryObjectStore;
  readonly lines: readonly string[];
}> {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  const { objects } = createAlert();
  const alert = createAlert({
    objects: { ...objects, bucket: 'data', region: 'eu-west-1', page: incidentPageKey('inc1') },
  });
  const digest = createAlert({ incidentId: 'digest1', notificationId: 'digest1-0001', state: 'digest' });
  const { etag } = await readNotifyState(store);
  const outbox = [alert, digest].map((one) => ({ alert: one, sequence: 1 }));
  await writeNotifyState(store, { ...INITIAL_NOTIFY_STATE, outbox }, etag);
  const sent: Alert[] = [];
  const publisher = {
    async publish(one: Alert) {
      sent.push(one);
      return { messageId: `m${sent.length}` };
    },
  };
  await publishOutbox(createNotifyContext(store, { publisher, telemetry, linkPage }));
  return { sent, store, lines: telemetry.lines.map(({ level, message }) => `${level} ${message}`) };
}

test('a message about an incident has its link in place of the console, its receivers too; the bucket has none', async () => {
  const asked: string[] = [];
  const { sent, store } = await publish(async (id) => {
    asked.push(id);
    return LINKS;
  });
  assert.deepEqual(asked, ['inc1']);
  assert.deepEqual(
    sent.map(({ links }) => links),
    [LINKS, undefined],
  );
  assert.equal(pageLink(sent[0]!), LINKS.page);
  assert.deepEqual(linksOf(sent[0]!)[0], { name: 'page of the incident', url: LINKS.page });
  const { text, body } = renderAlert(sent[0]!);
  assert.match(text, /Look at it: https:\/\/pages\.example\.com\/i\/inc1\?e=1800000000&s=signature\n/);
  assert.match(text, /Answer it: +there, until 2027-01-15 08:00:00 UTC, or by a command:\n/);
  assert.doesNotMatch(text, /console\.aws/);
  assert.deepEqual((JSON.parse(body) as Alert).links, LINKS);
  assert.ok(!store.text(incidentKey('inc1'))?.includes('signature'));
});

test('where the key cannot be had the message goes out without a link, and it is logged', async () => {
  const { sent, lines } = await publish(async () => {
    throw new Error('AccessDeniedException');
  });
  assert.deepEqual(
    sent.map(({ links }) => links),
    [undefined, undefined],
  );
  assert.match(renderAlert(sent[0]!).text, /console\.aws\.amazon\.com/);
  assert.ok(lines.includes('error alert without a link'));
});
