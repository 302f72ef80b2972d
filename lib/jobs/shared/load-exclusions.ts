import { type Exclusion, parseExclusion } from '../../answers/exclusion.ts';
import { EXCLUSIONS_PREFIX, exclusionOfKey } from '../../store/keys.ts';
import { createAnswerLoader, type LoadAnswers } from './load-answers.ts';

/** The exclusions of the bucket. */
export const loadExclusions: LoadAnswers<Exclusion> = createAnswerLoader({
  prefix: EXCLUSIONS_PREFIX,
  what: 'exclusion',
  nameOf: exclusionOfKey,
  parse: parseExclusion,
});
