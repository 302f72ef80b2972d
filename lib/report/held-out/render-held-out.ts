/** Of the page: what the version would have made of rows that it never saw, entity by entity. */
import { formatLength } from '../../alert/format-value.ts';
import { drawForPage } from '../drawing/draw.ts';
import { type Bar, drawLanes } from '../drawing/lanes.ts';
import { drawCurve } from '../drawing/plots.ts';
import { drawTimeline, plotPixels } from '../drawing/timeline.ts';
import type { Separation } from '../findings/separation.ts';
import { type Point, thinSeries } from '../findings/thin-series.ts';
import { countOf, formatCount, formatScore, formatTime } from '../format.ts';
import { html, type Markup, raw } from '../page/html.ts';
import {
  findHeldOut,
  type HeldOutEntity,
  type HeldOutFindings,
  type HeldOutRows,
  isOfEvent,
  type MissedEvent,
  type ToldIncident,
} from './held-out-rows.ts';

/** Entities with plots; the others are counted. */
const MAX_ENTITIES = 8;
/** Lines of an entity's table. */
const MAX_LINES = 20;
const WIDTHS = { wide: 820, narrow: 350 } as const;
const HEIGHT = 150;
const CURVE_SIZE = { width: 400, height: 300 } as const;

/** @returns markup that stands inside of the page's main part */
export function renderHeldOutPlots(rows: HeldOutRows): string {
  const findings = findHeldOut(rows);
  return [
    renderPlots(rows, findings),
    typeof findings.separation === 'string'
      ? html`<p class="note">No curves of the held-out rows. ${findings.separation}</p>`
      : renderCurves(findings.separation, rows),
  ]
    .map(({ markup }) => markup)
    .join('');
}

function renderPlots(rows: HeldOutRows, { entities, events }: HeldOutFindings): Markup {
  const shown = entities.slice(0, MAX_ENTITIES);
  const left = entities.slice(MAX_ENTITIES);
  return html`<h3>What would have been told</h3>
    <p class="note">Entities with missed events first, then those with anomalies that lie in none. A bar of an anomaly is pale from where it began, and full from when it would have been told of until that it is over. Times are UTC.</p>
    <ul class="key"><li style="--of:var(--incident);--by:.9">anomaly, told of</li>${
      events.length > 0
        ? html`<li style="--of:var(--label);--by:.9">labelled, found</li><li style="--of:var(--anomaly)">labelled, missed</li>`
        : undefined
    }<li style="--of:var(--anomaly)">anomalous row</li></ul>
    ${shown.map((entity, at) => renderEntity(rows, entity, at))}
    ${left.length > 0 ? renderLeft(left) : undefined}`;
}

function renderEntity(rows: HeldOutRows, entity: HeldOutEntity, at: number): Markup {
  const { incidents, labelled, missed, peak } = entity;
  const parts = [
    countOf(incidents.length, 'anomaly', 'anomalies'),
    ...(labelled.length > 0
      ? [`${labelled.length - missed.length} of ${countOf(labelled.length, 'labelled event')} found`]
      : []),
    `highest ${rows.level} ${formatScore(peak)}`,
  ];
  const isOpen = at === 0 || incidents.length + missed.length > 0;
  return html`<details class="entity"${isOpen ? raw(' open') : undefined}>
    <summary><b>${entity.entity || 'all rows'}</b> · ${parts.join(' · ')}</summary>
    <figure><figcaption><b>${rows.level}</b> · dashed: threshold ${formatScore(rows.threshold)}</figcaption>${(
      ['wide', 'narrow'] as const
    ).map(
      (kind) =>
        html`<div class="${kind}">${renderPair(rows, entity, `h${at}${kind[0]}`, WIDTHS[kind])}</div>`,
    )}</figure>
    ${renderLines(rows, entity)}
  </details>`;
}

/** The level, and under it what was labelled and told. */
function renderPair(rows: HeldOutRows, entity: HeldOutEntity, id: string, width: number): Markup {
  const { times, levels, range, step, threshold, level } = rows;
  const { from, to, incidents, labelled } = entity;
  const pixels = plotPixels(width);
  const timeline = drawTimeline({
    width,
    height: HEIGHT,
    range,
    points: thinSeries({ times, values: levels, from, to, range, step, pixels }),
    anomalies: highestAnomalies(rows, entity, pixels),
    incidents,
    labelled,
    threshold,
    withTimes: true,
  });
  const lanes = drawLanes({
    width,
    range,
    lanes: [
      ...(labelled.length > 0 ? [{ name: 'labelled', bars: labelledBars(entity) }] : []),
      { name: 'told', bars: incidents.flatMap((incident) => toldBars(incident, range.end)) },
    ],
  });
  const of = entity.entity || 'all rows';
  return html`${raw(drawForPage(timeline, { id, label: `${level} of ${of}, held out, over time` }))}${raw(
    drawForPage(lanes, { id: `${id}l`, label: `labelled events and anomalies of ${of}, held out` }),
  )}`;
}

function labelledBars({ labelled, missed }: HeldOutEntity): readonly Bar[] {
  const missedStarts = new Set(missed.map(({ start }) => start));
  return labelled.map(({ start, end }) => ({
    start,
    end,
    colour: missedStarts.has(start) ? 'anomaly' : 'label',
    opacity: 0.9,
  }));
}

function toldBars({ start, alertedAt, resolvedAt }: ToldIncident, end: number): readonly Bar[] {
  const full: Bar = { start: alertedAt, end: resolvedAt ?? end, colour: 'incident', opacity: 0.9 };
  return alertedAt > start ? [{ start, end: alertedAt, colour: 'incident', opacity: 0.4 }, full] : [full];
}

/** One mark per pixel: the highest. */
function highestAnomalies(
  { times, levels, anomalous, range }: HeldOutRows,
  { from, to }: HeldOutEntity,
  pixels: number,
): readonly Point[] {
  const best = new Map<number, number>();
  for (let row = from; row < to; row++) {
    if (anomalous[row] !== 1) continue;
    const pixel = Math.floor(((times[row]! - range.start) / (range.end - range.start)) * pixels);
    const other = best.get(pixel);
    if (other === undefined || levels[row]! > levels[other]!) best.set(pixel, row);
  }
  return [...best.values()].map((row) => [times[row]!, levels[row]!]);
}

/** Incidents and missed events in the order of time. */
function renderLines({ labels }: HeldOutRows, entity: HeldOutEntity): Markup | undefined {
  const lines = [
    ...entity.incidents.map((incident) => ({
      time: incident.start,
      line: html`<li>${sayIncident(incident)}${labels === undefined ? '' : isOfEvent(incident, entity.labelled) ? '; of a labelled event' : '; nothing labelled: a false alarm'}</li>`,
    })),
    ...entity.missed.map((event) => ({
      time: event.start,
      line: html`<li>${renderMissed(event)}</li>`,
    })),
  ].sort((a, b) => a.time - b.time);
  if (lines.length === 0) return undefined;
  const left = lines.length - MAX_LINES;
  return html`<ul class="note">${lines.slice(0, MAX_LINES).map(({ line }) => line)}${left > 0 ? html`<li>and ${formatCount(left)} more, which are drawn above</li>` : undefined}</ul>`;
}

function sayIncident({ start, alertedAt, resolvedAt }: ToldIncident): string {
  const told =
    alertedAt > start
      ? `told at ${formatTime(alertedAt)}, ${formatLength(alertedAt - start)} later`
      : 'told at once';
  const over = resolvedAt === undefined ? 'still open at the end' : `over at ${formatTime(resolvedAt)}`;
  return `Anomaly from ${formatTime(start)}: ${told}; ${over}`;
}

/** Entities without plots: how many, and their missed events. */
function renderLeft(left: readonly HeldOutEntity[]): Markup {
  const incidents = left.reduce((sum, entity) => sum + entity.incidents.length, 0);
  const missed = left.flatMap((entity) => entity.missed);
  const more = missed.length - MAX_LINES;
  return html`<p class="note">${countOf(left.length, 'more entity', 'more entities')} without plots: ${countOf(incidents, 'anomaly', 'anomalies')}, ${countOf(missed.length, 'missed event')}.</p>
    ${
      missed.length > 0
        ? html`<ul class="note">${missed
            .slice(0, MAX_LINES)
            .map(
              (event) => html`<li>${event.entity}. ${renderMissed(event)}</li>`,
            )}${more > 0 ? html`<li>and ${formatCount(more)} more; evaluation.json has them all</li>` : undefined}</ul>`
        : undefined
    }`;
}

function renderMissed({ start, end, said }: MissedEvent): Markup {
  return html`<b>Missed</b>: ${formatTime(start)} to ${formatTime(end)}: ${said}`;
}

function renderCurves(separation: Separation, { level }: HeldOutRows): Markup {
  const curves = [
    {
      title: 'ROC curve of the held-out rows',
      note: `area ${formatScore(separation.rocAuc)}; dashed: chance`,
      points: separation.roc,
      chance: [
        [0, 0],
        [1, 1],
      ],
      x: 'false positive rate',
      y: 'true positive rate',
    },
    {
      title: 'Precision and recall of the held-out rows',
      note: `average precision ${formatScore(separation.averagePrecision)}; dashed: chance, ${formatScore(separation.prevalence)}`,
      points: separation.precisionRecall,
      chance: [
        [0, separation.prevalence],
        [1, separation.prevalence],
      ],
      x: 'recall',
      y: 'precision',
    },
  ] as const;
  const said =
    level === 'evidence'
      ? 'The curves rank rows by evidence, which the version decides by; the figures above rank them by the score of the model.'
      : 'The curves rank rows by the score of the model.';
  return html`<h3>How well they are told apart</h3><p class="note">${said}</p>
    <div class="plots">${curves.map(
      ({ title, note, ...curve }, at) =>
        html`<figure><figcaption><b>${title}</b> · ${note}</figcaption>${raw(
          drawForPage(drawCurve({ ...CURVE_SIZE, ...curve }), { id: `hc${at}`, label: title }),
        )}</figure>`,
    )}</div>`;
}
