/** Rows written as pictures: who is there, and with which metrics, minute by minute. */

import { nameWorkload } from '../../../../lib/base/workload.ts';
import { DEFAULT_SILENCE } from '../../../../lib/config/defaults.ts';
import type { SilenceState, SilenceTransition } from '../../../../lib/decision/silence/contract.ts';
import { learnPresence } from '../../../../lib/decision/silence/learn-presence.ts';
import { walkSilence } from '../../../../lib/decision/silence/walk-silence.ts';
import type { SilenceRules } from '../../../../lib/decision/silence/walk-state.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';

export const STEP = 60_000;
export const T0: number = Date.parse('2026-11-22T08:00:00Z');
const METRICS: readonly string[] = ['cpu', 'memory'];

/** One letter a minute: `#` both metrics, `c` cpu, `m` memory, `.` no row, `0` a row without values. */
export type Picture = Readonly<Record<string, string>>;

/** "#" repeated. */
export function always(rows: number): string {
  return '#'.repeat(rows);
}

function draw(picture: Picture, from = 0): MetricWindow {
  const rows = Object.keys(picture)
    .sort()
    .flatMap((entity, index) =>
      [...picture[entity]!].flatMap((sign, at) => (sign === '.' ? [] : [{ index, at: from + at, sign }])),
    );
  const column = (signs: string): Float64Array =>
    Float64Array.from(rows, ({ sign }) => (signs.includes(sign) ? 1 : Number.NaN));
  const length = Math.max(...Object.values(picture).map((line) => line.length));
  return {
    detector: 'shop',
    range: { start: T0 + from * STEP, end: T0 + (from + length) * STEP },
    step: STEP,
    metrics: METRICS,
    entities: Object.keys(picture).sort(),
    entityOf: Uint32Array.from(rows, ({ index }) => index),
    times: Float64Array.from(rows, ({ at }) => T0 + at * STEP),
    columns: [column('#c'), column('#m')],
    labels: undefined,
  };
}

export function learn(picture: Picture): SilenceRules['usual'] {
  return learnPresence(draw(picture), {
    step: STEP,
    metrics: METRICS,
    workloadOf: (entity) => nameWorkload(entity, []),
  });
}

export interface Walked {
  readonly state: SilenceState | undefined;
  readonly transitions: readonly SilenceTransition[];
  /** "opened entity cart 3-17": first and newest missing minute. */
  readonly told: readonly string[];
}

/** Walks a picture, cut into windows of so many minutes, with the state stored in between. */
export function walk(
  picture: Picture,
  given: {
    readonly usual: SilenceRules['usual'];
    readonly cut?: number;
    readonly rules?: Partial<SilenceRules>;
    readonly before?: SilenceState | undefined;
    readonly from?: number;
    /** Ms behind the end of its last row. */
    readonly behind?: number;
    /** Epoch ms; without it no row is ahead of its time. */
    readonly now?: number;
  },
): Walked {
  const { usual, cut = 10_000, from = 0 } = given;
  const rules: SilenceRules = {
    detector: 'shop',
    settings: DEFAULT_SILENCE,
    usual,
    workloadOf: (entity) => nameWorkload(entity, []),
    step: STEP,
    watchFrom: 0,
    isWhole: true,
    ...given.rules,
  };
  const length = Math.max(...Object.values(picture).map((line) => line.length));
  let state = given.before;
  const transitions: SilenceTransition[] = [];
  for (let at = 0; at < length; at += cut) {
    const part = Object.fromEntries(
      Object.entries(picture).map(([entity, line]) => [entity, line.slice(at, at + cut)]),
    );
    const window = draw(part, from + at);
    const walked = walkSilence(window, {
      before: state,
      rules,
      arrival: window.range.end + (given.behind ?? 0),
      now: given.now ?? Infinity,
    });
    state = walked.state && (JSON.parse(JSON.stringify(walked.state)) as SilenceState);
    transitions.push(...walked.transitions);
  }
  return { state, transitions, told: transitions.map(tell) };
}

function tell({ transition, silence }: SilenceTransition): string {
  const minute = (time: number): number => (time - T0) / STEP;
  const who = [silence.kind, silence.entity, silence.metrics.join('+')].filter((part) => part !== '');
  const late = silence.cameLate ? ' late' : '';
  return `${transition.state} ${who.join(' ')} ${minute(silence.start)}-${minute(silence.last)}${late}`;
}
