import { VERDICTS, type Verdict } from '../../answers/verdict.ts';
import { listDetectors } from '../../jobs/shared/load-detectors.ts';
import { encodeJson } from '../../store/json.ts';
import { feedbackKey } from '../../store/keys.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  openBucket,
  stringValue,
} from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { findDetectors } from '../verdicts.ts';

export const verdict: Command = {
  name: 'verdict',
  operands: 'ID true|false|expected',
  summary: 'say of an incident, or of one anomaly, whether it was one',
  optionsHelp: [BUCKET_HELP, ['--note TEXT, --by NAME', 'for people']],
  examples: [
    'tidewatch verdict 20261122T080000Z-0123456789ab true --note "disk full" --by ada',
    'tidewatch verdict 20261122T080000Z-0123456789ab expected',
  ],
  options: { ...BUCKET_OPTION, note: { type: 'string' }, by: { type: 'string' } },
  async run(invocation) {
    const { operands, values, host, output } = invocation;
    const [id, said, ...more] = operands;
    const found = VERDICTS.find((each) => each === said);
    if (id === undefined || found === undefined || more.length > 0)
      throw new UsageError(
        `verdict takes an id and one of ${VERDICTS.join(', ')}, not ${JSON.stringify(operands.join(' '))}`,
      );
    const store = openBucket(invocation);
    const of = await findDetectors(store, id, await listDetectors(createContext(invocation, store)));
    if (of.length === 0)
      throw new UsageError(`no incident and no anomaly ${JSON.stringify(id)} in this bucket`);
    const [note, by] = [stringValue(values.note), stringValue(values.by)];
    const at = new Date(host.now()).toISOString();
    const answer: Verdict = { formatVersion: 1, id, verdict: found, note, by, at };
    const key = feedbackKey(id);
    // Whoever speaks last is right.
    await store.put(key, encodeJson(answer), { contentType: 'application/json' });
    output.print('verdict', `written: ${key}`, answer);
    return 'ok';
  },
};
