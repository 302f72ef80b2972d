/** summary_report.txt: the report for a terminal and a mail. */
import { formatLength, formatReading } from '../alert/format-value.ts';
import { nameReason } from '../alert/summarize.ts';
import { currentCost, type Findings } from './findings/findings.ts';
import { countOf, formatCount, formatPercent, formatRate, formatScore, formatTime } from './format.ts';
import { sayLeftOut } from './left-out.ts';
import { describeModel, listCriteria, nameKind } from './model-facts.ts';
import { nameThreshold } from './name-threshold.ts';
import { describeMetric, METRIC_COLUMNS } from './page/metric-table.ts';
import { sayCost } from './page/slider.ts';

/** Metrics named per moment. */
const MAX_REASONS = 3;

/** Lines of text, UTF-8, no colours. */
export function summarize(findings: Findings): string {
  const { version, window, labelledBy } = findings.input;
  const model = describeModel(findings.input);
  const criteria = listCriteria(labelledBy);
  const sections: readonly (readonly string[])[] = [
    [
      `Tidewatch training report: ${version.detector}`,
      `version ${version.version}, ${nameKind(version)}, Tidewatch ${version.softwareVersion}`,
    ],
    [
      'DATA',
      `range       ${formatTime(window.range.start)} to ${formatTime(window.range.end)} UTC (${formatLength(window.range.end - window.range.start)})`,
      `rows        ${formatCount(version.rows)}, one every ${formatLength(window.step)} per entity`,
      `entities    ${formatCount(version.entities)}`,
      `metrics     ${formatCount(window.metrics.length)}`,
      `inputs      ${countOf(version.inputs.length, 'window')}`,
      `labels      ${window.labels === undefined ? 'none' : countOf(findings.events.length, 'labelled event')}`,
      ...(criteria === '' ? [] : [`criteria    ${criteria}`]),
      ...(version.leftOut === undefined ? [] : [`left out    ${sayLeftOut(version.leftOut)}`]),
    ],
    [
      'THRESHOLD',
      `${formatScore(version.policy.threshold)}, ${nameThreshold(version)}: ${sayCost(findings)}`,
      ...listCosts(findings),
    ],
    ...(model.length > 0 ? [['MODEL', ...model]] : []),
    ['LABELS', ...describeSeparation(findings)],
    ['MOST ANOMALOUS MOMENTS', ...listMoments(findings)],
    [`METRICS  ${METRIC_COLUMNS.join(' | ').toLowerCase()}`, ...listMetrics(findings)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The thresholds around the one in use. */
function listCosts(findings: Findings): readonly string[] {
  const at = findings.costs.indexOf(currentCost(findings));
  return findings.costs
    .slice(Math.max(0, at - 4), at + 5)
    .map(
      (cost) =>
        `${cost.current ? '>' : ' '} ${formatScore(cost.threshold).padEnd(9)} ${formatPercent(cost.percentile).padStart(9)} of rows below  ${formatRate(cost.perWeek).padStart(7)} alerts a week`,
    );
}

function describeSeparation({ separation }: Findings): readonly string[] {
  if (typeof separation === 'string') return [separation];
  const { events } = separation;
  return [
    'on the data that the model was fitted on',
    `events      ${events.foundEvents} of ${events.events} had an anomaly; ${events.falseAlerts} of ${countOf(events.alerts, 'anomaly', 'anomalies')} lay outside of any`,
    `rows        precision ${formatScore(separation.precision)}, recall ${formatScore(separation.recall)}, F1 ${formatScore(separation.f1)}`,
    `ranking     ROC AUC ${formatScore(separation.rocAuc)}, average precision ${formatScore(separation.averagePrecision)} (chance ${formatScore(separation.prevalence)})`,
  ];
}

function listMoments({ input }: Findings): readonly string[] {
  return input.moments.flatMap(({ time, entity, score, reasons }) => [
    `${formatTime(time)}  ${formatScore(score)}  ${entity || input.version.detector}`,
    ...reasons
      .slice(0, MAX_REASONS)
      .map(
        (reason) =>
          `    ${formatPercent(Math.round(reason.share * 100)).padStart(5)}  ${nameReason(reason)}: ${formatReading(reason)}`,
      ),
  ]);
}

function listMetrics({ metrics, input }: Findings): readonly string[] {
  return metrics.map((metric) => `${metric.metric}  ${describeMetric(metric, input).join(' | ')}`);
}
