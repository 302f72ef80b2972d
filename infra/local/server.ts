/** The HTTP frame: one port for every service, told apart by the credential scope of the signature. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { authenticate, readBody, requireClaim } from './auth/authenticate.ts';
import { parseClaim, type SignedRequest } from './auth/credential.ts';
import { AwsError, type AwsResponse, type Permissions, type Service } from './contract.ts';
import { asAwsError, renderError } from './error-response.ts';
import type { Access } from './iam/access.ts';
import { FUNCTION_URL_PATH } from './lambda/function-url.ts';

export interface ServerOptions {
  /** 0 for a free port. */
  readonly port: number;
  readonly region: string;
  readonly access: Access;
  /** The clock that signatures are held against, epoch milliseconds. */
  /** Address that it listens on: 127.0.0.1 unless given, or all of them. */
  readonly host?: string | undefined;
  readonly signatureClock: () => number;
  readonly log: (line: string) => void;
}

export interface Server {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Serves requests whose credential scope names that service: s3, sqs, sns, sts, lambda, scheduler, … */
  mount(name: string, service: Service): void;
  /** Takes no more requests, waits for those under way (at most two seconds), and frees the port. */
  close(): Promise<void>;
}

/** Answers 200 while the server is up, with no signature. No bucket name starts with an underscore. */
const HEALTH_PATH = '/_tidewatch/health';

/** Longer than any client keeps an idle connection, so that none is closed as it is used again. */
const KEEP_ALIVE_MS = 120_000;
const HEALTHY: AwsResponse = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: '{"status":"ok"}',
};
const CLOSE_GRACE_MS = 2000;
/** Links in SNS's messages, which people follow with no signature. */
const UNSIGNED_SNS_ACTIONS: ReadonlySet<string | null> = new Set(['ConfirmSubscription', 'Unsubscribe']);

/** What each request is served with. */
interface Frame {
  readonly options: ServerOptions;
  readonly services: Map<string, Service>;
  /** One for each request under way. */
  readonly underWay: Set<AbortController>;
  closing: boolean;
}

/** @throws Error where the port cannot be had */
export async function startServer(options: ServerOptions): Promise<Server> {
  const frame: Frame = { options, services: new Map(), underWay: new Set(), closing: false };
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void serve(request, response, frame);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    mount: (name, service) => void frame.services.set(name, service),
    async close() {
      frame.closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const controller of frame.underWay) controller.abort();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, frame: Frame): Promise<void> {
  const { log } = frame.options;
  const started = performance.now();
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const request = readHead(incoming);
  const controller = new AbortController();
  frame.underWay.add(controller);
  outgoing.once('close', () => {
    frame.underWay.delete(controller);
    controller.abort();
  });
  const service =
    request.path === HEALTH_PATH ? 'health' : isFunctionUrl(request) ? 'lambda' : nameService(request);
  const line = `${service} ${request.method} ${incoming.url}`;
  try {
    let response: AwsResponse;
    try {
      response =
        service === 'health'
          ? HEALTHY
          : await dispatch(request, incoming, frame, requestId, controller.signal);
    } catch (error) {
      const failure = asAwsError(error);
      if (failure.status === 500) log(`${line}: ${stackOf(error)}`);
      response = renderError(failure, { ...request, service, requestId });
    }
    await send(incoming, outgoing, response, requestId, frame);
    log(`${line} ${response.status} ${(performance.now() - started).toFixed(0)} ms`);
  } catch (error) {
    // The client went away, or the answer broke off half way: nothing can be said to it any more.
    log(`${line} broken off: ${asAwsError(error).message}`);
    outgoing.destroy();
  }
}

async function dispatch(
  request: SignedRequest,
  incoming: IncomingMessage,
  { services, options: { region, access, signatureClock } }: Frame,
  requestId: string,
  signal: AbortSignal,
): Promise<AwsResponse> {
  const query = new URLSearchParams(request.rawQuery);
  // What is left of the body is drained after the answer; destroying it would break the connection before.
  const source: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  let name = 'sns';
  let body: Readable;
  let permissions: Permissions | undefined;
  if (isFunctionUrl(request)) {
    name = 'function-url';
    body = Readable.from(source, { objectMode: false });
  } else if (parseClaim(request) === undefined && UNSIGNED_SNS_ACTIONS.has(query.get('Action'))) {
    body = Readable.from([await readBody(source)], { objectMode: false });
  } else {
    const claim = requireClaim(request);
    name = claim.credential.service;
    const { secrets } = access;
    body = await authenticate(request, claim, source, { region, secrets, now: signatureClock() });
    permissions = access.permissionsOf(claim.credential.accessKeyId);
  }
  const service = services.get(name);
  if (service === undefined)
    throw new AwsError(
      'NotImplemented',
      501,
      `The emulator has no service ${JSON.stringify(name)}, only ${[...services.keys()].join(', ')}`,
    );
  const { method, path, headers } = request;
  const origin = `http://${headers.host ?? '127.0.0.1'}`;
  const { rawQuery } = request;
  const call = { method, path, query, rawQuery, headers, body, origin, requestId, signal };
  return service.handle(permissions === undefined ? call : { ...call, permissions });
}

function isFunctionUrl({ path }: SignedRequest): boolean {
  return path.startsWith(FUNCTION_URL_PATH);
}

/** The service that a request is for, signed or not: what its errors are written for. */
function nameService(request: SignedRequest): string {
  const scope = /Credential=[^,]*\/([^/,]+)\/aws4_request/.exec(request.headers.authorization ?? '')?.[1];
  if (scope !== undefined) return scope;
  const query = new URLSearchParams(request.rawQuery);
  const presigned = /\/([^/]+)\/aws4_request$/.exec(query.get('X-Amz-Credential') ?? '')?.[1];
  if (presigned !== undefined) return presigned;
  const target = request.headers['x-amz-target'];
  if (target !== undefined) return /^AmazonSQS\./.test(target) ? 'sqs' : 'json';
  if (
    query.has('Action') ||
    /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '')
  )
    return 'query';
  return 's3';
}

function readHead(incoming: IncomingMessage): SignedRequest {
  const url = incoming.url ?? '/';
  const question = url.indexOf('?');
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    // Signature Version 4 joins repeated headers with a bare comma.
    if (values !== undefined) headers[name] = values.join(',');
  }
  return {
    method: incoming.method ?? 'GET',
    path: question < 0 ? url : url.slice(0, question),
    rawQuery: question < 0 ? '' : url.slice(question + 1),
    headers,
  };
}

async function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, headers = {}, body = '' }: AwsResponse,
  requestId: string,
  { closing, options: { signatureClock } }: Frame,
): Promise<void> {
  outgoing.statusCode = status;
  outgoing.setHeader('server', 'tidewatch-emulator');
  outgoing.setHeader('x-amz-request-id', requestId);
  if (closing) outgoing.setHeader('connection', 'close');
  // Clients that find their clock skewed set it by this.
  outgoing.setHeader('date', new Date(signatureClock()).toUTCString());
  for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
  if (body instanceof Readable) {
    await pipeline(body, outgoing);
  } else {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (!outgoing.hasHeader('content-length') && status !== 204 && status !== 304)
      outgoing.setHeader('content-length', bytes.length);
    await new Promise<void>((resolve) => {
      outgoing.once('close', resolve);
      outgoing.end(incoming.method === 'HEAD' ? undefined : bytes);
    });
  }
  if (!incoming.readableEnded) incoming.resume();
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
