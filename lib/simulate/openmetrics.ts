/**
 * A window as OpenMetrics text with timestamps, for `promtool tsdb create-blocks-from openmetrics`: one gauge per metric,
 * the entity as the label `namespace`. https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
import type { MetricWindow } from '../window/window.ts';
import { SIMULATED_METRICS } from './metrics.ts';

/** Text of about 64 KiB each, so that a large window is never one string. */
const CHUNK = 65_536;

/** In pieces, to be written one after the other. Missing values have no sample. */
export function* formatOpenMetrics(window: MetricWindow): Generator<string> {
  let text = '';
  for (const [index, name] of window.metrics.entries()) {
    const help = SIMULATED_METRICS.find((metric) => metric.name === name)?.help;
    text += `# TYPE ${name} gauge\n`;
    if (help !== undefined) text += `# HELP ${name} ${help}\n`;
    const series = window.entities.map((entity) => `${name}{namespace="${escapeLabel(entity)}"} `);
    const column = window.columns[index]!;
    for (let row = 0; row < column.length; row++) {
      if (Number.isNaN(column[row]!)) continue;
      text += `${series[window.entityOf[row]!]}${column[row]} ${window.times[row]! / 1000}\n`;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
  }
  yield `${text}# EOF\n`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
