export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where log lines and metrics go: CloudWatch in a function, a terminal in the CLI, memory in a test. */
export interface Telemetry {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A count, for alarms, dashboards and queries of the log. Names are PascalCase; `detector` becomes a dimension. */
  count(name: MetricName, value: number, fields: { readonly detector: string }): void;
}

/**
 * What alarms watch: each is a metric of CloudWatch, which is paid for by the month. A test holds them to infra/aws/alarms.yml, so
 * that no alarm watches a name that nothing writes, and no metric is one that nobody watches.
 */
export const ALARMED_NAMES = [
  'ObjectsQuarantined',
  'AlertsUndeliverable',
  'AlertsRefused',
  'LinksRefused',
  'DetectorsFailed',
  'WatchRuns',
  'ExporterSilent',
  'DetectorsSilent',
  'DetectorsUnscored',
  'DetectorsUntrained',
] as const;

/** Everything that Tidewatch counts. What no alarm watches is in the log. */
export type MetricName =
  | (typeof ALARMED_NAMES)[number]
  | 'WindowsExported'
  | 'GapsSkipped'
  | 'WindowsScored'
  | 'RowsScored'
  | 'LateRows'
  | 'LeftOut'
  | 'AnomaliesRetracted'
  | 'ModelsTrained'
  | 'ReportsFailed'
  | 'IncidentPagesFailed'
  | 'IncidentPagesPutOff'
  | 'AlertsPublished'
  | 'AlertsDelivered'
  | 'IncidentsSilenced'
  | 'AnswersByLink';
