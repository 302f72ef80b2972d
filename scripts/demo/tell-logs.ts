/** What somebody who watches wants to hear of the functions' log lines: what became of a file, and what went wrong. */

interface LogLine {
  readonly level?: unknown;
  readonly message?: unknown;
  readonly [field: string]: unknown;
}

/** By message; `undefined` of a warning or an error means that it is told as it is. */
const SENTENCES: Readonly<Record<string, ((line: LogLine) => string) | undefined>> = {
  'window scored': ({ key, rows, anomalousRows }) =>
    `scored ${key}: ${rows} rows, ${anomalousRows} anomalous`,
  learning: ({ detector, rows, warmup }) => `${detector} is learning: ${rows} rows of ${warmup}`,
  'model trained': ({ detector, version, rows }) => `${detector} has a model of ${rows} rows: ${version}`,
  'object quarantined': ({ key, reason }) => `set aside in quarantine/: ${saySubject(key, reason)}`,
};

/** Undefined where it says nothing for people. */
export function sayOfLog(text: string): string | undefined {
  const line = parse(text);
  if (typeof line?.message !== 'string') return undefined;
  const sentence = SENTENCES[line.message];
  if (sentence !== undefined) return sentence(line);
  if (line.level !== 'WARN' && line.level !== 'ERROR') return undefined;
  const { key, detector, reason, error } = line;
  const why = [reason, error].find((each) => typeof each === 'string');
  const what = why === undefined ? line.message : `${line.message}: ${why}`;
  return `${line.level === 'ERROR' ? 'error' : 'note'}: ${saySubject(key ?? detector, what)}`;
}

/** The reason names the file by itself where it is about its content. */
function saySubject(subject: unknown, text: unknown): string {
  return subject === undefined || String(text).startsWith(String(subject))
    ? String(text)
    : `${subject}: ${text}`;
}

function parse(text: string): LogLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
