/** `Invoke` as Lambda answers it over HTTP: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
import { AwsError, type AwsRequest, type AwsResponse } from '../contract.ts';
import type { InvocationResult } from './function-config.ts';

export interface InvokeTarget {
  invoke(event: string): Promise<InvocationResult>;
  invokeLater(event: string): void;
}

/** Bytes of a request's payload. */
const PAYLOAD_LIMIT = 6 * 1024 * 1024;
const ASYNC_PAYLOAD_LIMIT = 1024 * 1024;
const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** @throws AwsError for what is not an Invoke, or cannot be done */
export async function handleInvoke(
  request: AwsRequest,
  find: (name: string) => InvokeTarget | undefined,
): Promise<AwsResponse> {
  const encoded = PATH.exec(request.path)?.[1];
  if (encoded === undefined || request.method !== 'POST')
    throw new AwsError('NotImplemented', 501, `Lambda: ${request.method} ${request.path} is not emulated`);
  const name = functionName(decodeURIComponent(encoded));
  const target = find(name);
  if (target === undefined)
    throw new AwsError('ResourceNotFoundException', 404, `Function not found: ${name}`);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const event = await readPayload(request, type === 'Event' ? ASYNC_PAYLOAD_LIMIT : PAYLOAD_LIMIT);

  switch (type) {
    case 'DryRun':
      return { status: 204 };
    case 'Event':
      target.invokeLater(event);
      return { status: 202 };
    case 'RequestResponse':
      return toResponse(await target.invoke(event), request.headers['x-amz-log-type'] === 'Tail');
    default:
      throw new AwsError('InvalidParameterValueException', 400, `Unsupported invocation type ${type}`);
  }
}

/** Lambda's errors: JSON, with the code in a header. */
export function renderLambdaError(error: AwsError): AwsResponse {
  return {
    status: error.status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', Message: error.message }),
  };
}

/** A name, `name:$LATEST`, `account:function:name` or a whole ARN. */
export function functionName(identifier: string): string {
  const match = /^(?:(?:arn:aws:lambda:[^:]*:)?\d{12}:function:)?([A-Za-z0-9_-]+)(?::\$LATEST)?$/.exec(
    identifier,
  );
  if (match?.[1] === undefined)
    throw new AwsError('InvalidParameterValueException', 400, `not a function name: ${identifier}`);
  return match[1];
}

async function readPayload(request: AwsRequest, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += (chunk as Buffer).length;
    if (size > limit)
      throw new AwsError('RequestTooLargeException', 413, `payload of more than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString().trim() || '{}';
  try {
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new AwsError(
      'InvalidRequestContentException',
      400,
      `Could not parse request body into json: ${reason}`,
    );
  }
  return text;
}

function toResponse(result: InvocationResult, withTail: boolean): AwsResponse {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
  };
  if (result.functionError !== undefined) headers['x-amz-function-error'] = result.functionError;
  if (withTail) headers['x-amz-log-result'] = Buffer.from(result.logTail).toString('base64');
  return { status: 200, headers, body: result.payload };
}
