export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where log lines and metrics go: CloudWatch in a function, a terminal in the CLI, memory in a test. */
export interface Telemetry {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A count that alarms and dashboards can watch. Names are PascalCase; `detector` becomes a dimension. */
  count(name: MetricName, value: number, fields: { readonly detector: string }): void;
}

/** Every metric that Tidewatch emits, declared once so that alarms cannot watch a name that nothing writes. */
export const METRIC_NAMES = [
  'WindowsExported',
  'GapsSkipped',
  'WindowsScored',
  'RowsScored',
  'LateRows',
  'ObjectsQuarantined',
  'LeftOut',
  'AnomaliesRetracted',
  'ModelsTrained',
  'ReportsFailed',
  'IncidentPagesFailed',
  'IncidentPagesPutOff',
  'AlertsPublished',
  'AlertsUndeliverable',
  'AlertsDelivered',
  'AlertsRefused',
  'IncidentsSilenced',
  'AnswersByLink',
  'LinksRefused',
  'DetectorsFailed',
  'WatchRuns',
  'ExporterSilent',
  'DetectorsSilent',
  'DetectorsUnscored',
  'DetectorsUntrained',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];
