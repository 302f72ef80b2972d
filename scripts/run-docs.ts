/** What documents quote of a run of `npm start`: the first alert in the README, and what `auto` noted of its fit. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAlert } from '../lib/alert/parse-alert.ts';
import { renderAlert } from '../lib/alert/render.ts';
import { placePart } from './place-part.ts';

const SCRIPT = 'make-run-docs.ts';
/** Pages with such a part. */
export const QUOTING = ['README.md', 'docs/models/auto.md'] as const;

/** @param dataDir of `npm start -- --data DIR` @throws Error where nothing was alerted */
export function readFirstAlert(dataDir: string): string {
  const incident = findFirst(dataDir, 'incidents/*.json');
  const { changes } = JSON.parse(readFileSync(incident, 'utf8')) as {
    readonly changes: readonly { readonly alert: unknown }[];
  };
  const { subject, text } = renderAlert(parseAlert(JSON.stringify(changes[0]?.alert)));
  return `Subject: ${subject}\n\n${text.trimEnd()}`;
}

/** An object of the run's bucket, as a file: the first by name, which begins with when it was. @throws Error where there is none */
export function findFirst(dataDir: string, pattern: string): string {
  const [first] = globSync(`s3/*/${pattern}`, { cwd: dataDir }).sort();
  if (first === undefined) throw new Error(`${dataDir} has no ${pattern}`);
  return join(dataDir, first);
}

/** The section *Model* of the report as text. @param dataDir of `npm start -- --data DIR` @throws Error where nothing was trained */
function readFitNotes(dataDir: string): string {
  const report = readFileSync(findFirst(dataDir, 'models/*/version=*/summary_report.txt'), 'utf8');
  const notes = /^MODEL\n([\s\S]+?)\n\n/m.exec(report)?.[1];
  if (notes === undefined) throw new Error('the report has no section MODEL');
  return notes;
}

/** @throws Error where a mark is missing */
export function placeRunDocs(page: (typeof QUOTING)[number], text: string, dataDir: string): string {
  const [name, quoted] =
    page === 'README.md' ? ['alert', readFirstAlert(dataDir)] : ['notes', readFitNotes(dataDir)];
  return placePart(text, { name, script: SCRIPT }, ['```', quoted, '```'].join('\n'));
}

/** What does not go by the day on which the run was: the sample begins yesterday. */
export function withoutDates(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d/g, 'DATE').replace(/\d{8}T\d{6}Z(-[0-9a-f]{12})?/g, 'ID');
}
