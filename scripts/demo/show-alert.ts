import type { Alert } from '../../lib/alert/alert.ts';
import { renderAlert } from '../../lib/alert/render.ts';

/** Metrics that the demo shows of an alert. */
const SHOWN_REASONS = 3;

/**
 * The sentence, and for a new incident the metrics behind it. The first one is shown whole, as a mail would read.
 * @param given.isServed its link will still hold when somebody follows it
 */
export function showAlert(
  alert: Alert,
  { isFirst, isServed }: { readonly isFirst: boolean; readonly isServed: boolean },
): string {
  const { subject, text } = renderAlert(alert);
  if (isFirst) return `Subject: ${subject}\n\n${text.trimEnd()}\n`;
  const sign = alert.end === null ? '▲' : '✓';
  if (alert.end !== null) return `${sign} ${alert.summary}`;
  const reasons = text.split('\n').filter((line) => /^ +\d+%/.test(line));
  const link = isServed && alert.links !== undefined ? [`  ${alert.links.page}`] : [];
  return [`${sign} ${alert.summary}`, ...reasons.slice(0, SHOWN_REASONS), ...link].join('\n');
}
