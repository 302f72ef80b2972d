/** What an alert says of data that is missing. */
import type { NotifiedState } from '../incident/contract.ts';
import type { AlertSilence } from './alert.ts';
import { formatLength } from './format-value.ts';
import { toOneLine } from './one-line.ts';

/** Why it is told of once more: it is still there, or it is back after its end was told. */
export type ToldAgain = 'still' | 'back';

/** When something should have come, and when it was there last, as people read times and lengths. */
export interface Due {
  readonly at: string;
  readonly late: string;
  readonly visit?: { readonly from: string; readonly length: string } | undefined;
}

/** What is known of the pods that it is of. */
export interface Fate {
  /** Of a workload that is silent: how many there were. */
  readonly pods?: number | undefined;
  /** Of what is gone: its workload, where others of it were heard since. */
  readonly others?: string | undefined;
  /** Of several, of which some are gone: how many of each. Those that were never silent are neither. */
  readonly parted?: { readonly gone: number; readonly back: number } | undefined;
}

/** Characters of a metric's name that a sentence shows. */
const LONGEST_NAME = 80;

/**
 * "cpu_usage and 1 more metric missing since 14:32 UTC, 15 min", "back at 15:10 UTC after 38 min without data". What ended
 * while it lacked something is not back: "no longer there since 15:10 UTC, after 38 min without cpu_usage". Of several: "3 of
 * them are no longer there, 2 are back at 15:10 UTC after 38 min without cpu_usage".
 * @param told.from, told.to as people read times; `to` exclusive
 * @param told.seconds without data; of late data, how late it is
 */
export function saySilence(
  { kind, metrics, cameLate, isGone }: AlertSilence,
  told: {
    readonly state: NotifiedState;
    readonly from: string;
    readonly to: string;
    readonly length: string;
    readonly seconds: number;
    readonly again?: ToldAgain | undefined;
    /** Of what comes at regular times. */
    readonly due?: Due | undefined;
    readonly fate?: Fate | undefined;
  },
): string {
  const { state, from, to, length, due, fate = {} } = told;
  if (kind === 'late') {
    const behind = formatLength(told.seconds * 1000);
    return state !== 'settled' && state !== 'resolved'
      ? `data comes ${behind} after its time, since that of ${from}`
      : `data comes in time again, since that of ${to}`;
  }
  const what = nameMissing(metrics);
  if (state === 'settled') return `${what ?? 'it'} is no longer missed, after ${length} without data`;
  if (state === 'resolved') {
    if (fate.parted !== undefined)
      return `${sayParted(fate.parted, to)} after ${length} without ${what ?? 'data'}`;
    if (cameLate) return `${what ?? 'its data'} came late: what was missing since ${from} is there`;
    if (isGone === true) {
      const others = fate.others === undefined ? '' : `; others of ${cutName(fate.others)} are`;
      return `no longer there since ${to}, after ${length} without ${what ?? 'data'}${others}`;
    }
    const expected = due === undefined ? '' : `; it was expected at ${due.at}`;
    return `${what === undefined ? '' : `${what} `}back at ${to} after ${length} without data${expected}`;
  }
  if (due !== undefined) return sayDue(due, told.again);
  const missing =
    what === undefined
      ? kind === 'source'
        ? 'no data at all'
        : `no data${sayPods(fate)}`
      : `${what} missing`;
  if (told.again === 'back') return `${missing} again, since ${from}, ${length}`;
  return told.again === 'still' ? `still ${missing} since ${from}` : `${missing} since ${from}, ${length}`;
}

/** "expected at 02:00 UTC and 2 h 30 min late; last seen 2026-11-15 02:00 UTC for 30 min" */
function sayDue({ at, late, visit }: Due, again: ToldAgain | undefined): string {
  const seen = visit === undefined ? '' : `; last seen ${visit.from} for ${visit.length}`;
  if (again === 'still') return `still not there, expected at ${at}${seen}`;
  return `${again === 'back' ? 'not there again, ' : ''}expected at ${at} and ${late} late${seen}`;
}

/** " of any of its 4 pods"; nothing where nobody counted them. */
function sayPods({ pods = 0 }: Fate): string {
  if (pods === 0) return '';
  return pods === 1 ? ' of its only pod' : ` of any of its ${pods} pods`;
}

/** "3 of them are no longer there, 2 are back at 15:10 UTC"; of the others nothing was missing: "3 of them are no longer there since 15:10 UTC," */
function sayParted({ gone, back }: NonNullable<Fate['parted']>, to: string): string {
  const those = `${gone} of them ${gone === 1 ? 'is' : 'are'} no longer there`;
  return back === 0
    ? `${those} since ${to},`
    : `${those}, ${back} ${back === 1 ? 'is' : 'are'} back at ${to}`;
}

function nameMissing([first, ...others]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  const name = cutName(first);
  return others.length === 0
    ? name
    : `${name} and ${others.length} more metric${others.length === 1 ? '' : 's'}`;
}

function cutName(name: string): string {
  const line = toOneLine(name);
  return line.length <= LONGEST_NAME ? line : `${line.slice(0, LONGEST_NAME - 1)}…`;
}
