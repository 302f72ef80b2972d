/** The clocks that a calendar's times go by: those that this build knows, and those that the calendar brings along. */
import { AnswerError } from '../../base/errors.ts';
import { isTimeZone } from '../../config/feature-settings.ts';
import { getZoneClock, type ZoneClock } from '../../features/zone-clock.ts';
import { parseLocal } from './local-time.ts';
import { type Component, findProperty, refuse } from './read-components.ts';
import { readRecurrence } from './read-recurrence.ts';
import { listOccurrences } from './recurrence.ts';

interface Change {
  /** Epoch ms. */
  readonly at: number;
  /** Ms ahead of UTC. */
  readonly offset: number;
}

/** Local ms: changes of clocks are worked out for these years. */
const FIRST = Date.UTC(1970, 0);
const LAST = Date.UTC(2100, 0);

/**
 * By TZID; the fault of one that is not understood, which is one of the events in it. One without a TZID is of no event.
 */
export function readZones(calendar: Component, source: string): ReadonlyMap<string, ZoneClock | AnswerError> {
  const zones = new Map<string, ZoneClock | AnswerError>();
  for (const component of calendar.components) {
    if (component.name !== 'VTIMEZONE') continue;
    const id = findProperty(component, 'TZID')?.value;
    if (id === undefined) continue;
    zones.set(id, findClock(id) ?? readOwnClock(component, source));
  }
  return zones;
}

/** Of a name that this build knows, which has the changes of later years too. */
export function findClock(id: string): ZoneClock | undefined {
  return isTimeZone(id) ? getZoneClock(id) : undefined;
}

function readOwnClock(zone: Component, source: string): ZoneClock | AnswerError {
  try {
    return readClock(zone, source);
  } catch (error) {
    if (error instanceof AnswerError) return error;
    throw error;
  }
}

function readClock(zone: Component, source: string): ZoneClock {
  if (zone.fault !== undefined) throw zone.fault;
  const changes: Change[] = [];
  const before: Change[] = [];
  for (const part of zone.components) {
    const start = parseLocal(findProperty(part, 'DTSTART')?.value ?? '');
    const from = parseOffset(findProperty(part, 'TZOFFSETFROM')?.value);
    const offset = parseOffset(findProperty(part, 'TZOFFSETTO')?.value);
    if (start === undefined || from === undefined || offset === undefined)
      throw refuse(source, part.line, `${part.name} needs DTSTART, TZOFFSETFROM and TZOFFSETTO`);
    before.push({ at: start.local - from, offset: from });
    for (const local of listOnsets(part, start.local, from, source))
      changes.push({ at: local - from, offset });
  }
  if (changes.length === 0) throw refuse(source, zone.line, 'VTIMEZONE has no STANDARD or DAYLIGHT');
  changes.sort((a, b) => a.at - b.at);
  const earliest = before.reduce((a, b) => (b.at < a.at ? b : a)).offset;
  return {
    offsetAt: (time) => {
      // The last change that is not later.
      let [low, high] = [0, changes.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (changes[middle]!.at <= time) low = middle + 1;
        else high = middle;
      }
      return changes[low - 1]?.offset ?? earliest;
    },
  };
}

/** Local ms by the clocks before the change. */
function listOnsets(part: Component, start: number, from: number, source: string): readonly number[] {
  const onsets = [start];
  for (const property of part.properties) {
    if (property.name === 'RDATE')
      for (const text of property.value.split(',')) {
        const read = parseLocal(text);
        if (read === undefined)
          throw refuse(source, property.line, `RDATE ${JSON.stringify(text)} is no time`);
        onsets.push(read.local);
      }
    if (property.name !== 'RRULE') continue;
    const rule = readRecurrence(property.value, { start, isDate: false, toLocal: (time) => time + from });
    if ('problem' in rule) throw refuse(source, property.line, `RRULE ${rule.problem}`);
    if (rule.frequency === 'HOURLY')
      throw refuse(source, property.line, 'RRULE has FREQ HOURLY: no clocks change every hour');
    onsets.push(...listOccurrences(rule, { start, from: FIRST, to: LAST }));
  }
  return onsets;
}

/** Ms of +0100, -053000. */
function parseOffset(text: string | undefined): number | undefined {
  const [, sign, hours, minutes, seconds = '0'] = /^([+-])(\d{2})(\d{2})(\d{2})?$/.exec(text ?? '') ?? [];
  if (sign === undefined) return undefined;
  const value = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -value : value;
}
