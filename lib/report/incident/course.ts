/** When what happened: a bar for each entity on one axis, and what people were told, message by message. */
import { formatClock, formatCount, formatDay } from '../format.ts';
import { html, type Markup, raw } from '../page/html.ts';
import type { IncidentInput, MemberInput } from './incident-input.ts';

/** Bars beyond say no more than their number. */
const MOST_BARS = 20;
/** Messages that are listed: the first one, and the newest ones. */
const MOST_MESSAGES = 20;
/** Percent of the axis: a bar is to be seen. */
const LEAST_WIDTH = 0.8;

export function renderCourse(input: IncidentInput): Markup {
  return html`<h2>Timeline</h2>${renderBars(input)}${renderMessages(input)}`;
}

function renderBars({ members, membersLeftOut, range, seenUntil }: IncidentInput): Markup {
  // What came back is one bar of several parts.
  const entities = members.filter(
    ({ member }, at) =>
      at ===
      members.findIndex(
        ({ member: { detector, entity } }) => detector === member.detector && entity === member.entity,
      ),
  );
  const shown = entities.slice(0, MOST_BARS);
  const left = entities.length - shown.length + membersLeftOut;
  return html`<div class="bars">${shown.map((each) => renderBar(each, range, seenUntil))}
    <div class="bar-row ends-row"><span></span><div class="ends"><span>${sayTime(range.start)}</span><span>${sayTime(range.end)} UTC</span></div></div></div>
    ${left === 0 ? undefined : html`<p class="note">${formatCount(left)} more not drawn.</p>`}`;
}

function renderBar(
  { member, stretches }: MemberInput,
  range: { readonly start: number; readonly end: number },
  seenUntil: number,
): Markup {
  const percent = (time: number): number =>
    Math.min(100, Math.max(0, (100 * (time - range.start)) / (range.end - range.start)));
  const name = member.entity || member.detector;
  return html`<div class="bar-row"><span title="${name}">${name}</span><div class="lane">${stretches.map(
    ({ start, end }) => {
      const from = percent(start);
      const width = Math.max(LEAST_WIDTH, percent(end ?? seenUntil) - from);
      const left = Math.min(from, 100 - width);
      return html`<i class="${end === undefined ? 'open' : 'over'}" style="left:${raw(left.toFixed(2))}%;width:${raw(width.toFixed(2))}%"></i>`;
    },
  )}</div></div>`;
}

function renderMessages({ messages }: IncidentInput): Markup {
  const shown =
    messages.length <= MOST_MESSAGES
      ? messages
      : [messages[0]!, ...messages.slice(messages.length - MOST_MESSAGES + 1)];
  const left = messages.length - shown.length;
  return html`<ol class="messages">${shown.map(
    (alert) =>
      html`<li><span class="when">${sayTime(Date.parse(alert.end ?? alert.lastAnomalous))}</span><span><b>${alert.state}</b> · ${alert.severity}</span><span class="what">${alert.summary}</span></li>`,
  )}</ol>${left === 0 ? undefined : html`<p class="note">${formatCount(left)} messages after the first one not listed.</p>`}
  <p class="note">What people were told. Times are those of the newest row that a message speaks of, UTC.</p>`;
}

/** "22 Nov, 08:45". */
export function sayTime(time: number): string {
  return `${formatDay(time)}, ${formatClock(time)}`;
}
