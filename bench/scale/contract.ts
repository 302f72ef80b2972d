/** Of one run of a job. */
export interface JobFigures {
  readonly seconds: number;
  /** Of the process, the bucket in its memory included. */
  readonly peakMb: number;
  /** To the bucket. */
  readonly requests: number;
}

/** Of one detector. */
export interface SizeFigures {
  readonly series: number;
  /** Into which it is dealt out; scoring and training are then of one of them, which has about its share of the series. */
  readonly shards: number;
  readonly export: JobFigures;
  readonly score: JobFigures;
  readonly train: JobFigures;
}

/** What the plan says of a deployment, in dollars a month. */
export interface Priced {
  readonly detectors: number;
  readonly series: number;
  /** Days. */
  readonly age: number;
  /** Of the detectors, and of what is there without any. */
  readonly dollars: number;
  readonly around: number;
}
