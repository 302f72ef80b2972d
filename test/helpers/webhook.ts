/** A web endpoint for the alert topic. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Webhook {
  readonly url: string;
  /** Messages so far, as they were published. */
  readonly notifications: readonly string[];
  /** The answer to its confirmation. */
  readonly confirmed: Promise<unknown>;
  waitFor(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Confirms its subscription as a subscriber has to: by opening the address that it is sent. */
export async function startWebhook(): Promise<Webhook> {
  const notifications: string[] = [];
  const confirmed = Promise.withResolvers<unknown>();
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const message = JSON.parse(body) as { Type: string; Message: string; SubscribeURL?: string };
      if (message.SubscribeURL !== undefined) confirmed.resolve(fetch(message.SubscribeURL));
      else notifications.push(message.Message);
      response.end();
      for (const { count, resolve } of waiting) if (notifications.length >= count) resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    notifications,
    confirmed: confirmed.promise,
    waitFor: (count) =>
      new Promise((resolve) => {
        if (notifications.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
