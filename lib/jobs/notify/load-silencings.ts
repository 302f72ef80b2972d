import { parseSilencing, type Silencing } from '../../answers/silencing.ts';
import { SILENCES_PREFIX, silenceOfKey } from '../../store/keys.ts';
import { createAnswerLoader, type LoadAnswers } from '../shared/load-answers.ts';

/** The silences of the bucket. */
export const loadSilencings: LoadAnswers<Silencing> = createAnswerLoader({
  prefix: SILENCES_PREFIX,
  what: 'silence',
  nameOf: silenceOfKey,
  parse: parseSilencing,
});
