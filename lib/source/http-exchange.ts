/**
 * One HTTP exchange. Node's own client in place of fetch, whose web streams cost a tenth of an export's time
 * (docs/benchmarks.md); its global agents keep connections alive.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { SourceError } from '../base/errors.ts';
import type { TlsMaterial } from '../config/tls-setting.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for GET. */
  readonly body: string;
  readonly signal: AbortSignal;
  /** The agent keeps connections of different ones apart. */
  readonly tls?: TlsMaterial | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. Whoever does not read it to its end destroys it. */
  readonly body: Readable;
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Sends the request and waits for the answer's head. Redirects are answers like any other.
 * @throws whatever Node throws where the connection fails or the signal fires; SourceError `unknown-encoding`
 */
export function exchange({ url, method, headers, body, signal, tls }: HttpRequest): Promise<HttpResponse> {
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = send(url, { method, headers, signal, ...tls }, (message) => {
      try {
        resolve({ status: message.statusCode!, headers: message.headers, body: decode(message, url) });
      } catch (error) {
        message.destroy();
        reject(error);
      }
    });
    // Stays: after the answer's head, the body's reader hears of what goes wrong.
    sent.on('error', reject);
    // In one piece, so that Content-Length is set.
    sent.end(body);
  });
}

function decode(message: IncomingMessage, url: URL): Readable {
  const encoding = (message.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return message;
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (create === undefined)
    throw new SourceError(
      'unknown-encoding',
      `${url.origin} answered with Content-Encoding ${JSON.stringify(encoding)}; known are ${Object.keys(DECODERS).join(', ')}`,
    );
  // The decoder fails with the message, and whoever reads the decoder hears of it.
  return pipeline(message, create(), () => {});
}
