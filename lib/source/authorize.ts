/** The headers that prove who asks. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { PrometheusAuth } from './prometheus-endpoint.ts';

export interface UnsignedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Form fields, empty for GET. */
  readonly body: string;
}

/** Name of Amazon Managed Service for Prometheus in a signature's scope. */
const SIGNING_SERVICE = 'aps';

/**
 * All headers to send, the given ones included. Signatures are good for 5 minutes, so each attempt asks anew.
 * @param now epoch milliseconds
 */
export async function authorize(
  request: UnsignedRequest,
  auth: PrometheusAuth,
  now: number,
): Promise<Record<string, string>> {
  switch (auth.kind) {
    case 'none':
      return { ...request.headers };
    case 'bearer':
      return { ...request.headers, authorization: `Bearer ${auth.token}` };
    case 'basic': {
      const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return { ...request.headers, authorization: `Basic ${pair}` };
    }
    case 'sigv4':
      return signRequest(request, auth, now);
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
async function signRequest(
  { method, url, headers, body }: UnsignedRequest,
  auth: PrometheusAuth & { readonly kind: 'sigv4' },
  now: number,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: SIGNING_SERVICE,
    region: auth.region,
    credentials: auth.credentials,
    sha256: Sha256,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    },
    { signingDate: new Date(now) },
  );
  // Node sets Host itself, from the same URL.
  const { host: _, ...sent } = signed.headers;
  return sent;
}
