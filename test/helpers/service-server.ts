/** Serves one of the emulator's services over HTTP, without the frame's signature check. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Service } from '../../infra/local/contract.ts';

export interface ServiceServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** `route` picks the service of a request. Answers that hang at `close` are cut off. */
export async function startServiceServer(
  route: (request: IncomingMessage) => Service,
): Promise<ServiceServer> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const gone = new AbortController();
    response.once('close', () => response.writableFinished || gone.abort());
    const { status, headers, body } = await route(request).handle({
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: request,
      origin: url.origin,
      requestId: randomUUID(),
      signal: gone.signal,
    });
    response.writeHead(status, headers);
    if (body instanceof Readable) body.pipe(response);
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
