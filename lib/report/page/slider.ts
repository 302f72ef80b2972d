/** Threshold and what it costs: a slider over figures worked out beforehand, so that it works offline and without a server. */

import { currentCost, type Findings } from '../findings/findings.ts';
import type { ThresholdCost } from '../findings/threshold-costs.ts';
import { countOf, formatCount, formatPercent, formatRate, formatScore } from '../format.ts';
import { nameLevel } from '../report-input.ts';
import { html, type Markup, raw } from './html.ts';

/** Shown by the slider at one place, as text that is ready to be shown. */
type Figures = Readonly<Record<(typeof FIGURES)[number], string>>;
const FIGURES = ['perWeek', 'threshold', 'percentile', 'incidents', 'rows', 'caught'] as const;

/** Runs once on load. Text only goes in by textContent. */
export const SLIDER_SCRIPT = `
(() => {
  const places = JSON.parse(document.getElementById('threshold-costs').textContent);
  const slider = document.getElementById('threshold');
  const show = () => {
    const place = places[Number(slider.value)];
    for (const [name, text] of Object.entries(place)) {
      const node = document.getElementById('at-' + name);
      if (node) node.textContent = text;
    }
    slider.setAttribute('aria-valuetext', 'threshold ' + place.threshold + ': ' + place.perWeek + ' alerts a week');
  };
  slider.addEventListener('input', show);
  show();
})();
`;

export function renderSlider(findings: Findings): Markup {
  const { costs, events } = findings;
  const places = costs.map((cost) => figuresOf(cost, findings));
  const at = costs.findIndex(({ current }) => current);
  const now = places[at]!;
  return html`<div class="slider">
    <div class="figures">
      <div><b id="at-perWeek">${now.perWeek}</b><span>alerts a week</span></div>
      <div><b id="at-threshold">${now.threshold}</b><span>threshold (${nameLevel(findings.input.version)}), <span id="at-percentile" style="display:inline">${now.percentile}</span> of rows lie below</span></div>
      <div><b id="at-incidents">${now.incidents}</b><span>anomalies in the training data, from <span id="at-rows" style="display:inline">${now.rows}</span></span></div>
      ${events.length > 0 ? html`<div><b id="at-caught">${now.caught}</b><span>labelled events caught</span></div>` : undefined}
    </div>
    <input type="range" id="threshold" min="0" max="${costs.length - 1}" step="1" value="${at}" autocomplete="off" aria-label="Threshold">
    <div class="ends"><span>lower: hears more</span><span>higher: quieter</span></div>
  </div>
  <script type="application/json" id="threshold-costs">${raw(encodeInline(places))}</script>
  ${renderCostTable(findings)}`;
}

/** Without scripts, and for the exact figures. */
function renderCostTable({ costs, events }: Findings): Markup {
  const withEvents = events.length > 0;
  return html`<details><summary>All thresholds as a table</summary><div class="scroll"><table>
    <thead><tr><th>Threshold</th><th>Rows below</th><th>Anomalous rows</th><th>Incidents</th><th>A week</th><th>Entities</th>${withEvents ? html`<th>Caught</th>` : undefined}</tr></thead>
    <tbody>${costs.map(
      (cost) =>
        html`<tr${cost.current ? raw(' class="current"') : undefined}><td>${formatScore(cost.threshold)}${cost.current ? ' (in use)' : ''}</td><td>${formatPercent(cost.percentile)}</td><td>${formatCount(cost.anomalousRows)}</td><td>${formatCount(cost.incidents)}</td><td>${formatRate(cost.perWeek)}</td><td>${formatCount(cost.entities)}</td>${withEvents ? html`<td>${cost.caught} of ${events.length}</td>` : undefined}</tr>`,
    )}</tbody></table></div></details>`;
}

/** What the current threshold costs, in a sentence. */
export function sayCost(findings: Findings): string {
  const { incidents, perWeek } = currentCost(findings);
  if (incidents === 0) return 'no anomaly in the training data';
  return `${countOf(incidents, 'anomaly', 'anomalies')} in the training data, ${formatRate(perWeek)} a week`;
}

function figuresOf(cost: ThresholdCost, { events }: Findings): Figures {
  return {
    perWeek: formatRate(cost.perWeek),
    threshold: formatScore(cost.threshold),
    percentile: formatPercent(cost.percentile),
    incidents: formatCount(cost.incidents),
    rows: countOf(cost.anomalousRows, 'anomalous row'),
    caught: `${cost.caught} of ${events.length}`,
  };
}

/** JSON that cannot end its script element. */
function encodeInline(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
