/**
 * The Lambda Runtime API of one execution environment, the side that AWS runs:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html. The environment asks for its next invocation and is
 * held until there is one.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RuntimeInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly deadline: number;
  /** JSON */
  readonly event: string;
}

export interface RuntimeOutcome {
  readonly failed: boolean;
  /** JSON */
  readonly payload: string;
}

export interface RuntimeApi {
  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Gives the environment its next invocation; `onOutcome` hears of its answer. One at a time. */
  offer(invocation: RuntimeInvocation): void;
  close(): Promise<void>;
}

export interface RuntimeEvents {
  /** The environment asks for work: the first time, its initialization is over. */
  onReady(): void;
  onInitError(payload: string): void;
  onOutcome(requestId: string, outcome: RuntimeOutcome): void;
}

/** Bytes: what a synchronous invocation may answer. */
const RESPONSE_LIMIT = 6 * 1024 * 1024;
const PREFIX = '/2018-06-01/runtime';

export async function startRuntimeApi(events: RuntimeEvents): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let offered: RuntimeInvocation | undefined;

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      reply(response, 500, { errorType: 'InternalError', errorMessage: String(error) });
    });
  });
  // An environment may wait for hours for its next invocation.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    offer(invocation) {
      offered = invocation;
      deliver();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').slice(PREFIX.length);
    if (request.method === 'GET' && path === '/invocation/next') {
      waiting = response;
      events.onReady();
      deliver();
      return;
    }
    const payload = await readBody(request);
    const [, requestId, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === '/init/error') events.onInitError(payload);
    else if (requestId !== undefined && kind !== undefined) {
      const tooLarge = Buffer.byteLength(payload) > RESPONSE_LIMIT;
      if (tooLarge) {
        const message = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT} bytes).`;
        const error = { errorType: 'Function.ResponseSizeTooLarge', errorMessage: message };
        events.onOutcome(requestId, { failed: true, payload: JSON.stringify(error) });
        return reply(response, 413, error);
      }
      events.onOutcome(requestId, { failed: kind === 'error', payload });
    } else return reply(response, 404, { errorType: 'NotFound', errorMessage: `${request.method} ${path}` });
    reply(response, 202, { status: 'OK' });
  }

  function deliver(): void {
    if (waiting === undefined || offered === undefined) return;
    const { requestId, functionArn, traceId, deadline, event } = offered;
    waiting.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(deadline),
      'Lambda-Runtime-Invoked-Function-Arn': functionArn,
      'Lambda-Runtime-Trace-Id': traceId,
    });
    waiting.end(event);
    waiting = undefined;
    offered = undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
