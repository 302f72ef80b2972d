/** A server that speaks query_range as Prometheus does, or fails in a chosen way. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Of the form or the query string. */
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export type Reply = (response: ServerResponse, request: FakeRequest) => void;

export interface FakePrometheus extends AsyncDisposable {
  readonly url: string;
  /** In the order of arrival. */
  readonly requests: FakeRequest[];
  /** Most requests that were open at the same time. */
  mostAtOnce(): number;
}

export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** By epoch ms; undefined where the series has no sample. */
  readonly valueAt: (time: number) => number | string | undefined;
}

export async function startFakePrometheus(reply: Reply): Promise<FakePrometheus> {
  const requests: FakeRequest[] = [];
  let open = 0;
  let most = 0;
  const server = createServer(async (incoming, response) => {
    open++;
    most = Math.max(most, open);
    response.on('close', () => open--);
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const fields = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
    const request: FakeRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      headers: incoming.headers as Record<string, string>,
      fields,
      body,
      start: Number(fields.start) * 1000,
      end: Number(fields.end) * 1000,
      step: Number(fields.step) * 1000,
    };
    requests.push(request);
    reply(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    mostAtOnce: () => most,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers any query with the same series. Includes the end, and refuses what Prometheus refuses. */
export function answerSeries(series: readonly FakeSeries[]): Reply {
  return answerQueries(() => series);
}

/** Answers with the series of each query. */
export function answerQueries(seriesOf: (query: string) => readonly FakeSeries[]): Reply {
  return (response, request) => {
    const { start, end, step } = request;
    if ((end - start) / step > 11_000) {
      sendJson(response, 400, {
        status: 'error',
        errorType: 'bad_data',
        error: 'exceeded maximum resolution of 11,000 points per timeseries.',
      });
      return;
    }
    const result = seriesOf(request.fields.query ?? '')
      .map(({ labels, valueAt }) => {
        const values: [number, string][] = [];
        for (let time = start; time <= end; time += step) {
          const value = valueAt(time);
          if (value !== undefined) values.push([time / 1000, String(value)]);
        }
        return { metric: labels, values };
      })
      .filter(({ values }) => values.length > 0);
    sendJson(response, 200, { status: 'success', data: { resultType: 'matrix', result } });
  };
}

/** The first request gets the first reply, and so on; the last one answers all that follow. */
export function inTurn(...replies: readonly [Reply, ...Reply[]]): Reply {
  let next = 0;
  return (response, request) => {
    const reply = replies[Math.min(next++, replies.length - 1)]!;
    reply(response, request);
  };
}

export function answerText(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Reply {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

export function answerJson(body: unknown, status = 200): Reply {
  return (response) => sendJson(response, status, body);
}

/** Closes the connection without an answer. */
export const dropConnection: Reply = (response) => {
  response.socket?.destroy();
};

/** Sends half of what it announced, then closes. */
export const dropMidway: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"status":"success","data":{"resultType":"matrix",', () => response.socket?.destroy());
};

/** Takes the request and never answers. */
export const staySilent: Reply = () => {};

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
