import { VERDICTS, type Verdict } from '../../answers/verdict.ts';
import { findIncidentOf } from '../../jobs/notify/find-incident.ts';
import { readIncident } from '../../jobs/notify/read-incidents.ts';
import { findDetectorNames } from '../../jobs/shared/load-detectors.ts';
import { writeVerdict } from '../../jobs/shared/write-answers.ts';
import { isObjectId } from '../../store/keys.ts';
import { BUCKET_HELP, BUCKET_OPTION, type Command, openBucket, stringValue } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { findDetectors } from '../verdicts.ts';

const FORM = 'tidewatch verdict ID true|false|expected';
const MEANINGS =
  'true for what was an incident, false for what was none, expected for what was known to come';

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
    const { id, said: found } = readOperands(operands);
    const store = openBucket(invocation);
    const unknown = (): UsageError =>
      new UsageError(`no incident and no anomaly ${JSON.stringify(id)} in this bucket`);
    if (!isObjectId(id)) throw unknown();
    const incident = await readIncident(store, id);
    if (incident?.state === 'digest')
      throw new UsageError(
        `${id} is a digest: answer its incidents, each by its id; see tidewatch incidents show ${id}`,
      );
    // Of an incident its object says enough: its detectors may be gone.
    const of =
      incident === undefined
        ? await findDetectors(store, id, await findDetectorNames(store))
        : incident.members.map(({ detector }) => detector);
    if (incident === undefined && of.length === 0) throw unknown();
    const [note, by] = [stringValue(values.note), stringValue(values.by)];
    const at = new Date(host.now()).toISOString();
    const answer: Verdict = { formatVersion: 1, id, verdict: found, note, by, at };
    const key = await writeVerdict(store, answer);
    if (incident !== undefined) {
      output.print('verdict', `written: ${key}`, answer);
      return 'ok';
    }
    const partOf = (await findIncidentOf(store, id)) ?? null;
    output.print(
      'verdict',
      `written: ${key}, of one anomaly of ${of.join(', ')}${
        partOf === null ? '' : `; the incident that it is part of, ${partOf}, is not answered by it`
      }`,
      { ...answer, incidentId: partOf },
    );
    return 'ok';
  },
};

/** @throws UsageError that says what is missing, or too much */
function readOperands(operands: readonly string[]): {
  readonly id: string;
  readonly said: Verdict['verdict'];
} {
  const [id = '', said, ...more] = operands;
  const isVerdict = VERDICTS.some((each) => each === id);
  if (isVerdict && said !== undefined)
    throw new UsageError(
      `verdict takes the id before the verdict, not ${JSON.stringify(operands.join(' '))}: ${FORM}`,
    );
  if (id === '' || isVerdict)
    throw new UsageError(`verdict needs the id of an incident, as tidewatch incidents has them: ${FORM}`);
  if (said === undefined)
    throw new UsageError(
      `verdict needs to know what ${JSON.stringify(id)} was, one of ${VERDICTS.join(', ')}: ${MEANINGS}; see tidewatch incidents for the ids`,
    );
  const found = VERDICTS.find((each) => each === said);
  if (found === undefined)
    throw new UsageError(
      `the verdict is ${JSON.stringify(said)}, none of ${VERDICTS.join(', ')}: ${MEANINGS}`,
    );
  if (more.length > 0)
    throw new UsageError(
      `verdict takes an id and a verdict, and nothing more, not ${JSON.stringify(more.join(' '))}; what is to be known goes into --note TEXT`,
    );
  return { id, said: found };
}
