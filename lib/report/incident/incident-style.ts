/** What the page of an incident has beyond the stylesheet that it shares with the reports. */
export const INCIDENT_STYLE: string = `
header .badges { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 12px; }
.badge { font-size: 13px; line-height: 1; padding: 6px 10px; border-radius: 999px; border: 1px solid var(--rule); color: var(--quiet); }
.badge.critical, .badge.warning { border-color: var(--anomaly); color: var(--anomaly); font-weight: 600; }
.badge.critical { background: var(--anomaly); color: var(--paper); }
.lead { overflow-wrap: anywhere; }
.summary-figures { border-top: 1px solid var(--rule); border-bottom: 1px solid var(--rule); padding: 16px 0; margin: 20px 0 0; }
.summary-figures b { font-size: 21px; overflow-wrap: anywhere; }
.bars { margin: 14px 0; }
.bar-row { display: grid; grid-template-columns: minmax(0, 210px) minmax(0, 1fr); gap: 14px; align-items: center; padding: 3px 0; font-size: 13px; }
.bar-row > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; direction: rtl; text-align: left; unicode-bidi: plaintext; }
.lane { position: relative; height: 12px; border-radius: 3px; background: var(--rule); overflow: hidden; }
.lane i { position: absolute; top: 0; bottom: 0; background: var(--incident); }
.lane i.open { background: repeating-linear-gradient(135deg, var(--incident) 0 5px, var(--anomaly) 5px 10px); }
.messages { list-style: none; padding: 0; margin: 18px 0 8px; font-size: 14px; }
.messages li { display: grid; grid-template-columns: 110px 150px minmax(0, 1fr); gap: 2px 14px; padding: 8px 0; border-top: 1px solid var(--rule); }
.messages .when { color: var(--quiet); font-variant-numeric: tabular-nums; }
.messages .what { overflow-wrap: anywhere; }
details.member { border-top: 1px solid var(--rule); margin: 0; padding: 12px 0; }
details.member summary { color: var(--ink); font-size: 15px; overflow-wrap: anywhere; }
details.member summary span { color: var(--quiet); font-size: 13px; font-variant-numeric: tabular-nums; }
.related { list-style: none; padding: 0; margin: 12px 0; }
.related li { display: grid; grid-template-columns: 56px minmax(0, 1fr); border-top: 1px solid var(--rule); padding: 8px 0; font-size: 14px; overflow-wrap: anywhere; }
.related.deployed li { grid-template-columns: 110px minmax(0, 1fr); }
.related .value { font-variant-numeric: tabular-nums; font-weight: 600; }
.similar { list-style: none; padding: 0; margin: 12px 0; }
.similar li { border-top: 1px solid var(--rule); padding: 10px 0; font-size: 14px; overflow-wrap: anywhere; }
.similar .note { display: block; }
.answers { display: grid; gap: 12px; margin: 14px 0; }
.answers span { font-size: 13px; color: var(--quiet); }
pre { margin: 3px 0 0; padding: 10px 12px; border: 1px solid var(--rule); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
a { color: var(--line); }
@media (max-width: 620px) {
  .bar-row { grid-template-columns: minmax(0, 1fr); gap: 3px; padding: 6px 0; }
  .ends-row > span { display: none; }
  .messages li { grid-template-columns: max-content minmax(0, 1fr); }
  .messages .what { grid-column: 1 / -1; }
}
`;
