import { parseSilencing, parseSilencingCalendar, type Silencing } from '../../answers/silencing.ts';
import { warnOnce } from '../../base/warn-once.ts';
import { calendarOfKey, SILENCES_PREFIX, silenceOfKey } from '../../store/keys.ts';
import type { LeftOut } from '../../window/left-out.ts';
import type { StoreContext } from '../shared/context.ts';
import { createAnswerLoader } from '../shared/load-answers.ts';

type Loaded =
  | { readonly kind: 'rule'; readonly silencing: Silencing }
  | {
      readonly kind: 'calendar';
      readonly file: string;
      readonly silencings: readonly Silencing[];
      readonly leftOut: readonly LeftOut[];
    };

const loadFiles = createAnswerLoader<Loaded>({
  prefix: SILENCES_PREFIX,
  what: 'silence',
  nameOf: (key) => silenceOfKey(key) ?? calendarOfKey(key),
  endings: 'none of NAME.yml, NAME.yaml and NAME.ics',
  parse: (text, of) =>
    calendarOfKey(of.source) === undefined
      ? { kind: 'rule', silencing: parseSilencing(text, of) }
      : { kind: 'calendar', file: of.name, ...parseSilencingCalendar(text, of) },
  leftOutOf: (loaded) => (loaded.kind === 'calendar' ? loaded.leftOut : []),
});

/**
 * Loads the silences of the bucket. A calendar that a rule names says when that rule is active; a calendar that no rule
 * names is a silence by itself; of its events, those that are understood count, and the others are named. A rule whose calendar is missing, or cannot be used, is never active: that is warned of.
 */
export async function loadSilencings(context: StoreContext): Promise<readonly Silencing[]> {
  const files = await loadFiles(context);
  const calendars = new Map(
    files.flatMap((each) => (each.kind === 'calendar' ? [[each.file, each] as const] : [])),
  );
  const named = new Set(files.map((each) => (each.kind === 'rule' ? each.silencing.calendar : undefined)));
  return files.flatMap((each) => {
    if (each.kind === 'calendar') return named.has(each.file) ? [] : each.silencings;
    const { silencing } = each;
    const { name, calendar } = silencing;
    if (calendar === undefined) return [silencing];
    const events = calendars.get(calendar)?.silencings.flatMap((part) => part.events ?? []);
    if (events === undefined)
      warnOnce(
        context.telemetry,
        `silence ${name} holds never: there is no usable ${SILENCES_PREFIX}${calendar}`,
        {
          detector: 'none',
        },
      );
    return [{ ...silencing, events }];
  });
}
