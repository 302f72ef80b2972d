/** A number in alerts of a transition that comes late in its incident. */
import type { WalkThrough } from './contract.ts';

export const addAlertField: WalkThrough = {
  heading: 'Add a field to the alert',
  placeholders: {},
  declare(copy) {
    copy.insertBehind(
      'lib/alert/alert.ts',
      'export interface AnomalyFacts {\n',
      '  /** Changes before this one; absent: few. */\n  readonly addedField?: number | undefined;\n',
    );
  },
  missingIn: ['lib/alert/anomaly-schema.ts'],
  complete(copy) {
    copy.insertBehind(
      'lib/alert/anomaly-schema.ts',
      "export const factsShape: Shape<Omit<AnomalyFacts, 'formatVersion' | 'objects'>> = {\n",
      "  addedField: z.int().min(0).optional().describe('Changes before this one; absent: few.'),\n",
    );
    copy.insertBehind(
      'lib/alert/describe-anomaly.ts',
      '    ...(settled !== undefined && { settled }),\n',
      '    ...(transition.sequence > 1_000 && { addedField: transition.sequence }),\n',
    );
    copy.succeed(['scripts/make-docs.ts']);
    const tests = 'test/unit/alert/describe-anomaly.test.ts';
    copy.write(tests, copy.read(tests) + OWN_TEST);
  },
  suites: ['test/unit/alert/describe-anomaly.test.ts', 'test/unit/docs/alerts.test.ts'],
  alsoNamed: ['alert'],
};

const OWN_TEST = `
test('addedField is in an anomaly that is described and read, and in its alert', () => {
  const late = build({ reasons: [CPU], transition: { sequence: 1_001 } });
  assert.equal(late.addedField, 1_001);
  assert.deepEqual(read(late), late);
  assert.deepEqual(parseAlert(JSON.stringify(alertOf(late))), alertOf(late));
  assert.throws(() => parseAlert(JSON.stringify({ ...alertOf(late), addedField: 'many' })));
  assert.equal(build({ reasons: [CPU] }).addedField, undefined);
  for (const file of ['docs/alerts.md', 'schema/alert.schema.json'])
    assert.match(readFileSync(file, 'utf8'), /addedField/);
});
import { readFileSync } from 'node:fs';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { alertOf } from '../../helpers/alerts.ts';
`;
