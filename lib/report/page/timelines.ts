/** Score or evidence over time and each metric under it, for the entities in which most happened. */
import { formatValue } from '../../alert/format-value.ts';
import type { MetricUnit } from '../../alert/metric-unit.ts';
import type { ExpectedRange } from '../../expectation/expected-range.ts';
import { drawForPage } from '../drawing/draw.ts';
import { followClock } from '../drawing/follow-clock.ts';
import { type Band, drawTimeline, plotPixels } from '../drawing/timeline.ts';
import type { EntityRows, Findings } from '../findings/findings.ts';
import { type Point, thinSeries } from '../findings/thin-series.ts';
import { countOf, formatScore } from '../format.ts';
import { expectationOf, nameLevel, type ReportInput, usualOf, WEEK_MS } from '../report-input.ts';
import { html, type Markup, raw } from './html.ts';
import { sayRange } from './metric-table.ts';

/** Rows of plots on a page, over all entities: about 20 kB each. */
const MAX_ROWS = 80;
const MAX_ENTITIES = 8;
const MAX_METRICS = 24;
const WIDTHS = { wide: 820, narrow: 350 } as const;
/** A season of a day has a place for every five minutes: half an hour of a nightly job is not to be missed. */
const PLACE_MS = 300_000;
const HEIGHTS = { score: 150, metric: 66 } as const;

export interface ShownEntities {
  readonly shown: readonly EntityRows[];
  readonly left: readonly EntityRows[];
  readonly metricsEach: number;
}

/** Those with incidents first, then by their highest score. */
export function chooseEntities({ entities, input }: Findings): ShownEntities {
  const metricsEach = Math.min(MAX_METRICS, input.window.metrics.length);
  const most = Math.max(1, Math.min(MAX_ENTITIES, Math.floor(MAX_ROWS / (metricsEach + 1))));
  const ranked = [...entities].sort(
    (a, b) =>
      b.incidents.length - a.incidents.length || heightOf(b) - heightOf(a) || (a.entity < b.entity ? -1 : 1),
  );
  return { shown: ranked.slice(0, most), left: ranked.slice(most), metricsEach };
}

/** @param index of the entity on the page: the first is open */
export function renderTimelines(
  findings: Findings,
  entity: EntityRows,
  index: number,
  metrics: number,
): Markup {
  const { input } = findings;
  const order = orderMetrics(findings, entity).slice(0, metrics);
  const still = new Set(order.filter((m) => isStill(findings, entity, m)));
  const name = entity.entity || input.version.detector;
  return html`<details class="entity"${index === 0 ? raw(' open') : undefined}>
    <summary><b>${name}</b> · ${countOf(entity.incidents.length, 'anomaly', 'anomalies')} · highest ${nameLevel(input.version)} ${formatScore(entity.peakScore)}</summary>
    ${renderScore(findings, entity, `e${index}`)}
    ${order.filter((m) => !still.has(m)).map((m, place) => renderMetric(findings, entity, m, `e${index}m${place}`))}
    ${still.size > 0 ? html`<p class="constant">Not drawn, since they never moved: ${[...still].map((m) => sayStill(findings, entity, m)).join(', ')}.</p>` : undefined}
  </details>`;
}

function renderScore(findings: Findings, entity: EntityRows, id: string): Markup {
  const { input } = findings;
  const { threshold } = input.version.policy;
  const level = nameLevel(input.version);
  return html`<figure><figcaption><b>${level}</b> · dashed: threshold ${formatScore(threshold)}</figcaption>${pair(
    id,
    `${level} of ${entity.entity} over time`,
    (width) =>
      drawTimeline({
        ...bandsOf(findings, entity),
        width,
        height: HEIGHTS.score,
        range: input.window.range,
        points: thin(findings, entity, input.scores, width),
        anomalies: highestPerPixel(findings, entity, plotPixels(width)),
        threshold,
        withTimes: true,
      }),
  )}</figure>`;
}

function renderMetric(findings: Findings, entity: EntityRows, m: number, id: string): Markup {
  const { input } = findings;
  const metric = input.window.metrics[m]!;
  const profile = usualOf(input.scaler, entity.entity, metric);
  const unit = input.units[metric];
  const expected = expectationOf(input, entity.entity, metric);
  const flat =
    profile === undefined || profile.shape === 'unmeasured'
      ? 'no usual range'
      : profile.shape === 'constant'
        ? `usually ${formatValue(profile.center, unit)}`
        : `usual ${sayRange(profile.low, profile.high, unit)}`;
  const usual = expected === undefined ? flat : `expected by the hour, ${sayOverDay(expected, input, unit)}`;
  return html`<figure><figcaption><b>${metric}</b> · ${usual}</figcaption>${pair(
    id,
    `${metric} of ${entity.entity} over time`,
    (width) =>
      drawTimeline({
        ...bandsOf(findings, entity),
        width,
        height: HEIGHTS.metric,
        range: input.window.range,
        points: thin(findings, entity, input.window.columns[m]!, width),
        usual: expected === undefined && profile?.shape === 'varies' ? profile : undefined,
        expected: expected && followClock(expected, input.window.range, plotPixels(width)),
        unit,
        withTimes: false,
      }),
  )}</figure>`;
}

/** "40 to 150": the least and the most of any time of the week. */
function sayOverDay(
  expected: (time: number) => ExpectedRange,
  { window: { range } }: ReportInput,
  unit: MetricUnit | undefined,
): string {
  const places = Array.from({ length: WEEK_MS / PLACE_MS }, (_, place) =>
    expected(range.start + (place + 0.5) * PLACE_MS),
  );
  const low = Math.min(...places.map((place) => place.low));
  const high = Math.max(...places.map((place) => place.high));
  return sayRange(low, high, unit);
}

/** One value in every row that has one, or no value at all. */
function isStill({ input }: Findings, { from, to }: EntityRows, m: number): boolean {
  const values = input.window.columns[m]!;
  let first = Number.NaN;
  for (let row = from; row < to; row++) {
    if (Number.isNaN(values[row]!)) continue;
    if (Number.isNaN(first)) first = values[row]!;
    else if (values[row] !== first) return false;
  }
  return true;
}

function sayStill({ input }: Findings, { from, to }: EntityRows, m: number): string {
  const metric = input.window.metrics[m]!;
  const value = input.window.columns[m]!.subarray(from, to).find((cell) => !Number.isNaN(cell));
  return `${metric} (${value === undefined ? 'never measured' : formatValue(value, input.units[metric])})`;
}

/** For a desk and for a phone: text of a scaled drawing would be too small to read. */
function pair(id: string, label: string, draw: (width: number) => ReturnType<typeof drawTimeline>): Markup {
  return html`${(['wide', 'narrow'] as const).map(
    (kind) =>
      html`<div class="${kind}">${raw(drawForPage(draw(WIDTHS[kind]), { id: `${id}${kind[0]}`, label }))}</div>`,
  )}`;
}

function thin(
  { input }: Findings,
  { from, to }: EntityRows,
  values: Float64Array,
  width: number,
): readonly Point[] {
  const { times, range, step } = input.window;
  return thinSeries({ times, values, from, to, range, step, pixels: plotPixels(width) });
}

function bandsOf(
  { events }: Findings,
  entity: EntityRows,
): { readonly incidents: readonly Band[]; readonly labelled: readonly Band[] } {
  return { incidents: entity.incidents, labelled: events.filter((event) => event.entity === entity.entity) };
}

/** One mark per pixel: the highest. */
function highestPerPixel(
  { input, decided }: Findings,
  { from, to }: EntityRows,
  pixels: number,
): readonly Point[] {
  const { times, range } = input.window;
  const values = input.scores;
  const best = new Map<number, number>();
  for (let row = from; row < to; row++) {
    if (decided.anomalous[row] !== 1) continue;
    const pixel = Math.floor(((times[row]! - range.start) / (range.end - range.start)) * pixels);
    const other = best.get(pixel);
    if (other === undefined || values[row]! > values[other]!) best.set(pixel, row);
  }
  return [...best.values()].map((row) => [times[row]!, values[row]!]);
}

/** What had part in this entity's moments first, by its largest share; then the others as they come. */
function orderMetrics({ input }: Findings, { entity }: EntityRows): readonly number[] {
  const shares = new Map<string, number>();
  for (const moment of input.moments)
    if (moment.entity === entity)
      for (const { metric, share } of moment.reasons)
        shares.set(metric, Math.max(share, shares.get(metric) ?? 0));
  const shareOf = (m: number): number => shares.get(input.window.metrics[m]!) ?? 0;
  return [...input.window.metrics.keys()].sort((a, b) => shareOf(b) - shareOf(a) || a - b);
}

function heightOf({ peakScore }: EntityRows): number {
  return Number.isNaN(peakScore) ? Number.NEGATIVE_INFINITY : peakScore;
}
