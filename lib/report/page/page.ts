/** report.html: one file that asks the network for nothing. */
import { formatLength } from '../../alert/format-value.ts';
import { drawForPage } from '../drawing/draw.ts';
import type { Figure } from '../figures.ts';
import type { Findings } from '../findings/findings.ts';
import { countOf, formatCount, formatScore, formatShare, formatTime } from '../format.ts';
import { sayLeftOut } from '../left-out.ts';
import { describeModel, listCriteria, nameKind } from '../model-facts.ts';
import { nameThreshold } from '../name-threshold.ts';
import { nameLevel } from '../report-input.ts';
import { renderDocument } from './document.ts';
import { html, type Markup, raw } from './html.ts';
import { renderMetricTable } from './metric-table.ts';
import { renderMoments } from './moments.ts';
import { renderSlider, SLIDER_SCRIPT, sayCost } from './slider.ts';
import { STYLE } from './style.ts';
import { chooseEntities, renderTimelines } from './timelines.ts';

/** Of the plots that stand alone: as wide as a phone. */
const PLOT_SIZE = { width: 400, height: 300 } as const;
/** Inputs listed before the rest is folded away. */
const MAX_INPUTS = 200;

export function renderPage(findings: Findings, figures: readonly Figure[]): string {
  const { version } = findings.input;
  const level = nameLevel(version);
  const body: readonly (Markup | undefined)[] = [
    renderHead(findings),
    html`<main>`,
    renderData(findings),
    renderModel(findings),
    renderThreshold(findings),
    renderOverTime(findings),
    html`<h2>Most anomalous moments</h2><p class="note">The peak of each anomaly first, then the highest ${level === 'score' ? 'scores' : level} elsewhere. Shares say how much of it each metric made.</p>`,
    renderMoments(findings.input),
    renderJudgement(findings, figures),
    renderMetrics(findings),
    html`</main>`,
    renderFoot(findings),
  ];
  return renderDocument({
    title: `${version.detector} · ${version.version}`,
    styles: [STYLE],
    body,
    script: SLIDER_SCRIPT,
  });
}

function renderHead(findings: Findings): Markup {
  const { version, window } = findings.input;
  return html`<header><p class="quiet note">Tidewatch training report</p><h1>${version.detector}</h1>
    <p class="quiet"><code>${version.version}</code> · ${nameKind(version)}</p>
    <p class="lead">Learned from ${countOf(version.rows, 'row')} of ${countOf(version.entities, 'entity', 'entities')} over ${formatLength(window.range.end - window.range.start)}. At the threshold of ${formatScore(version.policy.threshold)}: ${sayCost(findings)}.</p></header>`;
}

function renderData({ input, events }: Findings): Markup {
  const { version, window, availability } = input;
  const { range, step, metrics, labels } = window;
  const criteria = listCriteria(input.labelledBy);
  const labelled = labels?.reduce((sum, label) => sum + label, 0) ?? 0;
  const whole = availability.reduce((sum, share) => sum + (share === 1 ? 1 : 0), 0) / availability.length;
  return html`<h2>Data</h2><dl>
    <dt>Range</dt><dd>${formatTime(range.start)} to ${formatTime(range.end)} UTC (${formatLength(range.end - range.start)})</dd>
    <dt>Rows</dt><dd>${countOf(version.rows, 'row')}, one every ${formatLength(step)} per entity</dd>
    <dt>Entities</dt><dd>${formatCount(version.entities)}</dd>
    <dt>Metrics</dt><dd>${formatCount(metrics.length)}</dd>
    <dt>Availability</dt><dd>${whole === 1 ? 'every row is whole' : `${formatShare(Math.min(whole, 0.999))} of the rows are whole`}</dd>
    <dt>Labels</dt><dd>${
      labels === undefined
        ? 'none'
        : `${countOf(labelled, 'row')} in ${countOf(events.length, 'event')}; they have no part in the usual ranges and the threshold`
    }</dd>
    ${criteria === '' ? undefined : html`<dt>Criteria</dt><dd>${criteria}</dd>`}
    ${version.leftOut === undefined ? undefined : html`<dt>Left out</dt><dd>${sayLeftOut(version.leftOut)}</dd>`}
    <dt>Inputs</dt><dd><details><summary>${countOf(version.inputs.length, 'window')}</summary>${version.inputs
      .slice(0, MAX_INPUTS)
      .map(
        ({ key, rows }) =>
          html`<div><code>${key}</code> <span class="quiet">${countOf(rows, 'row')}</span></div>`,
      )}
      ${version.inputs.length > MAX_INPUTS ? html`<p class="note">… and ${formatCount(version.inputs.length - MAX_INPUTS)} more; manifest.json lists them all.</p>` : undefined}</details></dd>
  </dl>`;
}

/** Nothing where there is nothing to say beyond the kind. */
function renderModel({ input }: Findings): Markup | undefined {
  const sentences = describeModel(input);
  if (sentences.length === 0) return undefined;
  return html`<h2>Model</h2>${sentences.map((sentence) => html`<p>${sentence}</p>`)}`;
}

function renderThreshold(findings: Findings): Markup {
  const { window, version } = findings.input;
  const { k, n, minDeviation, extremeDeviation, resolveAfter } = version.policy;
  const extreme =
    extremeDeviation === undefined
      ? ''
      : `, or whatever the score, a metric at least ${formatScore(extremeDeviation)} of them from it`;
  const length = window.range.end - window.range.start;
  const isEvidence = nameLevel(version) === 'evidence';
  const rule = isEvidence
    ? 'An anomaly opens where the evidence of a metric, or of all of them together, reaches the threshold: at 1 it is as far as normal data goes within the time that threshold.false_alarms allows one false alarm for, over a few rows or over hours.'
    : `An anomaly opens when ${k} of ${n} rows in a row are anomalous: score at or above the threshold, and a metric at least ${minDeviation} robust standard deviations from its centre${extreme}.`;
  const setting = isEvidence
    ? html`<code>threshold.false_alarms</code>`
    : html`<code>threshold.percentile</code> or <code>threshold.false_alarms</code>`;
  return html`<h2>Threshold and what it costs</h2>
    <p>${rule} It closes after ${resolveAfter} quiet rows. Move the slider to see what other thresholds would have cost; the decision was made anew at each of them.</p>
    ${renderSlider(findings)}
    <p class="note">Counted on the ${formatLength(length)} that the model was fitted on${length < 7 * 86_400_000 ? ', brought to a week' : ''}. It knows this data: on new data expect more. ${findings.events.length > 0 ? 'Labelled events are part of these anomalies. ' : ''}To change it, set ${setting} in the manifest and train again.</p>`;
}

function renderOverTime(findings: Findings): Markup {
  const { shown, left, metricsEach } = chooseEntities(findings);
  const all = findings.input.window.metrics.length;
  return html`<h2>${nameLevel(findings.input.version) === 'evidence' ? 'Evidence' : 'Score'} over time</h2>
    <p class="note">Each pixel shows the lowest and the highest of its values, so no spike is lost; gaps stay open. Times are UTC. ${metricsEach < all ? `The ${metricsEach} metrics with the largest part in the moments below, of ${all}.` : ''}</p>
    <ul class="key"><li style="--of:var(--incident);--by:.35">anomaly</li>${findings.events.length > 0 ? html`<li style="--of:var(--label);--by:.35">labelled</li>` : undefined}<li style="--of:var(--anomaly)">anomalous row</li><li style="--of:var(--usual);--by:.2">usual range</li></ul>
    ${shown.map((entity, i) => renderTimelines(findings, entity, i, metricsEach))}
    ${left.length > 0 ? renderRest(left, nameLevel(findings.input.version)) : undefined}`;
}

function renderRest(left: ReturnType<typeof chooseEntities>['left'], level: string): Markup {
  const listed = left.slice(0, 200);
  return html`<details><summary>${countOf(left.length, 'more entity', 'more entities')}, without plots</summary><table>
    <thead><tr><th>Entity</th><th>Rows</th><th>Anomalies</th><th>Highest ${level}</th></tr></thead>
    <tbody>${listed.map(
      ({ entity, from, to, incidents, peakScore }) =>
        html`<tr><td>${entity}</td><td>${formatCount(to - from)}</td><td>${incidents.length}</td><td>${formatScore(peakScore)}</td></tr>`,
    )}</tbody></table>${left.length > listed.length ? html`<p class="note">The first ${listed.length} of ${formatCount(left.length)}.</p>` : undefined}</details>`;
}

function renderJudgement({ separation, input }: Findings, figures: readonly Figure[]): Markup {
  const drawn = figures.filter(({ missing }) => missing === undefined);
  const missing = figures.filter((figure) => figure.missing !== undefined);
  return html`<h2>How the ${nameLevel(input.version) === 'evidence' ? 'evidence falls' : 'scores fall'}</h2>
    ${
      typeof separation === 'string'
        ? undefined
        : html`<p>${`${separation.events.foundEvents} of ${countOf(separation.events.events, 'labelled event')} had an anomaly; ${separation.events.falseAlerts} of ${countOf(separation.events.alerts, 'anomaly', 'anomalies')} lay outside of any. `}The curves are row by row, on the data that the model was fitted on.</p>`
    }
    <div class="plots">${drawn.map(
      (figure, i) =>
        html`<figure><figcaption><b>${figure.title}</b> · ${figure.note}</figcaption>${raw(
          drawForPage(figure.draw(PLOT_SIZE), { id: `f${i}`, label: figure.title }),
        )}</figure>`,
    )}</div>
    ${missing.length > 0 ? html`<ul class="missing">${missing.map((figure) => html`<li>${figure.title}. ${figure.missing}</li>`)}</ul>` : undefined}`;
}

function renderMetrics(findings: Findings): Markup {
  return html`<h2>Metrics</h2>
    <p class="note">Over all entities. Usual: 0.5 % to 99.5 % of the values. Trend: what a straight line through the mean of all entities gains over the range, in robust standard deviations (σ). Day, week: correlation with the same time a day or a week before; it takes two of them to tell. A dash: too little data.</p>
    ${renderMetricTable(findings)}`;
}

function renderFoot({ input }: Findings): Markup {
  const { version } = input;
  return html`<footer><h2>How it was made</h2><dl>
    <dt>Model</dt><dd>${nameKind(version)}, seed ${version.seed}</dd>
    <dt>Parameters</dt><dd><code>${JSON.stringify(version.params)}</code></dd>
    <dt>Threshold</dt><dd>${nameThreshold(version)}</dd>
    <dt>Feature plan</dt><dd><code>${version.featurePlanHash}</code></dd>
    <dt>Software</dt><dd>Tidewatch ${version.softwareVersion}</dd>
  </dl></footer>`;
}
