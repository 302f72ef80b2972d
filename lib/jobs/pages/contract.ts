/** What the serving of pages is asked by, and answers with. */
import type { Telemetry } from '../../base/telemetry.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { LinkKeyCache } from '../shared/link-keys.ts';

export interface PagesContext {
  /** It cannot list, copy or delete. */
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
  readonly keys: LinkKeyCache;
  readonly telemetry: Telemetry;
  /** Epoch ms. */
  readonly now: () => number;
}

export interface PageRequest {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  /** As the network has it, not as headers claim. */
  readonly sourceIp: string;
  readonly userAgent: string;
}

export interface PageResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A link that holds. */
export interface OpenLink {
  readonly incidentId: string;
  /** Epoch seconds. */
  readonly expires: number;
  readonly signature: string;
}
