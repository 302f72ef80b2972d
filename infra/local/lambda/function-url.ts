/**
 * Function URLs: an HTTP request becomes an event of payload format 2.0, and what the function returns an answer.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
import { ACCOUNT_ID, AwsError, type AwsRequest, type AwsResponse } from '../contract.ts';
import type { InvocationResult } from './function-config.ts';

/** In place of a host name for each function: `http://127.0.0.1:PORT/_tidewatch/url/FUNCTION/`. */
export const FUNCTION_URL_PATH = '/_tidewatch/url/';

/** Bytes of a request, and of an answer. */
const PAYLOAD_LIMIT = 6 * 1024 * 1024;
/** Others come in base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b)/;

export interface UrlTarget {
  readonly name: string;
  /** Whether everybody may invoke it by its address. */
  readonly isPublic: boolean;
  invoke(event: string): Promise<InvocationResult>;
}

export function functionUrl(endpoint: string, name: string): string {
  return `${endpoint}${FUNCTION_URL_PATH}${name}/`;
}

/** @param now epoch milliseconds */
export async function handleFunctionUrl(
  request: AwsRequest,
  { find, now }: { readonly find: (name: string) => UrlTarget | undefined; readonly now: () => number },
): Promise<AwsResponse> {
  const [, name = '', path = ''] = /^([^/]+)(\/.*)$/.exec(request.path.slice(FUNCTION_URL_PATH.length)) ?? [];
  const target = find(name);
  if (target === undefined) return failed(403, 'Forbidden');
  if (!target.isPublic)
    return failed(
      403,
      'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html',
    );
  const body = await readBody(request);
  const { payload, functionError } = await target.invoke(
    JSON.stringify(toEvent({ request, path, body, now: now() })),
  );
  if (functionError !== undefined || payload.length > PAYLOAD_LIMIT)
    return failed(502, 'Internal Server Error');
  return toResponse(JSON.parse(payload) as unknown, payload);
}

async function readBody({ body }: AwsRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > PAYLOAD_LIMIT) throw new AwsError('RequestEntityTooLargeException', 413, 'Request too long');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function toEvent(given: {
  readonly request: AwsRequest;
  readonly path: string;
  readonly body: Buffer;
  readonly now: number;
}): unknown {
  const { request, path, body, now } = given;
  const { method, headers, query, rawQuery = query.toString(), requestId } = request;
  const isText = TEXT.test(headers['content-type'] ?? '');
  const host = headers['host'] ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: rawQuery,
    headers,
    ...(rawQuery !== '' && { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: ACCOUNT_ID,
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** What has no `statusCode` is JSON of its own. */
function toResponse(value: unknown, payload: string): AwsResponse {
  if (typeof value !== 'object' || value === null || !('statusCode' in value))
    return { status: 200, headers: { 'content-type': 'application/json' }, body: payload };
  const { statusCode, headers, body, isBase64Encoded } = value as {
    readonly statusCode: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly isBase64Encoded?: boolean;
  };
  return {
    status: statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function failed(status: number, message: string): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Message: message }),
  };
}
