/** Which Prometheus servers a terminal knows: `--sources` or the environment says it as JSON, or where a file with it is. */
import { SettingError } from '../base/errors.ts';
import { readSettings } from '../config/settings.ts';
import type { DeploymentSources } from '../source/open-sources.ts';
import type { Invocation, OptionHelp } from './command.ts';

export const SOURCES_HELP: OptionHelp = [
  '--sources FILE',
  'JSON with Prometheus servers by name, for manifests with spec.source;\nTIDEWATCH_PROMETHEUS_SOURCES, a file or the JSON itself, where it is not given',
];

type Env = Invocation['host']['env'];

/** The environment with the list itself in it. @throws SettingError where the file cannot be read */
async function readSourceList({ host, values }: Invocation): Promise<Env> {
  const option = typeof values.sources === 'string' ? values.sources : undefined;
  const given = option ?? host.env['TIDEWATCH_PROMETHEUS_SOURCES']?.trim();
  if (given === undefined || given === '' || (option === undefined && given.startsWith('{'))) return host.env;
  try {
    return { ...host.env, TIDEWATCH_PROMETHEUS_SOURCES: await host.readFile(given) };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SettingError('unreadable-file', `the list of sources ${given} cannot be read: ${code}`, {
      cause,
    });
  }
}

/** Names that manifests may choose from; undefined where no list is given. @throws SettingError for a list that cannot hold */
export async function readSourceNames(invocation: Invocation): Promise<readonly string[] | undefined> {
  const { namedSources } = readSettings(await readSourceList(invocation), [], ['namedSources']);
  return namedSources && [...namedSources.keys()];
}

/** @throws SettingError where there is no source at all */
export async function readSources(invocation: Invocation): Promise<DeploymentSources> {
  const listed = await readSourceList(invocation);
  const url = invocation.values.prometheus;
  const env = typeof url === 'string' ? { ...listed, TIDEWATCH_PROMETHEUS_URL: url } : listed;
  const found = readSettings(env, [], ['source', 'namedSources']);
  if (found.source !== undefined || found.namedSources !== undefined) return found;
  return { ...found, ...readSettings(env, ['source']) };
}
