/** The silences that are open while a window is walked through, and what people hear of them. */
import type { SilenceKind } from '../../config/silence-settings.ts';
import { anomalyId } from '../anomaly-id.ts';
import type { AnomalyState } from '../contract.ts';
import type { OpenSilence, SilenceTransition } from './contract.ts';

export interface OpenSilences {
  find(kind: SilenceKind, entity: string): OpenSilence | undefined;
  /** Opens it, or takes in that it goes on; people hear of it where it is new, or more metrics are missing. */
  hold(silence: Omit<OpenSilence, 'id' | 'sequence'>): void;
  /**
   * It is over: `end` is the first row that is there again.
   * @param given.start the first row that was missing in the end, where those before it came late
   * @param given.state `settled`: nobody misses it any more
   * @param given.gone who it was of is heard no more
   */
  close(
    kind: SilenceKind,
    entity: string,
    given: {
      readonly end: number;
      readonly start?: number;
      readonly cameLate?: boolean;
      readonly state?: 'resolved' | 'settled';
      readonly gone?: SilenceTransition['silence']['gone'];
    },
  ): void;
  /** It goes on as that of another one, who has none, under the same id; people hear nothing of it. */
  handOver(
    kind: SilenceKind,
    entity: string,
    given: { readonly to: string; readonly metrics: readonly string[] },
  ): void;
  /** Tells of what the clock noticed. */
  tellNoticed(): void;
  list(): readonly OpenSilence[];
  readonly transitions: readonly SilenceTransition[];
}

export function holdSilences(detector: string, before: readonly OpenSilence[]): OpenSilences {
  const open = new Map(before.map((silence) => [keyOf(silence.kind, silence.entity), silence]));
  const transitions: SilenceTransition[] = [];
  return {
    transitions,
    // Asked of everybody at every row, of which hardly any has anything open.
    find: (kind, entity) => (open.size === 0 ? undefined : open.get(keyOf(kind, entity))),
    hold(given) {
      const key = keyOf(given.kind, given.entity);
      const known = open.get(key);
      const silence = { id: silenceId(detector, given), sequence: 0, ...known, ...given };
      if (known !== undefined) {
        silence.start = known.start;
        const isMore = given.metrics.some((metric) => !known.metrics.includes(metric));
        if (known.sequence === 0) open.set(key, tell(silence, 'opened'));
        else open.set(key, isMore ? tell(silence, 'updated') : silence);
      } else open.set(key, tell(silence, 'opened'));
    },
    close(kind, entity, { end, start, cameLate = false, state = 'resolved', gone }) {
      const silence = open.get(keyOf(kind, entity));
      if (silence === undefined) return;
      open.delete(keyOf(kind, entity));
      // Nobody was told that it began, and it came to nothing.
      if (silence.sequence > 0)
        tell({ ...silence, ...(start !== undefined && { start }) }, state, { end, cameLate, gone });
    },
    handOver(kind, entity, { to, metrics }) {
      const silence = open.get(keyOf(kind, entity));
      if (silence === undefined) return;
      open.delete(keyOf(kind, entity));
      open.set(keyOf(kind, to), { ...silence, entity: to, metrics });
    },
    tellNoticed() {
      for (const [key, silence] of open) if (silence.sequence === 0) open.set(key, tell(silence, 'opened'));
    },
    list: () => [...open.values()],
  };

  function tell(
    silence: OpenSilence,
    state: AnomalyState,
    over?: Pick<SilenceTransition['silence'], 'cameLate' | 'gone'> & { readonly end: number },
  ): OpenSilence {
    const { id, sequence: told, ...rest } = silence;
    const sequence = told + 1;
    transitions.push({
      transition: {
        anomalyId: id,
        entity: silence.entity,
        state,
        sequence,
        start: silence.start,
        lastAnomalous: silence.last,
        end: over?.end,
        tellingRow: undefined,
        peakScore: silence.silent / 1000,
      },
      silence: {
        ...rest,
        cameLate: over?.cameLate ?? false,
        ...(over?.gone !== undefined && { gone: over.gone }),
      },
    });
    return { ...silence, sequence };
  }
}

/** The same whoever notices it, by data or by the clock, and under whichever version. */
export function silenceId(
  detector: string,
  { kind, entity, start }: Pick<OpenSilence, 'kind' | 'entity' | 'start'>,
): string {
  return anomalyId({
    detector,
    entity: `${kind}: ${entity}`,
    firstAnomalous: start,
    modelVersion: 'silence',
  });
}

function keyOf(kind: SilenceKind, entity: string): string {
  return `${kind} ${entity}`;
}
