/**
 * Every error that Tidewatch throws on purpose. The message carries the offending value and the limit it broke;
 * `code` is stable, for filters and tests.
 */
export class TidewatchError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A dropped or exported table cannot be used as it is. The object goes to quarantine with this reason. */
export class WindowError extends TidewatchError {}

/** A detector manifest cannot be used as it is. */
export class ManifestError extends TidewatchError {}

/** A silence, a verdict or an exclusion cannot be used as it is. */
export class AnswerError extends TidewatchError {}

/** The environment lacks a setting or holds a bad one. */
export class SettingError extends TidewatchError {}

/** Nobody answers at the address of AWS, or of what stands in its place. */
export class ConnectionError extends TidewatchError {}

/** Prometheus, or what stands in its place, gave no usable answer. */
export class SourceError extends TidewatchError {}

/** A service that alerts are delivered to gave no usable answer; the same request may succeed later. */
export class ReceiverError extends TidewatchError {
  /** Ms that it asks to wait, where it says so. */
  readonly retryAfter: number | undefined;

  constructor(code: string, message: string, retryAfter?: number) {
    super(code, message);
    this.retryAfter = retryAfter;
  }
}

/** Rows do not fit the features that a model was trained on, or cannot be turned into features at all. */
export class FeatureError extends TidewatchError {}

/** A label criterion cannot be read, or names what the data does not have. */
export class LabelError extends TidewatchError {}

/** A model cannot be fitted on this data, or its parameters are out of range. */
export class ModelError extends TidewatchError {}

/** A metric or a split is not defined on these rows, or was asked for with an option out of range. */
export class EvaluationError extends TidewatchError {}

/** A stored artifact is missing a part, has another format version, or does not match its checksum. */
export class ArtifactError extends TidewatchError {}

/** No object at that key. */
export class NotFoundError extends TidewatchError {
  constructor(key: string, options?: { cause?: unknown }) {
    super('not-found', `no object at ${key}`, options);
  }
}

/** The object has more bytes than the caller takes: none of them was read. */
export class ObjectTooLargeError extends TidewatchError {
  readonly key: string;
  readonly size: number;
  readonly etag: string;

  constructor({ key, size, etag }: { key: string; size: number; etag: string }, maxBytes: number) {
    super('too-large', `${key} has ${size} bytes, and the limit is ${maxBytes}`);
    this.key = key;
    this.size = size;
    this.etag = etag;
  }
}

/** A conditional write lost: the object exists already (`ifAbsent`) or has another ETag (`ifMatch`). */
export class PreconditionFailedError extends TidewatchError {
  constructor(key: string, condition: string, options?: { cause?: unknown }) {
    super('precondition-failed', `${key} was not written: the condition ${condition} does not hold`, options);
  }
}

/** Work that another invocation holds, or that ran out of time: the same call succeeds later. */
export class RetryLaterError extends TidewatchError {}
