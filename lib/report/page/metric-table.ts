/** What each metric looked like: one line per metric, in words where a number alone would not say much. */
import { formatLength, formatValue } from '../../alert/format-value.ts';
import type { MetricUnit } from '../../alert/metric-unit.ts';
import type { Findings } from '../findings/findings.ts';
import type { MetricProfile, Trend } from '../findings/metric-profiles.ts';
import { formatPercent } from '../format.ts';
import type { ReportInput } from '../report-input.ts';
import { breakable, html, type Markup } from './html.ts';

/** Robust standard deviations over the whole range, and share of the variance: below these a line is noise. */
const LEAST_TREND = { change: 0.5, explained: 0.1 } as const;
/** Correlations from which a season is called weak, and strong. */
const SEASON = { weak: 0.3, strong: 0.6 } as const;

export const METRIC_COLUMNS = ['Range', 'Usual', 'Missing', 'Gap', 'Trend', 'Day', 'Week'] as const;

export function renderMetricTable({ metrics, input }: Pick<Findings, 'metrics' | 'input'>): Markup {
  return html`<div class="scroll"><table class="stack">
    <thead><tr><th>Metric</th>${METRIC_COLUMNS.map((name) => html`<th>${name}</th>`)}</tr></thead>
    <tbody>${metrics.map(
      (metric) =>
        html`<tr><td>${breakable(metric.metric)}</td>${describeMetric(metric, input).map(
          (text, i) => html`<td data-of="${METRIC_COLUMNS[i]!}">${text}</td>`,
        )}</tr>`,
    )}</tbody></table></div>`;
}

/** In the order of METRIC_COLUMNS. */
export function describeMetric(
  metric: MetricProfile,
  { units, window }: Pick<ReportInput, 'units' | 'window'>,
): readonly string[] {
  const unit = units[metric.metric];
  const constant = metric.constantIn === window.entities.length;
  return [
    sayRange(metric.min, metric.max, unit),
    sayRange(metric.usualLow, metric.usualHigh, unit),
    metric.missing === 0 ? 'none' : formatPercent(Number((metric.missing * 100).toPrecision(2))),
    metric.longestGap === 0 ? 'none' : formatLength(metric.longestGap),
    constant ? 'constant' : sayTrend(metric.trend),
    constant ? 'constant' : saySeason(metric.daily),
    constant ? 'constant' : saySeason(metric.weekly),
  ];
}

/** "4", "1.2 to 3.4 MiB"; a dash where nothing was measured. */
export function sayRange(low: number, high: number, unit: MetricUnit | undefined): string {
  if (!(Number.isFinite(low) && Number.isFinite(high))) return '–';
  const [from, to] = [formatValue(low, unit), formatValue(high, unit)];
  if (from === to) return to;
  // "4.2 to 5 MiB", but "4.2M to 5M": a bare 4.2 would be read as one.
  const suffix = / \D+$/.exec(to)?.[0] ?? '';
  return `${suffix !== '' && from.endsWith(suffix) ? from.slice(0, -suffix.length) : from} to ${to}`;
}

function sayTrend(trend: Trend | undefined): string {
  if (trend === undefined) return '–';
  const { change, explained } = trend;
  if (Math.abs(change) < LEAST_TREND.change || explained < LEAST_TREND.explained) return 'none';
  return `${change > 0 ? 'up' : 'down'} ${Number(Math.abs(change).toPrecision(2))} σ`;
}

function saySeason(correlation: number | undefined): string {
  if (correlation === undefined) return '–';
  const strength = correlation >= SEASON.strong ? 'strong' : correlation >= SEASON.weak ? 'weak' : 'none';
  return `${strength} (${correlation.toFixed(2)})`;
}
