/** The page of an incident: one file that asks the network for nothing and runs no script. */
import type { Alert } from '../../alert/alert.ts';
import { listAnswers } from '../../alert/answer-commands.ts';
import { formatLength, formatReading } from '../../alert/format-value.ts';
import { findLeadingReason, isFarther, nameReason } from '../../alert/summarize.ts';
import { countOf, formatCount, formatPercent, formatScore, formatTime } from '../format.ts';
import { renderDocument } from '../page/document.ts';
import { breakable, html, type Markup, raw } from '../page/html.ts';
import { STYLE } from '../page/style.ts';
import { renderCourse, sayTime } from './course.ts';
import type { IncidentInput, MemberInput } from './incident-input.ts';
import { INCIDENT_STYLE } from './incident-style.ts';
import { renderSeries } from './series-plots.ts';
import { ANSWERS_ID, ANSWERS_MARK, BESIDE } from './served-page.ts';

/** Reasons that are shown of the probable culprit, and of each other member. */
const REASONS = { culprit: 8, other: 3 } as const;

/** Bounded by what the input holds; the same input gives the same bytes. */
export function renderIncidentPage(input: IncidentInput): string {
  const newest = newestOf(input);
  const body: readonly (Markup | undefined)[] = [
    renderHead(input),
    html`<main>`,
    renderCulprit(input),
    renderCourse(input),
    renderRollouts(input),
    renderMembers(input),
    renderRelated(input),
    renderSimilar(input),
    renderAnswers(input),
    html`</main>`,
    renderFoot(input),
  ];
  return renderDocument({
    title: `${newest.severity}: ${nameOf(input)} · ${input.incidentId}`,
    styles: [STYLE, INCIDENT_STYLE],
    body,
  });
}

function newestOf({ messages }: IncidentInput): Alert {
  return messages.at(-1)!;
}

function nameOf(input: IncidentInput): string {
  const { member } = input.members[0]!;
  return member.workload || member.entity || member.detector;
}

function renderHead(input: IncidentInput): Markup {
  const { severity, members, membersLeftOut, seenUntil, incidentId } = input;
  const { state, summary, start, end } = newestOf(input);
  const from = Date.parse(start);
  const until = end === null ? seenUntil : Date.parse(end);
  const workloads = new Set(members.map(({ member }) => JSON.stringify([member.detector, member.workload])));
  return html`<header><p class="quiet note">Tidewatch incident · <code>${incidentId}</code></p>
    <h1>${breakable(nameOf(input))}</h1>
    <p class="badges"><span class="badge ${severity}">${severity}</span><span class="badge">${state}</span><span class="badge">as of ${sayTime(Math.max(until, seenUntil))} UTC</span></p>
    <p class="lead">${summary}</p>
    <div class="figures summary-figures">
      <div><b>${sayTime(from)}</b><span>began, UTC</span></div>
      <div><b>${formatLength(Math.max(0, until - from))}</b><span>${end === null ? 'so far' : `until ${sayTime(until)}`}</span></div>
      <div><b>${formatCount(members.length + membersLeftOut)}</b><span>${members.length + membersLeftOut === 1 ? 'anomaly' : 'anomalies'}, of ${countOf(workloads.size, 'workload')}</span></div>
      ${renderHeight(input)}
    </div></header>`;
}

/** How far it went: seconds of silence are told in the sentence already. */
function renderHeight(input: IncidentInput): Markup | undefined {
  const { score, threshold, by } = input.members[0]!.anomaly ?? newestOf(input);
  if (by === 'silence') return undefined;
  return html`<div><b>${formatScore(score)}</b><span>${by ?? 'score'}; it alerts at ${formatScore(threshold)}</span></div>`;
}

function renderCulprit(input: IncidentInput): Markup {
  const { members } = input;
  const [culprit] = members;
  const { member } = culprit!;
  const title = members.length === 1 ? 'What is unusual' : 'Probable culprit';
  const name = member.entity || member.detector;
  return html`<h2>${title}</h2>
    <p>${breakable(name)}${
      members.length === 1
        ? undefined
        : html` <span class="quiet">· first at ${sayTime(Date.parse(member.start))} UTC, or what the others depend on</span>`
    }</p>
    ${renderReasons(culprit!, REASONS.culprit)}
    ${renderKey(input)}
    ${renderSeries(input, culprit!, 'm0')}
    ${input.notes.map((note) => html`<p class="note">${note}</p>`)}`;
}

function renderKey({ members }: IncidentInput): Markup | undefined {
  if (members.every(({ series }) => series.length === 0)) return undefined;
  return html`<ul class="key"><li style="--of:var(--line)">measured</li><li style="--of:var(--usual);--by:.25">expected</li><li style="--of:var(--incident);--by:.35">the anomaly</li></ul>`;
}

function renderReasons({ member, anomaly }: MemberInput, most: number): Markup {
  if (anomaly === undefined) return html`<p class="note">${member.summary}</p>`;
  const { reasons, reasonsLeftOut, silence, worst, restarts = [] } = anomaly;
  const leading = findLeadingReason(reasons);
  const left = Math.max(0, reasons.length - most) + reasonsLeftOut;
  return html`${
    silence === undefined
      ? undefined
      : html`<p>${silence.metrics.length === 0 ? 'No data' : html`Without ${breakable(silence.metrics.slice(0, most).join(', '))}${silence.metrics.length > most ? ` and ${silence.metrics.length - most} more` : undefined}`}, last heard at ${sayTime(Date.parse(silence.lastHeard))} UTC.${silence.isGone === true ? ' It is no longer there.' : undefined}</p>`
  }${reasons
    .slice(0, most)
    .map(
      (reason) =>
        html`<div class="reason"><code>${breakable(nameReason(reason))}</code><span class="share">${formatPercent(
          Math.round(reason.share * 100),
        )}</span><span class="value">${formatReading(reason)}</span><div class="bar"><i style="width:${raw((Math.min(1, Math.max(0, reason.share)) * 100).toFixed(1))}%"></i></div></div>`,
    )}${left > 0 ? html`<p class="note">${countOf(left, 'more metric')} with a smaller part; the anomaly's object has them.</p>` : undefined}${
    worst === undefined || leading === undefined || !isFarther(worst, leading)
      ? undefined
      : html`<p class="note">At worst, at ${sayTime(Date.parse(worst.at))} UTC: <code>${breakable(worst.metric)}</code> ${formatReading(worst)}.</p>`
  }${restarts.map(
    ({ metric, at, from, to }) =>
      html`<p class="note">It began anew at ${sayTime(Date.parse(at))} UTC: <code>${breakable(metric)}</code> went from ${formatScore(from)} to ${formatScore(to)}.</p>`,
  )}`;
}

function renderRollouts(input: IncidentInput): Markup | undefined {
  const { rollouts = [] } = newestOf(input);
  if (rollouts.length === 0) return undefined;
  return html`<h2>What was deployed</h2><ul class="related deployed">${rollouts.map(
    ({ workload, kind, at, from, to }) =>
      html`<li><span class="value">${sayTime(Date.parse(at))}</span><span>${breakable(workload)} <span class="quiet">· ${kind === 'DaemonSet' ? 'generation ' : ''}<code>${from}</code> to <code>${to}</code></span></span></li>`,
  )}</ul><p class="note">First pods of another ReplicaSet, and new revisions of a StatefulSet or DaemonSet, UTC, from an hour before the incident on. What was deployed need not be the cause.</p>`;
}

function renderMembers(input: IncidentInput): Markup | undefined {
  const { members, membersLeftOut, incidentId } = input;
  if (members.length === 1) return undefined;
  const isOneEntity = members.every(({ member }) => member.entity === members[0]!.member.entity);
  return html`<h2>${isOneEntity ? 'What else is part of it' : 'Who else is part of it'}</h2>${members.slice(1).map((each, at) => renderMember(input, each, at + 1))}
    ${membersLeftOut === 0 ? undefined : html`<p class="note">${countOf(membersLeftOut, 'more anomaly', 'more anomalies')}, in <code>${incidentId}.json</code> beside this page.</p>`}`;
}

function renderMember(input: IncidentInput, each: MemberInput, at: number): Markup {
  const { member } = each;
  const end = member.end === null ? 'goes on' : `until ${sayTime(Date.parse(member.end))}`;
  const { member: culprit } = input.members[0]!;
  const isSame = member.entity === culprit.entity && member.entity !== '';
  const again =
    member.detector === culprit.detector ? 'the culprit again' : `the culprit, by ${member.detector}`;
  return html`<details class="member"${at === 1 ? raw(' open') : undefined}><summary><b>${breakable(member.entity || member.detector)}</b> <span>${isSame ? `${again} · ` : ''}${member.state} · ${sayTime(Date.parse(member.start))}, ${end}</span></summary>
    ${renderReasons(each, REASONS.other)}${renderSeries(input, each, `m${at}`)}</details>`;
}

function renderRelated({ related, members }: IncidentInput): Markup | undefined {
  if (related.length === 0) return undefined;
  const { detector } = members[0]!.member;
  return html`<h2>What moved with it</h2><ul class="related">${related.map(
    ({ entity, metric, correlation, isMember, detector: own }) =>
      html`<li><span class="value">${raw(correlation < 0 ? '−' : '+')}${Math.abs(correlation).toFixed(2)}</span><span>${breakable(entity || own)} <code>${breakable(metric)}</code>${
        own === detector ? undefined : html` <span class="quiet">· by ${own}</span>`
      }${isMember ? html` <span class="quiet">· part of it</span>` : undefined}</span></li>`,
  )}</ul><p class="note">Metrics of other entities, by the rank correlation of their deviations with those of the culprit's leading metric, over the incident and as long before it (30 to 120 rows each). What moves together need not be cause and effect.</p>`;
}

function renderSimilar(input: IncidentInput): Markup {
  const { similar, similarDays } = input;
  const title = html`<h2>Similar incidents</h2>${renderAnswered(input)}`;
  if (similar.length === 0)
    return html`${title}<p class="quiet">None of the same entity, workload or metric in the ${similarDays} days before.</p>`;
  return html`${title}<ul class="similar">${similar.map(
    ({ incidentId, state, severity, summary, start, end, shared }) =>
      html`<li><a${BESIDE} href="${encodeURIComponent(incidentId)}.html">${formatTime(Date.parse(start))}</a> · ${severity}, ${state}${
        end === null ? undefined : ` after ${formatLength(Date.parse(end) - Date.parse(start))}`
      } · ${shared}<span class="note">${summary}</span></li>`,
  )}</ul><p class="note">Of the ${similarDays} days before, the most alike first. <span${BESIDE}>Links work where the pages lie beside each other.</span></p>`;
}

/** How much its detector is to be believed, by those who looked. */
function renderAnswered({ answered, members, similarDays }: IncidentInput): Markup | undefined {
  if (answered === undefined) return undefined;
  const { count, real, newest } = answered;
  const { detector } = members[0]!.member;
  const were =
    count === 1
      ? real === 1
        ? 'it was real'
        : 'it was not real'
      : `${formatCount(real)} ${real === 1 ? 'was' : 'were'} real`;
  return html`<p>Of ${countOf(count, 'incident')} of <code>${breakable(detector)}</code> that people answered, ${newest === undefined ? `of the ${similarDays} days before` : `among the ${newest} newest before this one`}, ${were}.</p>`;
}

function renderAnswers(input: IncidentInput): Markup {
  const { end, objects } = newestOf(input);
  return html`<h2 id="${ANSWERS_ID}">Answer it</h2>${raw(ANSWERS_MARK.start(end === null))}<div class="answers">${listAnswers(
    {
      incidentId: input.incidentId,
      bucket: objects.bucket,
      members: input.members.map(({ member }) => member),
      membersLeftOut: input.membersLeftOut,
    },
  ).map(
    ({ label, command, covers }) =>
      html`<div><span>${label}${covers === undefined ? undefined : html`<span class="note">covers ${covers}</span>`}</span><pre>${command}</pre></div>`,
  )}</div>${raw(ANSWERS_MARK.end)}`;
}

function renderFoot(input: IncidentInput): Markup {
  const { model, detector, objects, falseAlarms, rarity } = input.members[0]!.anomaly ?? newestOf(input);
  const report = `models/detector=${detector}/version=${model.version}/report.html`;
  return html`<footer><h2>The model and its data</h2><dl>
    <dt>Detector</dt><dd>${detector}</dd>
    <dt>Model</dt><dd>${model.kind}, <code>${breakable(model.version)}</code></dd>
    <dt>Learned from</dt><dd>${formatTime(Date.parse(model.trainedFrom))} to ${formatTime(Date.parse(model.trainedTo))} UTC</dd>
    ${falseAlarms === undefined ? undefined : html`<dt>Normal data goes as far</dt><dd>at most ${countOf(falseAlarms.count, 'time')} in ${formatLength(falseAlarms.per)}, over all entities</dd>`}
    ${rarity === undefined ? undefined : html`<dt>Normal rows score as high</dt><dd>once in ${rarity.isBound ? 'more than ' : ''}${countOf(rarity.onceIn, 'row')}</dd>`}
    <dt>Window</dt><dd><code>${breakable(objects.window)}</code></dd>
    <dt>Scores</dt><dd><code>${breakable(objects.scores)}</code></dd>
    <dt>Incident</dt><dd><code>${breakable(newestOf(input).objects.incident)}</code></dd>
    <dt>Training report</dt><dd><a${BESIDE} href="../${encodeURI(report)}"><code>${breakable(report)}</code></a></dd>
    <dt>Page made</dt><dd>${formatTime(input.madeAt)} UTC</dd>
  </dl></footer>`;
}
