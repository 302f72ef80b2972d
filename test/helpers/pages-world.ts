/** A bucket with an incident that people were told of, its page, and someone who asks for it. */
import assert from 'node:assert/strict';
import type { AlertLinks } from '../../lib/alert/alert.ts';
import type { LinkKeys } from '../../lib/answers/signed-link.ts';
import { DEFAULT_GROUPING } from '../../lib/config/grouping.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { answerRequest } from '../../lib/jobs/pages/answer-request.ts';
import type { PageRequest, PageResponse } from '../../lib/jobs/pages/contract.ts';
import { createLinkKeyCache, createPageLinker } from '../../lib/jobs/shared/link-keys.ts';
import { updateState } from '../../lib/store/detector-states.ts';
import { createAnomaly } from './alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from './memory-telemetry.ts';
import { createNotifyContext } from './notify-context.ts';

export const MINUTE = 60_000;
export const DAY: number = 24 * 60 * MINUTE;
const START = Date.parse('2026-11-22T08:00:00Z');
const BASE = 'https://pages.example.com';

export interface PagesWorld {
  readonly store: MemoryObjectStore;
  readonly telemetry: MemoryTelemetry;
  /** Changed by tests. */
  now: number;
  keys: LinkKeys;
  /** How often the keys were read by who serves. */
  keyReads: number;
  /** Keys that were read and written by who serves, in order. */
  readonly touched: string[];
  /** Tells people of an incident. @returns its id and the link of the message */
  tell(
    entity: string,
    state?: 'opened' | 'resolved',
  ): Promise<{ readonly id: string; readonly link: string }>;
  /** @param address whole, or path and query */
  ask(address: string, request?: Partial<PageRequest>): Promise<PageResponse>;
  /** Fills a form of a page in, as a browser does, and sends it. */
  send(
    from: { readonly link: string; readonly page: string },
    fields: Record<string, string>,
  ): Promise<PageResponse>;
}

export function createPagesWorld(): PagesWorld {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  const touched: string[] = [];
  let serving = createKeys();

  function createKeys() {
    return createLinkKeyCache({
      read: async () => {
        world.keyReads++;
        return world.keys;
      },
      now: () => world.now,
    });
  }

  const world: PagesWorld = {
    store,
    telemetry,
    touched,
    now: START + 30 * MINUTE,
    keys: { current: 'the first key, of many characters' },
    keyReads: 0,
    async tell(entity, state = 'opened') {
      const id = `20261122T080000Z-${entity.replaceAll(/[^a-z0-9]/g, '')}`;
      const sequence = state === 'opened' ? 1 : 2;
      const anomaly = createAnomaly({
        entity,
        anomalyId: id,
        changeId: `${id}-000${sequence}`,
        state,
        end: state === 'opened' ? null : '2026-11-22T08:20:00.000Z',
      });
      const about = { workload: entity, siblings: 1, dependsOn: [], step: MINUTE };
      await updateState(store, 'shop', (before) => ({
        ...before,
        outbox: [...before.outbox, { anomaly, sequence, about }],
      }));
      const links: AlertLinks[] = [];
      const context = createNotifyContext(store, {
        renderPage: undefined,
        now: () => world.now,
        grouping: { ...DEFAULT_GROUPING, groupWait: 0, groupInterval: 0, groupBy: [] },
        linkPage: createPageLinker({
          base: BASE,
          keys: createLinkKeyCache({ read: async () => world.keys, now: () => world.now }),
          now: () => world.now,
        }),
        publisher: {
          async publish(sent) {
            if (sent.links !== undefined) links.push(sent.links);
            return { messageId: 'm1' };
          },
        },
      });
      await notify(context, ['shop']);
      return { id, link: links.at(-1)?.page ?? assert.fail('no message with a link') };
    },
    async ask(address, request = {}) {
      const url = new URL(address, BASE);
      return await answerRequest(
        {
          method: 'GET',
          path: url.pathname,
          query: url.search.slice(1),
          contentType: '',
          body: new Uint8Array(),
          sourceIp: '203.0.113.7',
          userAgent: 'Browser/1.0',
          ...request,
        },
        {
          store: {
            async get(key, options) {
              touched.push(`get ${key}`);
              return await store.get(key, options);
            },
            async put(key, body, options) {
              touched.push(`put ${key}`);
              return await store.put(key, body, options);
            },
          },
          keys: serving,
          telemetry,
          now: () => world.now,
        },
      );
    },
    async send({ link, page }, fields) {
      const letter = 'for' in fields ? 's' : 'v';
      const form = new RegExp(`<form[^>]* action="(\\.\\./${letter}/[^"]+)">([\\s\\S]*?)</form>`).exec(page);
      assert.ok(form !== null, `no form that is sent to ${letter}`);
      const [, action = '', inner = ''] = form;
      const hidden = [...inner.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(
        ([, name, value]) => [name!, decodeEntities(value!)],
      );
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields }).toString();
      return await world.ask(new URL(decodeEntities(action), link).href, {
        method: 'POST',
        contentType: 'application/x-www-form-urlencoded',
        body: new TextEncoder().encode(body),
      });
    },
  };
  serving = createKeys();
  return world;
}

function decodeEntities(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}
