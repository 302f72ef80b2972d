/** Who sent a request, for which service, and the stream of its verified payload. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AwsError } from '../contract.ts';
import { ACCESS_KEY_ID } from '../iam/access.ts';
import { parseClaim, type SignatureClaim, type SignedRequest } from './credential.ts';
import { checkPayloadHash, openPayload, UNSIGNED_PAYLOAD } from './payload.ts';
import { verifySignature } from './signature.ts';

export interface AuthenticateOptions {
  readonly region: string;
  /** Access key → secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

const EMPTY_HASH = createHash('sha256').digest('hex');
/** Services other than S3 sign the hash of the whole body, which is held in memory for that. Lambda takes 6 MB. */
const MAX_HELD_BODY = 8 * 1024 * 1024;

/**
 * The verified payload of a request. S3's is verified as it is read, any other service's before this returns.
 * @throws AwsError as AWS answers; the stream fails with one where the bytes do not match what was signed
 */
export async function authenticate(
  request: SignedRequest,
  claim: SignatureClaim,
  source: AsyncIterable<Buffer>,
  options: AuthenticateOptions,
): Promise<Readable> {
  const declared = request.headers['x-amz-content-sha256'];
  if (claim.credential.service === 's3') {
    const payloadHash = declared ?? (claim.kind === 'presigned' ? UNSIGNED_PAYLOAD : undefined);
    if (payloadHash === undefined)
      throw new AwsError(
        'InvalidRequest',
        400,
        'Missing required header for this request: x-amz-content-sha256',
      );
    checkPayloadHash(payloadHash);
    const signing = verifySignature(request, claim, { ...options, payloadHash });
    const checksumsOfBody = !(request.method === 'POST' && /(^|&)uploadId=/.test(request.rawQuery));
    return Readable.from(
      openPayload(source, { headers: request.headers, payloadHash, signing, checksumsOfBody }),
      { objectMode: false },
    );
  }
  const body = await readBody(source);
  const payloadHash = createHash('sha256').update(body).digest('hex');
  if (declared !== undefined && declared !== payloadHash && declared !== UNSIGNED_PAYLOAD)
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  verifySignature(request, claim, { ...options, payloadHash: presignedHash(claim, declared) ?? payloadHash });
  return Readable.from([body], { objectMode: false });
}

/** The claim of a signed request. @throws AwsError AccessDenied where there is none */
export function requireClaim(request: SignedRequest): SignatureClaim {
  const claim = parseClaim(request);
  if (claim !== undefined) return claim;
  throw new AwsError(
    'AccessDenied',
    403,
    `Access Denied: the request is not signed; sign it with the access key ${ACCESS_KEY_ID}`,
  );
}

export async function readBody(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > MAX_HELD_BODY)
      throw new AwsError(
        'RequestEntityTooLarge',
        413,
        `The request body is larger than ${MAX_HELD_BODY} bytes`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function presignedHash(claim: SignatureClaim, declared: string | undefined): string | undefined {
  if (claim.kind === 'presigned') return declared ?? EMPTY_HASH;
  return declared === UNSIGNED_PAYLOAD ? UNSIGNED_PAYLOAD : undefined;
}
