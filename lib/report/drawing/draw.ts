/** An ECharts option becomes an SVG: on the server, without a DOM, the same bytes each time. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  GraphicComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type ColourName, mark, PALETTE, paint, variableOf } from './palette.ts';

/** CSS pixels. */
export interface DrawingSize {
  readonly width: number;
  readonly height: number;
}

export interface Drawing extends DrawingSize {
  readonly option: EChartsCoreOption;
}

/** Of the PNGs; the page takes its own. Has to be the font that rasterize.ts knows. */
export const FONT = 'IBM Plex Sans';
const TEXT_SIZE = 12;

use([
  LineChart,
  BarChart,
  ScatterChart,
  GridComponent,
  GraphicComponent,
  LegendComponent,
  MarkLineComponent,
  MarkAreaComponent,
  SVGRenderer,
]);

/** For the page: text in the page's font, colours by CSS variable. @param id unique on the page */
export function drawForPage(drawing: Drawing, { id, label }: { id: string; label: string }): string {
  const svg = paint(draw(drawing, id), (name) => `var(${variableOf(name)})`);
  return svg
    .replaceAll(`font-family:${FONT};`, '')
    .replaceAll(/style="font: [^"]*?(\d+)px [^"]*"/g, 'style="font-size:$1px"')
    .replace(/^<svg [^>]*>/, openSvg(drawing, `role="img" aria-label="${escapeAttribute(label)}"`));
}

/** For a PNG: light colours, its title, what it is of and what it says inside the picture. */
export function drawForImage(
  drawing: Drawing,
  { title, of, note }: { readonly title: string; readonly of: string; readonly note: string },
): string {
  const top = 88;
  const inner = draw(drawing, 'p').replace(
    /^<svg [^>]*>/,
    `<svg x="0" y="${top}" width="${drawing.width}" height="${drawing.height}">`,
  );
  const height = drawing.height + top;
  const text = (y: number, size: number, colour: ColourName, words: string): string =>
    `<text x="24" y="${y}" font-family="${FONT}" font-size="${size}" fill="${mark(colour)}">${escapeAttribute(words)}</text>`;
  const whole =
    openSvg({ width: drawing.width, height }, `width="${drawing.width}" height="${height}"`) +
    `<rect width="${drawing.width}" height="${height}" fill="${mark('paper')}"/>` +
    text(34, 18, 'ink', title) +
    text(56, 13, 'quiet', of) +
    text(76, 13, 'quiet', note) +
    `${inner}</svg>`;
  return paint(whole, (name) => PALETTE[name].light);
}

/** What every axis has in common. */
export function axisStyle(): { readonly axisLabel: object } & Readonly<Record<string, unknown>> {
  return {
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: mark('quiet'), fontSize: TEXT_SIZE, hideOverlap: true },
    splitLine: { lineStyle: { color: mark('rule'), width: 1 } },
    nameTextStyle: { color: mark('quiet'), fontSize: TEXT_SIZE },
  };
}

function draw({ width, height, option }: Drawing, id: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      useUTC: true,
      backgroundColor: 'transparent',
      // Nothing is left to the library's own colours: they know no dark.
      color: [mark('line')],
      textStyle: { fontFamily: FONT, fontSize: TEXT_SIZE, color: mark('ink') },
      ...option,
    });
    return tidy(chart.renderToSVGString(), id);
  } finally {
    chart.dispose();
  }
}

/** Drops what only a live chart needs, counts ids from the drawing and not from the process, and a tenth of a pixel is enough. */
function tidy(svg: string, id: string): string {
  return svg
    .replaceAll(/<style\s*>[\s\S]*?<\/style>/g, '')
    .replaceAll(/ (class|pointer-events|ecmeta_[a-z_]+)="[^"]*"/g, '')
    .replaceAll(/zr\d+-/g, `${id}-`)
    .replaceAll(/ (d|points|transform)="[^"]*"/g, (attribute) =>
      attribute.replaceAll(/-?\d+\.\d{2,}/g, (number) => String(Number(Number(number).toFixed(1)))),
    )
    .replaceAll('\n', '');
}

function openSvg({ width, height }: DrawingSize, attributes: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ${attributes}>`;
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
