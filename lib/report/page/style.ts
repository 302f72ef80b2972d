/** The page's stylesheet. One column, system fonts, figures that line up; light and dark as the reader's system has it. */
import { PALETTE, variableOf } from '../drawing/palette.ts';

export const STYLE: string = `
:root { color-scheme: light dark; ${variables('light')} }
@media (prefers-color-scheme: dark) { :root { ${variables('dark')} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 860px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 48px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 21px; line-height: 1.3; margin: 56px 0 6px; letter-spacing: -0.01em; }
h3 { font-size: 16px; line-height: 1.4; margin: 28px 0 4px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 68ch; }
.quiet, figcaption, th, dt, .note { color: var(--quiet); }
.note { font-size: 14px; }
.lead { font-size: 18px; margin-top: 16px; }
code { font: 0.9em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
figure { margin: 14px 0; min-width: 0; }
figcaption { font-size: 13px; line-height: 1.4; margin-bottom: 2px; overflow-wrap: anywhere; }
figcaption b { color: var(--ink); font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { font-family: inherit; font-variant-numeric: tabular-nums; }
.narrow { display: none; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 360px), 1fr)); gap: 8px 28px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 14px 0; }
dt { font-size: 14px; line-height: 25px; }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th { font-weight: 500; text-align: right; vertical-align: bottom; padding: 6px 0 6px 18px; border-bottom: 1px solid var(--rule); }
td { text-align: right; vertical-align: top; padding: 7px 0 7px 18px; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; padding-left: 0; overflow-wrap: anywhere; }
tr.current td { font-weight: 600; }
.scroll { overflow-x: auto; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--quiet); font-size: 14px; }
.missing { padding-left: 18px; font-size: 14px; color: var(--quiet); }
dd details { margin: 0; }
.stack { font-size: 13px; }
.stack td, .stack th { padding-left: 14px; white-space: nowrap; }
.stack th:first-child, .stack td:first-child { min-width: 180px; padding-left: 0; overflow-wrap: break-word; white-space: normal; }
.constant { font-size: 13px; color: var(--quiet); }
.slider { border: 1px solid var(--rule); border-radius: 8px; padding: 20px 22px 16px; margin: 16px 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 14px 20px; }
.figures div { min-width: 0; }
.figures b { display: block; font-size: 27px; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.figures span { font-size: 13px; line-height: 1.35; display: block; color: var(--quiet); }
input[type=range] { width: 100%; height: 32px; margin: 10px 0 0; accent-color: var(--line); }
.ends { display: flex; justify-content: space-between; font-size: 13px; color: var(--quiet); gap: 12px; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--quiet); margin: 8px 0 0; padding: 0; list-style: none; }
.key li::before { content: ""; display: inline-block; width: 14px; height: 10px; margin-right: 6px; border-radius: 2px; background: var(--of); opacity: var(--by, 1); }
.moment { border-top: 1px solid var(--rule); padding: 14px 0 10px; }
.moment h3 { margin: 0 0 8px; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 16px; font-weight: 600; }
.moment h3 span { font-weight: 400; color: var(--quiet); font-variant-numeric: tabular-nums; }
.reason { display: grid; grid-template-columns: minmax(0, 1.1fr) 44px minmax(0, 1fr); gap: 2px 14px; font-size: 14px; padding: 3px 0; align-items: baseline; }
.reason code { font-size: 13px; }
.reason .share { text-align: right; font-variant-numeric: tabular-nums; }
.reason .bar { grid-column: 1 / -1; height: 3px; border-radius: 2px; background: var(--rule); overflow: hidden; }
.reason .bar i { display: block; height: 100%; background: var(--line); }
footer { padding-top: 40px; padding-bottom: 56px; }
@media (max-width: 620px) {
  header { padding-top: 28px; }
  h1 { font-size: 25px; }
  h2 { margin-top: 44px; }
  .wide { display: none; }
  .narrow { display: block; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 10px; }
  .stack thead { display: none; }
  .stack tr { display: grid; grid-template-columns: 1fr 1fr; gap: 2px 16px; padding: 10px 0; border-bottom: 1px solid var(--rule); }
  .stack td { display: flex; justify-content: space-between; gap: 8px; padding: 0; border: 0; text-align: right; }
  .stack td:first-child { grid-column: 1 / -1; font-weight: 600; }
  .stack td:not(:first-child)::before { content: attr(data-of); color: var(--quiet); font-weight: 400; text-align: left; }
  .reason { grid-template-columns: minmax(0, 1fr) 44px; }
  .reason .value { grid-column: 1 / -1; grid-row: 2; }
}
@media print { .slider input, .ends { display: none; } details { display: none; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
`;

function variables(theme: 'light' | 'dark'): string {
  return Object.keys(PALETTE)
    .map((name) => name as keyof typeof PALETTE)
    .map((name) => `${variableOf(name)}: ${PALETTE[name][theme]};`)
    .join(' ');
}
