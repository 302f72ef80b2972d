/** A number in alerts of a transition that comes late in its incident. */
import type { WalkThrough } from './contract.ts';

export const addAlertField: WalkThrough = {
  heading: 'Add a field to the alert',
  placeholders: {},
  declare(copy) {
    copy.insertBehind(
      'lib/alert/alert.ts',
      'export interface Alert {\n',
      '  /** Changes before this one; absent: few. */\n  readonly addedField?: number | undefined;\n',
    );
  },
  missingIn: ['lib/alert/parse-alert.ts'],
  complete(copy) {
    copy.insertBehind(
      'lib/alert/parse-alert.ts',
      'export const alertSchema: z.ZodType<Alert> = z.looseObject({\n',
      "  addedField: z.int().min(0).optional().describe('Changes before this one; absent: few.'),\n",
    );
    copy.insertBehind(
      'lib/alert/build-alert.ts',
      '    ...(settled !== undefined && { settled }),\n',
      '    ...(transition.sequence > 1_000 && { addedField: transition.sequence }),\n',
    );
    copy.succeed(['scripts/make-docs.ts']);
    const tests = 'test/unit/alert/build-alert.test.ts';
    copy.write(tests, copy.read(tests) + OWN_TEST);
  },
  suites: ['test/unit/alert/build-alert.test.ts', 'test/unit/docs/alerts.test.ts'],
  alsoNamed: ['alert'],
};

const OWN_TEST = `
test('addedField is in an alert that is built, read and described', () => {
  const late = build({ reasons: [CPU], transition: { sequence: 1_001 } });
  assert.equal(late.addedField, 1_001);
  assert.deepEqual(parseAlert(JSON.stringify(late)), late);
  assert.throws(() => parseAlert(JSON.stringify({ ...late, addedField: 'many' })));
  assert.equal(build({ reasons: [CPU] }).addedField, undefined);
  for (const file of ['docs/alerts.md', 'schema/alert.schema.json'])
    assert.match(readFileSync(file, 'utf8'), /addedField/);
});
import { readFileSync } from 'node:fs';
`;
