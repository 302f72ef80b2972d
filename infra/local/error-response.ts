/** Errors of the frame, in the protocol that the service's clients read. */
import { AwsError, type AwsResponse } from './contract.ts';

export interface ErrorContext {
  /** As in a credential scope: s3, sqs, … */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
}

/** Services whose errors are JSON with the code in a header. */
const REST_JSON_SERVICES: ReadonlySet<string> = new Set(['lambda', 'scheduler', 'aps', 'execute-api']);

/** Anything but an AwsError is a fault of the emulator: InternalError, 500. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new AwsError(
    'InternalError',
    500,
    `We encountered an internal error. Please try again. (${reason})`,
  );
}

export function renderError(error: AwsError, context: ErrorContext): AwsResponse {
  const { service, headers, requestId } = context;
  if (service === 's3') return renderS3(error, context);
  if (REST_JSON_SERVICES.has(service))
    return json(error, requestId, { Type: faultOf(error), Message: error.message, message: error.message });
  if (headers['x-amz-target'] !== undefined || /^application\/x-amz-json/.test(headers['content-type'] ?? ''))
    return json(error, requestId, { __type: error.code, message: error.message });
  return {
    status: error.status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body:
      `<?xml version="1.0"?>\n<ErrorResponse><Error><Type>${faultOf(error)}</Type><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

/** For text and attributes. Control characters leave as references, so that no parser turns \r into \n. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold them
  return text.replaceAll(/[&<>"'\u0000-\u001f\u007f]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function renderS3(error: AwsError, { method, path, requestId }: ErrorContext): AwsResponse {
  const headers = {
    'content-type': 'application/xml',
    'x-amz-request-id': requestId,
    ...('headers' in error ? (error.headers as Record<string, string>) : {}),
  };
  if (method === 'HEAD') return { status: error.status, headers };
  const details = Object.entries('details' in error ? (error.details as Record<string, string>) : {});
  return {
    status: error.status,
    headers,
    body:
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.code)}</Code>` +
      `<Message>${escapeXml(error.message)}</Message>` +
      details.map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`).join('') +
      `<Resource>${escapeXml(path)}</Resource><RequestId>${requestId}</RequestId></Error>`,
  };
}

function json(error: AwsError, requestId: string, body: Record<string, string>): AwsResponse {
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': error.code,
    },
    body: JSON.stringify(body),
  };
}

function faultOf(error: AwsError): string {
  return error.status >= 500 ? 'Receiver' : 'Sender';
}
