/** Letters, digits, dot, dash, underscore: safe in a key, a metric dimension and a file name. At most 64. */
export const DETECTOR_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isDetectorName(name: string): boolean {
  return DETECTOR_NAME.test(name);
}

/** The only metric of `prometheus_query` is called as the detector is, spelt as a metric: a query has no name. */
export function metricNameOf(detector: string): string {
  return detector.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}
