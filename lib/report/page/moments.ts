/** The most anomalous moments, each with the metrics that made its score. */
import { formatReading } from '../../alert/format-value.ts';
import { nameReason } from '../../alert/summarize.ts';
import { formatPercent, formatScore, formatTime } from '../format.ts';
import { type ExplainedMoment, nameLevel, type ReportInput, type VersionFacts } from '../report-input.ts';
import { breakable, html, type Markup, raw } from './html.ts';

/** Metrics shown for a moment. */
const MAX_REASONS = 5;

export function renderMoments({ moments, version }: ReportInput): Markup {
  if (moments.length === 0) return html`<p class="quiet">No row has a score.</p>`;
  return html`${moments.map((moment) => renderMoment(moment, version))}`;
}

function renderMoment(moment: ExplainedMoment, version: VersionFacts): Markup {
  const { detector, policy } = version;
  const level = nameLevel(version);
  const below = moment.score >= policy.threshold ? '' : ', below the threshold';
  return html`<div class="moment">
    <h3>${moment.entity || detector}<span>${formatTime(moment.time)} · ${level} ${formatScore(moment.score)}${below}</span></h3>
    ${moment.reasons
      .slice(0, MAX_REASONS)
      .map(
        (reason) =>
          html`<div class="reason"><code>${breakable(nameReason(reason))}</code><span class="share">${formatPercent(
            Math.round(reason.share * 100),
          )}</span><span class="value">${formatReading(reason)}</span><div class="bar"><i style="width:${raw((reason.share * 100).toFixed(1))}%"></i></div></div>`,
      )}
  </div>`;
}
