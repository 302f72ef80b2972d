/** A trained version becomes pages and pictures that people look at. */
import { drawForImage } from './drawing/draw.ts';
import { rasterize } from './drawing/rasterize.ts';
import { type Figure, listFigures } from './figures.ts';
import { findAll } from './findings/findings.ts';
import { renderPage } from './page/page.ts';
import type { ReportInput } from './report-input.ts';
import { summarize } from './summary.ts';

export { pickMoments } from './findings/moments.ts';
export type { ReportInput } from './report-input.ts';

/** CSS pixels of the plot inside a PNG; the title stands above it. */
const IMAGE_SIZE = { width: 720, height: 440 } as const;

/**
 * The same input gives the same bytes: no clock, no random ids. Work and memory are bounded whatever the number of
 * rows: one pass per metric, at most 2 values per pixel, at most 80 rows of plots, 10 moments, 23 decisions.
 * @returns file name → bytes: report.html, summary_report.txt and one PNG per plot
 * @throws ModelError, EvaluationError where a score is infinite
 */
export async function buildReport(input: ReportInput): Promise<Readonly<Record<string, Uint8Array>>> {
  const { figures, files } = writePages(input);
  const pictures: Record<string, Uint8Array> = {};
  const name = `${input.version.detector} · ${input.version.version}`;
  for (const figure of figures) {
    const svg = drawForImage(figure.draw(IMAGE_SIZE), {
      title: figure.title,
      of: name,
      note: figure.note,
    });
    pictures[`${figure.name}.png`] = await rasterize(svg);
  }
  return { ...files, ...pictures };
}

/** All but the pictures, and what those are to be drawn from. @throws as `buildReport` does */
export function writePages(input: ReportInput): {
  readonly files: Readonly<Record<'report.html' | 'summary_report.txt', Uint8Array>>;
  readonly figures: readonly Figure[];
} {
  const findings = findAll(input);
  const figures = listFigures(findings);
  const encoder = new TextEncoder();
  const files = {
    'report.html': encoder.encode(renderPage(findings, figures)),
    'summary_report.txt': encoder.encode(summarize(findings)),
  };
  return { files, figures };
}
