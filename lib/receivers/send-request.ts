/** One request to a receiver, by fetch: a few in a minute, of which none is worth a client of its own. */

export interface ReceiverRequest {
  readonly method: 'POST' | 'PUT';
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

export interface ReceiverAnswer {
  readonly status: number;
  /** The header, as it is. */
  readonly retryAfter: string | null;
  /** How the answer begins, for people; empty where the request was accepted. */
  readonly text: string;
}

/** Bytes of an answer that are read. */
const LONGEST_ANSWER = 16_384;

/**
 * Redirects are answers like any other: followed, they would carry the credentials along.
 * @param timeoutMs for the request with its answer
 * @throws what fetch throws, which may show address and headers: a TimeoutError, or a TypeError with its cause
 */
export async function sendRequest(
  { method, url, headers, body }: ReceiverRequest,
  timeoutMs: number,
): Promise<ReceiverAnswer> {
  const response = await fetch(url, {
    method,
    // A process sleeps between two alerts, and a connection that was kept is dead by then.
    headers: { ...headers, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { status, ok } = response;
  const retryAfter = response.headers.get('retry-after');
  if (!ok) return { status, retryAfter, text: await readStart(response) };
  // It was taken, whatever becomes of the rest of the answer.
  await response.body?.cancel().catch(() => {});
  return { status, retryAfter, text: '' };
}

/** Of an answer that breaks off, what came: the status says enough. */
async function readStart({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of body ?? []) {
      parts.push(part);
      size += part.length;
      // Leaving the loop closes the connection.
      if (size >= LONGEST_ANSWER) break;
    }
  } catch {
    // Told by what is missing.
  }
  return Buffer.concat(parts, size).subarray(0, LONGEST_ANSWER).toString('utf8');
}
