import type { Alert } from '../../lib/alert/alert.ts';
import { renderAlert } from '../../lib/alert/render.ts';

/** Metrics that the demo shows of an alert. */
const SHOWN_REASONS = 3;

/** The sentence, and for a new incident the metrics behind it. The first one is shown whole, as a mail would read. */
export function showAlert(alert: Alert, isFirst: boolean): string {
  const { subject, text } = renderAlert(alert);
  if (isFirst) return `Subject: ${subject}\n\n${text.trimEnd()}\n`;
  const sign = alert.end === null ? '▲' : '✓';
  if (alert.end !== null) return `${sign} ${alert.summary}`;
  const reasons = text.split('\n').filter((line) => /^ +\d+%/.test(line));
  return [`${sign} ${alert.summary}`, ...reasons.slice(0, SHOWN_REASONS)].join('\n');
}
