/** A Dockerfile, as far as ours goes: its stages and their instructions. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** An image, or the name of an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(text: string): readonly Stage[] {
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || rest === undefined) continue;
    const [, from, as] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
    if (name === 'FROM') stages.push({ name: as ?? '', from: from ?? rest, instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text: rest });
  }
  return stages;
}

/** The newest of that name, which is what counts. */
export function lastOf({ instructions }: Stage, name: string): string | undefined {
  return instructions.findLast((each) => each.name === name)?.text;
}

/** Paths that are copied into a stage, each with where it comes from: undefined for the folder that is built from. */
export function copiesOf({ instructions }: Stage): readonly {
  readonly from: string | undefined;
  readonly paths: readonly string[];
  readonly to: string;
}[] {
  return instructions
    .filter(({ name }) => name === 'COPY')
    .map(({ text }) => {
      const words = text.split(/\s+/);
      const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
      return { from, paths: words.slice(0, -1), to: words.at(-1) ?? '' };
    });
}
