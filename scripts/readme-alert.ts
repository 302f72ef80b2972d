/** The alert in the README: the first one of a run of `npm start`, as a subscriber gets it by mail. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAlert } from '../lib/alert/parse-alert.ts';
import { renderAlert } from '../lib/alert/render.ts';
import { placePart } from './place-part.ts';

const PART = { name: 'alert', script: 'make-pictures.ts' };

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

/** @throws Error where a mark is missing */
export function placeReadmeAlert(readme: string, alert: string): string {
  return placePart(readme, PART, ['```', alert, '```'].join('\n'));
}

/** What does not go by the day on which the run was: the sample begins yesterday. */
export function withoutDates(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\d/g, 'DATE').replace(/\d{8}T\d{6}Z(-[0-9a-f]{12})?/g, 'ID');
}
