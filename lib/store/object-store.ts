/** What is known of an object without reading it. */
export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes, as HTTP carries it. */
  readonly etag: string;
  /** Epoch milliseconds; S3 gives whole seconds. */
  readonly lastModified: number;
}

export interface StoredObject extends ObjectInfo {
  readonly body: Uint8Array;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Write only where no object stands at the key. */
  readonly ifAbsent?: true;
  /** Write only over the object that has this ETag. */
  readonly ifMatch?: string;
}

/** A bucket, as little of it as Tidewatch needs. Writes are atomic: a reader sees all of an object or none. */
export interface ObjectStore {
  /** @throws NotFoundError */
  get(key: string): Promise<StoredObject>;
  /** @throws NotFoundError */
  head(key: string): Promise<ObjectInfo>;
  /** @throws PreconditionFailedError where `ifAbsent` or `ifMatch` does not hold; nothing is written then */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<{ readonly etag: string }>;
  /** Deleting a key without an object succeeds. */
  delete(key: string): Promise<void>;
  /** Every object whose key starts with `prefix`, ascending by UTF-8 bytes of the key. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
}
