/** A column that a model sees: what it starts from, and what is made of that. */
import type { CalendarCycle, Statistic } from '../config/feature-settings.ts';

/** What a column starts from. */
export type ColumnSource =
  | { readonly kind: 'metric'; readonly metric: string }
  /** Missing where `to` is 0. */
  | { readonly kind: 'ratio'; readonly of: string; readonly to: string }
  | {
      readonly kind: 'calendar';
      readonly cycle: CalendarCycle;
      readonly wave: 'sine' | 'cosine';
      readonly timeZone: string;
    }
  | { readonly kind: 'availability' };

/** `rows` count steps of the grid. What a change, a lag or a log reads is missing where any value that it needs is. */
export type Transform =
  /** sign(x) × ln(1 + |x|). */
  | { readonly kind: 'log' }
  /** The value less the one `rows` earlier. */
  | { readonly kind: 'change'; readonly rows: number }
  /** The change divided by the earlier value; missing where that is 0. */
  | { readonly kind: 'relative_change'; readonly rows: number }
  /** Increase a second of a counter over the last `rows` steps; a counter that falls began again at 0. */
  | { readonly kind: 'rate'; readonly rows: number }
  /**
   * Of an uptime (`age`) the increase a second, of a time of start (`start`) the change a second; missing where it began
   * again.
   */
  | { readonly kind: 'uptime'; readonly of: 'age' | 'start'; readonly rows: number }
  /** The value `rows` earlier. */
  | { readonly kind: 'lag'; readonly rows: number }
  /** Of the last `rows` values, this row's included. */
  | { readonly kind: 'rolling'; readonly statistic: Statistic; readonly rows: number };

export interface PlannedColumn {
  readonly name: string;
  readonly source: ColumnSource;
  /** From left to right. */
  readonly transforms: readonly Transform[];
}
