/** The table of part A: the product by set, and under it each peer at as many false incidents, and at the threshold of its training. */
import { formatTable } from '../../lib/cli/table.ts';
import { quantile } from '../../lib/maths/quantile.ts';
import type { FileFigures, PeerFigures } from './judge-file.ts';
import { addFigures, type LivedFigures, NO_FIGURES } from './judge-incidents.ts';
import { LEVELS, pickLevel } from './peer-levels.ts';
import { PEER_NAMES } from './peer-scores.ts';

export interface SetFigures {
  readonly set: string;
  /** `tidewatch`, or a peer. */
  readonly who: string;
  readonly files: number;
  /** Files that have no figures of their own: too short a training for ours, refused by a peer. Silent, all missed. */
  readonly silent: number;
  /** Of a peer: which of its training's thresholds equalises false incidents, or that each file's training has its own; undefined where none does. */
  readonly level: string | undefined;
  readonly figures: LivedFigures;
}

const ALL_SETS = 'all sets';
const OURS = 'tidewatch';
const OWN = 'own';

const WEEK = 7 * 86_400_000;
const MINUTE = 60_000;

export function summarizeSets(files: readonly FileFigures[]): readonly SetFigures[] {
  const sets = [...Map.groupBy(files, ({ set }) => set)].flatMap(([set, own]) => summarizeSet(set, own));
  const whole = [...Map.groupBy(sets, ({ who }) => who)].map(
    ([who, own]): SetFigures => ({
      set: ALL_SETS,
      who,
      files: own.reduce((sum, each) => sum + each.files, 0),
      silent: own.reduce((sum, each) => sum + each.silent, 0),
      level: undefined,
      figures: addFigures(own.map(({ figures }) => figures)),
    }),
  );
  return [...sets, ...whole];
}

function summarizeSet(set: string, files: readonly FileFigures[]): readonly SetFigures[] {
  const ours = addFigures(files.map((file) => file.ours));
  const peers = PEER_NAMES.flatMap((who): readonly SetFigures[] => {
    const silent = files.filter((file) => file.peers[who] === undefined).length;
    if (silent === files.length) return [];
    const figuresAt = (levelOf: (peer: PeerFigures) => number | undefined): LivedFigures =>
      addFigures(
        files.map(({ peers: { [who]: peer }, ours }) => peer?.levels[levelOf(peer) ?? -1] ?? asSilent(ours)),
      );
    const levels = LEVELS.map((_, level) => figuresAt(() => level));
    const picked = pickLevel(levels, ours);
    const of = { set, files: files.length, silent };
    return [
      {
        ...of,
        who,
        level: picked === undefined ? 'none' : LEVELS[picked]!,
        figures: figuresAt(() => picked),
      },
      { ...of, who: `${who}, 1 a week`, level: OWN, figures: figuresAt(({ own }) => own) },
    ];
  });
  const silent = files.filter(({ isDecided }) => !isDecided).length;
  return [{ set, who: OURS, files: files.length, silent, level: undefined, figures: ours }, ...peers];
}

function asSilent({ series, watched, outside, events }: LivedFigures): LivedFigures {
  return { ...NO_FIGURES, series, watched, outside, events };
}

export function renderSets(rows: readonly SetFigures[]): string {
  const header = [
    'set',
    'who',
    'files (silent)',
    'found',
    'of',
    'carried',
    'covered',
    'delay, min',
    'false',
    'in gaps',
    'false/series·week',
    'in alert',
    'outside',
    'open after, min',
    '90 %',
    'still open',
    'level',
  ];
  const lines = rows.map(({ set, who, files, silent, level, figures }, i) => {
    const { events, found, carried, covered, delays, falseIncidents, inGaps, watched } = figures;
    const { inAlert, outside, inAlertOutside, openAfter, unresolved } = figures;
    return [
      rows[i - 1]?.set === set ? '' : set,
      who,
      silent > 0 ? `${files} (${silent})` : String(files),
      String(found),
      String(events),
      String(carried),
      String(covered),
      minutesAt(delays, 0.5),
      String(falseIncidents),
      String(inGaps),
      (falseIncidents / (watched / WEEK)).toFixed(2),
      formatShare(inAlert / watched),
      formatShare(inAlertOutside / outside),
      minutesAt(openAfter, 0.5),
      minutesAt(openAfter, 0.9),
      String(unresolved),
      level ?? '',
    ];
  });
  return formatTable([header, ...lines]);
}

/** Of planted events: which kinds are found. */
export function renderKinds(files: readonly FileFigures[]): string {
  const planted = files.flatMap(({ planted = [] }) => planted);
  if (planted.length === 0) return '';
  const kinds = [...Map.groupBy(planted, ({ kind }) => kind)].sort(([a], [b]) => (a < b ? -1 : 1));
  return `found by kind: ${kinds
    .map(([kind, own]) => `${kind} ${own.filter(({ isFound }) => isFound).length} of ${own.length}`)
    .join(', ')}`;
}

/** @param values ms */
export function minutesAt(values: readonly number[], share: number): string {
  if (values.length === 0) return '–';
  return (quantile(Float64Array.from(values).sort(), share) / MINUTE).toFixed(0);
}

function formatShare(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';
}
