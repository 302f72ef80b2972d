/** Means over the files of a data set, and the table of them. */
import type { Quality } from './measure.ts';

export interface FileQuality extends Quality {
  readonly set: string;
  readonly file: string;
  readonly model: string;
}

export interface SetQuality {
  readonly set: string;
  readonly model: string;
  readonly files: number;
  /** Per figure: its mean over the files that have one (NaN where none has), and how many those are. */
  readonly means: Quality;
  readonly counts: Quality;
}

/** Name of the rows that hold all data sets, each file weighing the same. */
export const ALL_SETS = 'all files';

const FIGURES = {
  vusPr: { title: 'VUS-PR', show: (value: number) => value.toFixed(3) },
  averagePrecision: { title: 'avg precision', show: (value: number) => value.toFixed(3) },
  bestF1: { title: 'best F1', show: (value: number) => value.toFixed(3) },
  eventRecall: { title: 'event recall', show: (value: number) => value.toFixed(3) },
  detectionDelay: { title: 'delay, min', show: (value: number) => (value / 60_000).toFixed(1) },
  falseAlarmsPerDay: { title: 'false alarms/day', show: (value: number) => value.toFixed(2) },
  timeInAlert: { title: 'in alert', show: (value: number) => `${(100 * value).toFixed(1)} %` },
} as const satisfies Record<keyof Quality, { title: string; show: (value: number) => string }>;
const NAMES = Object.keys(FIGURES) as (keyof Quality)[];

/** Data sets in order of their names, models in order of their first appearance; then all files together. */
export function summarize(files: readonly FileQuality[]): readonly SetQuality[] {
  const sets = [...new Set(files.map(({ set }) => set))].sort();
  const models = [...new Set(files.map(({ model }) => model))];
  return [...sets, ALL_SETS].flatMap((set) =>
    models.flatMap((model) => {
      const own = files.filter((file) => file.model === model && (set === ALL_SETS || file.set === set));
      return own.length === 0 ? [] : [summarizeSet(set, model, own)];
    }),
  );
}

function summarizeSet(set: string, model: string, files: readonly FileQuality[]): SetQuality {
  const defined = (name: keyof Quality): number[] =>
    files.map((file) => file[name]).filter((value) => !Number.isNaN(value));
  const each = (figure: (values: number[]) => number): Quality =>
    Object.fromEntries(NAMES.map((name) => [name, figure(defined(name))])) as unknown as Quality;
  return {
    set,
    model,
    files: files.length,
    means: each((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    counts: each((values) => values.length),
  };
}

/** A figure that fewer files than the row's have carries their number. */
export function renderQuality(rows: readonly SetQuality[]): string {
  const header = ['data set', 'model', 'files', ...NAMES.map((name) => FIGURES[name].title)];
  const lines = rows.map(({ set, model, files, means, counts }, i) => [
    set === rows[i - 1]?.set ? '' : set,
    model,
    String(files),
    ...NAMES.map((name) => {
      if (Number.isNaN(means[name])) return '–';
      const of = counts[name] < files ? ` (${counts[name]})` : '';
      return FIGURES[name].show(means[name]) + of;
    }),
  ]);
  const widths = header.map((_, c) => Math.max(...[header, ...lines].map((line) => line[c]!.length)));
  const render = (line: readonly string[]): string =>
    line
      .map((cell, c) => (c < 2 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
      .join('  ')
      .trimEnd();
  return [render(header), widths.map((width) => '─'.repeat(width)).join('  '), ...lines.map(render)].join(
    '\n',
  );
}
