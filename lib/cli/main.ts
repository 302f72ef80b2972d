/** `tidewatch`, started by bin/tidewatch.mjs. */
import { createProcessHost } from './process-host.ts';
import { runCli } from './run.ts';

// Other AWS tools take the region from either variable, the SDK for JavaScript from the first alone.
if (!process.env.AWS_REGION && process.env.AWS_DEFAULT_REGION)
  process.env.AWS_REGION = process.env.AWS_DEFAULT_REGION;

process.exitCode = await runCli(process.argv.slice(2), createProcessHost());
