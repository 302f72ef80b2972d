/** The bench's rows for people: plain columns, the machine above them. */
import { availableParallelism, cpus } from 'node:os';
import { formatTable } from '../lib/cli/table.ts';
import { type Aim, type BenchRow, isReached } from './bench-row.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
}

const HEADINGS = ['what', 'ours', 'peer', 'theirs', 'ours ÷ theirs', 'aim', 'reached'];

export function describeMachine(): Machine {
  const cpu = cpus()[0]?.model.trim() || process.arch;
  return { cpu, cores: availableParallelism(), node: process.version };
}

export function renderMachine({ cpu, cores, node }: Machine): string {
  return `${cpu}, ${cores} cores, Node ${node}`;
}

export function renderTable(rows: readonly BenchRow[]): string {
  return formatTable([HEADINGS, ...rows.map(renderRow)]);
}

function renderRow(row: BenchRow): readonly string[] {
  const { what, ours, unit, peer, aim } = row;
  const reached = isReached(row);
  return [
    what,
    formatValue(ours, unit),
    typeof peer === 'string' ? peer : (peer?.name ?? '–'),
    typeof peer === 'object' ? formatValue(peer.value, unit) : '–',
    typeof peer === 'object' ? `${peer.ratio.toFixed(2)} ×` : '–',
    aim === undefined ? '–' : formatAim(aim, peer === undefined ? ` ${unit}` : ' ×'),
    reached === undefined ? '–' : reached ? 'yes' : 'NO',
  ];
}

function formatAim({ atLeast, atMost }: Aim, unit: string): string {
  return atLeast === undefined ? `≤ ${atMost}${unit}` : `≥ ${atLeast}${unit}`;
}

/** Three digits say all that a bench knows. */
function formatValue(value: number | undefined, unit: BenchRow['unit']): string {
  if (value === undefined) return '–';
  const rounded = Number(value.toPrecision(3));
  return `${rounded.toLocaleString('en', { maximumFractionDigits: 3 })} ${unit}`;
}
