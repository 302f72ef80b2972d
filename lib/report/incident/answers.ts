/** The commands by which a person answers an incident, as text to be copied into a shell. */

export interface Answer {
  readonly label: string;
  readonly command: string;
}

/** @param of.entity of the probable culprit; empty where the data names none */
export function listAnswers(of: {
  readonly incidentId: string;
  readonly detector: string;
  readonly entity: string;
}): readonly Answer[] {
  const id = quoteForShell(of.incidentId);
  const matchers = [`detector=${of.detector}`, ...(of.entity === '' ? [] : [`entity=${of.entity}`])];
  return [
    { label: 'It was a real fault', command: `tidewatch verdict ${id} true` },
    { label: 'It was a false alarm', command: `tidewatch verdict ${id} false` },
    { label: 'It was meant to happen', command: `tidewatch verdict ${id} expected` },
    {
      label: 'Say nothing of it for two hours',
      command: `tidewatch silence add ${id} ${matchers.map(quoteForShell).join(' ')} --for 2h`,
    },
  ];
}

/** For a POSIX shell: what holds more than harmless characters stands in single quotes. */
function quoteForShell(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
