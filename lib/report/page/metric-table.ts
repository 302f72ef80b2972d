/** What each metric looked like: one line per metric, in words where a number alone would not say much. */
import { formatLength, formatValue } from '../../alert/format-value.ts';
import { unitOfMetric } from '../../alert/metric-unit.ts';
import type { MetricProfile, Trend } from '../findings/metric-profiles.ts';
import { formatPercent } from '../format.ts';
import { html, type Markup } from './html.ts';

/** Robust standard deviations over the whole range, and share of the variance: below these a line is noise. */
const LEAST_TREND = { change: 0.5, explained: 0.1 } as const;
/** Correlations from which a season is called weak, and strong. */
const SEASON = { weak: 0.3, strong: 0.6 } as const;

const COLUMNS = ['Lowest', 'Usual', 'Highest', 'Missing', 'Longest gap', 'Trend', 'Daily', 'Weekly'] as const;

export function renderMetricTable(metrics: readonly MetricProfile[], entities: number): Markup {
  return html`<div class="scroll"><table class="stack">
    <thead><tr><th>Metric</th>${COLUMNS.map((name) => html`<th>${name}</th>`)}</tr></thead>
    <tbody>${metrics.map(
      (metric) =>
        html`<tr><td>${metric.metric}</td>${describeMetric(metric, entities).map(
          (text, i) => html`<td data-of="${COLUMNS[i]!}">${text}</td>`,
        )}</tr>`,
    )}</tbody></table></div>`;
}

/** In the order of COLUMNS. */
export function describeMetric(metric: MetricProfile, entities: number): readonly string[] {
  const unit = unitOfMetric(metric.metric, undefined);
  const value = (of: number): string => (Number.isFinite(of) ? formatValue(of, unit) : '–');
  const constant = metric.constantIn === entities;
  return [
    value(metric.min),
    Number.isFinite(metric.usualLow) ? `${value(metric.usualLow)} to ${value(metric.usualHigh)}` : '–',
    value(metric.max),
    metric.missing === 0 ? 'none' : formatPercent(Number((metric.missing * 100).toPrecision(2))),
    metric.longestGap === 0 ? 'none' : formatLength(metric.longestGap),
    constant ? 'constant' : sayTrend(metric.trend),
    constant ? 'constant' : saySeason(metric.daily),
    constant ? 'constant' : saySeason(metric.weekly),
  ];
}

function sayTrend(trend: Trend | undefined): string {
  if (trend === undefined) return 'too short';
  const { change, explained } = trend;
  if (Math.abs(change) < LEAST_TREND.change || explained < LEAST_TREND.explained) return 'none';
  return `${change > 0 ? 'up' : 'down'} ${Number(Math.abs(change).toPrecision(2))} σ`;
}

function saySeason(correlation: number | undefined): string {
  if (correlation === undefined) return 'too short';
  const strength = correlation >= SEASON.strong ? 'strong' : correlation >= SEASON.weak ? 'weak' : 'none';
  return `${strength} (${correlation.toFixed(2)})`;
}
