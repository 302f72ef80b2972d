import { VERDICTS, type Verdict } from '../../answers/verdict.ts';
import { findIncidentOf } from '../../jobs/notify/find-incident.ts';
import { readIncident } from '../../jobs/notify/read-incidents.ts';
import { findDetectorNames } from '../../jobs/shared/load-detectors.ts';
import { writeVerdict } from '../../jobs/shared/write-answers.ts';
import { isObjectId } from '../../store/keys.ts';
import { BUCKET_HELP, BUCKET_OPTION, type Command, openBucket, stringValue } from '../command.ts';
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
    if (id !== undefined && said !== undefined && found === undefined && more.length === 0)
      throw new UsageError(
        `the verdict is ${JSON.stringify(said)}, none of ${VERDICTS.join(', ')}: true for what was an incident, false for what was none, expected for what was known to come`,
      );
    if (id === undefined || found === undefined || more.length > 0)
      throw new UsageError(
        `verdict takes an id and one of ${VERDICTS.join(', ')}, not ${JSON.stringify(operands.join(' '))}; see tidewatch incidents for the ids`,
      );
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
