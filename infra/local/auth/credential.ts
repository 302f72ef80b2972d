/** What a client says about its signature, in the Authorization header or in a presigned URL. Nothing is verified here. */
import { AwsError } from '../contract.ts';

export interface SignedRequest {
  readonly method: string;
  /** As sent: percent-encoded, without the query. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly rawQuery: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Credential {
  readonly accessKeyId: string;
  /** YYYYMMDD, as in the scope. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

export interface SignatureClaim {
  readonly kind: 'header' | 'presigned';
  readonly credential: Credential;
  /** Lower-case, in the order sent. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** YYYYMMDDTHHMMSSZ */
  readonly timestamp: string;
  /** Seconds for which a presigned URL holds; undefined for a signed header. */
  readonly expires: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
/** Seven days. */
const MAX_EXPIRES = 604_800;

/**
 * The claim of a request; undefined where it is not signed at all.
 * @throws AwsError where it is signed in a way that cannot be read or that the emulator does not know
 */
export function parseClaim(request: SignedRequest): SignatureClaim | undefined {
  const header = request.headers.authorization;
  const query = new URLSearchParams(request.rawQuery);
  const presigned = query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature');
  if (header !== undefined && presigned)
    throw malformed(
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
    );
  if (header !== undefined) return parseHeader(header, request.headers);
  if (presigned) return parseQuery(query);
  if (query.has('AWSAccessKeyId')) throw unsupportedMechanism();
  return undefined;
}

/** Epoch milliseconds of YYYYMMDDTHHMMSSZ; NaN for anything else. */
export function parseTimestamp(timestamp: string): number {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(timestamp);
  if (match === null) return Number.NaN;
  return Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`);
}

function parseHeader(header: string, headers: Readonly<Record<string, string>>): SignatureClaim {
  const space = header.indexOf(' ');
  if (header.slice(0, space) !== ALGORITHM) throw unsupportedMechanism();
  const fields = new Map<string, string>();
  for (const field of header.slice(space + 1).split(',')) {
    const equals = field.indexOf('=');
    fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
  }
  return {
    kind: 'header',
    credential: parseCredential(required(fields.get('Credential'), 'Credential')),
    signedHeaders: required(fields.get('SignedHeaders'), 'SignedHeaders').toLowerCase().split(';'),
    signature: required(fields.get('Signature'), 'Signature'),
    timestamp: readTimestamp(headers),
    expires: undefined,
  };
}

function parseQuery(query: URLSearchParams): SignatureClaim {
  const algorithm = query.get('X-Amz-Algorithm');
  if (algorithm !== ALGORITHM)
    throw badQuery(`X-Amz-Algorithm only supports "${ALGORITHM}", not ${JSON.stringify(algorithm)}`);
  const expires = Number(requiredQuery(query, 'X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 0) throw badQuery('X-Amz-Expires should be a number');
  if (expires > MAX_EXPIRES)
    throw badQuery(`X-Amz-Expires is ${expires}; it must be less than a week (in seconds), ${MAX_EXPIRES}`);
  return {
    kind: 'presigned',
    credential: parseCredential(requiredQuery(query, 'X-Amz-Credential')),
    signedHeaders: requiredQuery(query, 'X-Amz-SignedHeaders').toLowerCase().split(';'),
    signature: requiredQuery(query, 'X-Amz-Signature'),
    timestamp: requiredQuery(query, 'X-Amz-Date'),
    expires,
  };
}

/** `x-amz-date`, or a Date header in HTTP's own format. */
function readTimestamp(headers: Readonly<Record<string, string>>): string {
  const stamp = headers['x-amz-date'];
  if (stamp !== undefined) return stamp;
  const date = Date.parse(headers.date ?? '');
  if (Number.isNaN(date))
    throw new AwsError('AccessDenied', 403, 'AWS authentication requires a valid Date or x-amz-date header');
  return `${new Date(date).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function parseCredential(text: string): Credential {
  // An access key may hold a slash, the scope may not.
  const parts = text.split('/');
  const [date, region, service, terminator] = parts.slice(-4);
  if (parts.length < 5 || !date || !region || !service || terminator !== 'aws4_request')
    throw malformed(
      `The credential ${JSON.stringify(text)} is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"`,
    );
  return { accessKeyId: parts.slice(0, -4).join('/'), date, region, service };
}

function required(value: string | undefined, name: string): string {
  if (value) return value;
  throw malformed(`The authorization header lacks ${name}`);
}

function requiredQuery(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value) return value;
  throw badQuery(
    'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, ' +
      `X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters; ${name} is missing`,
  );
}

function malformed(message: string): AwsError {
  return new AwsError('AuthorizationHeaderMalformed', 400, message);
}

function badQuery(message: string): AwsError {
  return new AwsError('AuthorizationQueryParametersError', 400, message);
}

function unsupportedMechanism(): AwsError {
  return new AwsError(
    'InvalidRequest',
    400,
    `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  );
}
