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

export interface GetOptions {
  /** Of the body: a larger one is refused before it is read. */
  readonly maxBytes?: number;
  /**
   * Only so many bytes at its end, or all of it where it has fewer; `size` is that of the whole object. Not of an
   * empty one, and not together with `maxBytes`.
   */
  readonly lastBytes?: number;
}

export interface PutOptions {
  readonly contentType?: string;
  /** Write only where no object stands at the key. Not together with `ifMatch`. */
  readonly ifAbsent?: true;
  /** Write only over the object that has this ETag. */
  readonly ifMatch?: string;
}

export interface ListOptions {
  /** Only keys after this one, by UTF-8 bytes, whether or not an object stands there: what lies before it costs no page. */
  readonly startAfter?: string;
}

/**
 * A bucket, as little of it as Tidewatch needs. Writes are atomic: a reader sees all of an object or none.
 * A conditional write that resolves was made by this very call, even where the network lost an answer on the way;
 * one that throws PreconditionFailedError may, in that rare case, have been made and written over since.
 */
export interface ObjectStore {
  /** @throws NotFoundError; ObjectTooLargeError where it has more than `maxBytes` */
  get(key: string, options?: GetOptions): Promise<StoredObject>;
  /** @throws NotFoundError */
  head(key: string): Promise<ObjectInfo>;
  /** @throws PreconditionFailedError where `ifAbsent` or `ifMatch` does not hold; nothing is written then */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<{ readonly etag: string }>;
  /**
   * Copies within the bucket without passing the bytes through the caller, so that size does not matter.
   * @throws NotFoundError without a source; PreconditionFailedError where the source has another ETag than `ifMatch`
   */
  copy(from: string, to: string, options: { readonly ifMatch: string }): Promise<void>;
  /** Deleting a key without an object succeeds. */
  delete(key: string): Promise<void>;
  /** Every object whose key starts with `prefix`, ascending by UTF-8 bytes of the key. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  /**
   * Every distinct start of a key up to and with the first "/" after `prefix`, ascending by UTF-8 bytes. A thousand of them are
   * a page, however many objects each stands for.
   */
  listFolders(prefix: string): AsyncIterable<string>;
}
