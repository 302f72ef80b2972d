/**
 * Signature Version 4, recomputed from what arrived.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../contract.ts';
import { parseTimestamp, type SignatureClaim, type SignedRequest } from './credential.ts';

export interface SignatureOptions {
  /** Access key → secret. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** As it stands in the canonical request: a hex SHA-256 or one of S3's words. */
  readonly payloadHash: string;
}

/** What the signatures of a payload's chunks hang on. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly timestamp: string;
  readonly scope: string;
  /** The request's own signature, which the first chunk's follows. */
  readonly seed: string;
}

/** Fifteen minutes, as AWS allows. */
const MAX_SKEW_MS = 900_000;

/** @throws AwsError (AccessDenied, InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch, …) */
export function verifySignature(
  request: SignedRequest,
  claim: SignatureClaim,
  options: SignatureOptions,
): ChunkSigning {
  const { credential } = claim;
  const secret = Object.hasOwn(options.secrets, credential.accessKeyId)
    ? options.secrets[credential.accessKeyId]
    : undefined;
  if (secret === undefined)
    throw new AwsError(
      'InvalidAccessKeyId',
      403,
      `The AWS Access Key Id you provided does not exist in our records: ${JSON.stringify(credential.accessKeyId)}`,
    );
  checkScope(claim, options.region);
  checkTime(claim, options.now);
  checkSignedHeaders(request, claim);
  const scope = `${credential.date}/${credential.region}/${credential.service}/aws4_request`;
  const key = deriveKey(secret, claim);
  const canonicals = canonicalRequests(request, claim, options.payloadHash);
  const matches = canonicals.some((canonical) => {
    const toSign = `AWS4-HMAC-SHA256\n${claim.timestamp}\n${scope}\n${hashHex(canonical)}`;
    return equalText(hmac(key, toSign).toString('hex'), claim.signature);
  });
  if (!matches)
    throw new AwsError(
      'SignatureDoesNotMatch',
      403,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method. ' +
        `The canonical request is:\n${canonicals[0]}`,
    );
  return { key, timestamp: claim.timestamp, scope, seed: claim.signature };
}

export function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Header values arrive as latin1 code units, one for each byte that the client signed; all else is ASCII. */
export function hashHex(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

export function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

function checkScope(claim: SignatureClaim, region: string): void {
  const { credential } = claim;
  if (!Number.isFinite(parseTimestamp(claim.timestamp)) || !claim.timestamp.startsWith(credential.date))
    throw new AwsError(
      'AuthorizationHeaderMalformed',
      400,
      `The credential date ${credential.date} is not the day of the request, ${claim.timestamp}`,
    );
  if (credential.region !== region) {
    const message = `The region '${credential.region}' is wrong; expecting '${region}'`;
    // Clients of S3 sign again for the region that the error names.
    throw Object.assign(new AwsError('AuthorizationHeaderMalformed', 400, message), {
      details: { Region: region },
    });
  }
}

function checkTime(claim: SignatureClaim, now: number): void {
  const signed = parseTimestamp(claim.timestamp);
  if (claim.expires !== undefined) {
    if (now > signed + claim.expires * 1000)
      throw new AwsError(
        'AccessDenied',
        403,
        `Request has expired: it held ${claim.expires} s from ${claim.timestamp}`,
      );
    if (signed > now + MAX_SKEW_MS)
      throw new AwsError('AccessDenied', 403, `Request is not yet valid: it is dated ${claim.timestamp}`);
  } else if (Math.abs(now - signed) > MAX_SKEW_MS) {
    throw new AwsError(
      'RequestTimeTooSkewed',
      403,
      `The difference between the request time and the current time is too large: ${claim.timestamp} against ${new Date(now).toISOString()}`,
    );
  }
}

function checkSignedHeaders(request: SignedRequest, claim: SignatureClaim): void {
  const signed = new Set(claim.signedHeaders);
  const unsigned = Object.keys(request.headers).filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.has(name),
  );
  // A presigned URL may say the payload's hash beside its signature.
  const loose =
    claim.kind === 'presigned' ? unsigned.filter((name) => name !== 'x-amz-content-sha256') : unsigned;
  if (loose.length > 0)
    throw new AwsError(
      'AccessDenied',
      403,
      `There were headers present in the request which were not signed: ${loose.join(', ')}`,
    );
}

function deriveKey(secret: string, { credential }: SignatureClaim): Buffer {
  const parts = [credential.date, credential.region, credential.service, 'aws4_request'];
  return parts.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

/**
 * S3 signs the path as it is sent; clients differ in what they leave unencoded there, so the fully encoded form
 * counts as well. Every other service signs it encoded once more.
 */
function canonicalRequests(request: SignedRequest, claim: SignatureClaim, payloadHash: string): string[] {
  const paths =
    claim.credential.service === 's3'
      ? new Set([request.path, encodePath(decodePath(request.path))])
      : new Set([encodePath(request.path), request.path]);
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replaceAll(/ +/g, ' ')}\n`,
  );
  return [...paths].map((path) =>
    [
      request.method,
      path,
      canonicalQuery(request.rawQuery),
      headers.join(''),
      claim.signedHeaders.join(';'),
      payloadHash,
    ].join('\n'),
  );
}

function canonicalQuery(rawQuery: string): string {
  const pairs: [string, string][] = [];
  for (const pair of rawQuery.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (name !== 'X-Amz-Signature') pairs.push([encode(decodeQuery(name)), encode(decodeQuery(value))]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

function decodePath(path: string): string {
  return decode(path);
}

function decodeQuery(text: string): string {
  return decode(text.replaceAll('+', ' '));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986: only letters, digits and -._~ stay. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
