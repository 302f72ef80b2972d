/** A member's metrics before, during and after, each with what is expected of it behind. */
import { formatValue } from '../../alert/format-value.ts';
import { drawForPage } from '../drawing/draw.ts';
import { followClock } from '../drawing/follow-clock.ts';
import { type Band, drawTimeline, plotPixels } from '../drawing/timeline.ts';
import { thinSeries } from '../findings/thin-series.ts';
import { html, type Markup, raw } from '../page/html.ts';
import { sayRange } from '../page/metric-table.ts';
import type { IncidentInput, MemberInput, SeriesInput } from './incident-input.ts';

const WIDTHS = { wide: 820, narrow: 350 } as const;
const HEIGHT = 132;

/** @param id unique on the page, of letters and digits */
export function renderSeries(
  { range, seenUntil }: Pick<IncidentInput, 'range' | 'seenUntil'>,
  { member, stretches, series }: MemberInput,
  id: string,
): readonly Markup[] {
  const seen = Math.min(seenUntil, range.end);
  const incidents = stretches
    .map(({ start, end = seen }) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
    .filter(({ start, end }) => end > start);
  const shared = { range, incidents, began: Date.parse(member.start), entity: member.entity };
  return series.map((each, at) => renderPlot(each, { ...shared, id: `${id}s${at}` }));
}

/** What the plots of one member have in common. */
interface Shared {
  readonly range: Band;
  /** Stretches in which its entity was anomalous. */
  readonly incidents: readonly Band[];
  /** Epoch ms. */
  readonly began: number;
  readonly entity: string;
}

function renderPlot(
  series: SeriesInput,
  { range, incidents, began, entity, id }: Shared & { readonly id: string },
): Markup {
  const label = `${series.metric}${entity === '' ? '' : ` of ${entity}`} over time`;
  return html`<figure><figcaption><b>${series.metric}</b> · ${sayExpected(series, began)}</figcaption>${
    series.values.every((value) => Number.isNaN(value))
      ? html`<p class="note">Nothing was measured in the range of the plots.</p>`
      : (['wide', 'narrow'] as const).map(
          (kind) =>
            html`<div class="${kind}">${raw(
              drawForPage(draw(series, { range, incidents, width: WIDTHS[kind] }), {
                id: `${id}${kind[0]}`,
                label,
              }),
            )}</div>`,
        )
  }</figure>`;
}

function draw(
  series: SeriesInput,
  { range, incidents, width }: Pick<Shared, 'range' | 'incidents'> & { readonly width: number },
): ReturnType<typeof drawTimeline> {
  const { times, values, step, unit, expected, usual } = series;
  const pixels = plotPixels(width);
  return drawTimeline({
    width,
    height: HEIGHT,
    range,
    points: thinSeries({ times, values, from: 0, to: times.length, range, pixels, step }),
    incidents,
    labelled: [],
    usual: expected === undefined && usual?.shape === 'varies' ? usual : undefined,
    expected: expected && followClock(expected, range, pixels),
    holdsUsual: true,
    unit,
    withTimes: true,
  });
}

/** "expected 40 to 150 when it began". */
function sayExpected({ expected, usual, unit }: SeriesInput, start: number): string {
  if (expected !== undefined) {
    const { low, high } = expected(start);
    return `expected ${sayRange(low, high, unit)} when it began`;
  }
  if (usual === undefined || usual.shape === 'unmeasured') return 'no usual range';
  if (usual.shape === 'constant') return `usually ${formatValue(usual.center, unit)}`;
  return `usual ${sayRange(usual.low, usual.high, unit)}`;
}
