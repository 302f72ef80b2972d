/** The command line at another time: `node cli-child.ts EPOCH_MS COMMAND …`. Everything else is as in lib/cli/main.ts. */
import { createProcessHost } from '../../lib/cli/process-host.ts';
import { runCli } from '../../lib/cli/run.ts';

const [now = '', ...args] = process.argv.slice(2);
process.exitCode = await runCli(args, { ...createProcessHost(), now: () => Number(now) });
