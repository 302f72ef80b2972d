import { readSettings } from '../../config/settings.ts';
import { type ReplayOutcome, replayQuarantined } from '../../jobs/replay/replay-quarantine.ts';
import { type ReplayedRange, replayRange } from '../../jobs/replay/replay-range.ts';
import type { StoreContext } from '../../jobs/shared/context.ts';
import { loadDetector } from '../../jobs/shared/load-detectors.ts';
import { listQuarantine, type Quarantined } from '../../jobs/shared/quarantine.ts';
import {
  DETECTORS_PREFIX,
  detectorOfManifestKey,
  detectorOfWindowKey,
  EXCLUSIONS_PREFIX,
  quarantineKey,
  SILENCES_PREFIX,
  unitOfWindowKey,
  WINDOWS_PREFIX,
} from '../../store/keys.ts';
import type { WorkQueueAccess } from '../../store/sqs-queue.ts';
import type { TimeRange } from '../../window/time-range.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  type Invocation,
  openBucket,
  stringValue,
  textOptions,
} from '../command.ts';
import { findChosen } from '../detectors.ts';
import type { ExitStatus } from '../exit-code.ts';
import { timeValue } from '../option-values.ts';
import { listNotifyState } from '../quarantined.ts';
import { listUnitsOf, refuseShards } from '../units.ts';
import { UsageError } from '../usage-error.ts';

const WHAT: Readonly<Record<string, (invocation: Invocation) => Promise<ExitStatus>>> = {
  quarantine: replayQuarantine,
  'dead-letters': replayDeadLetters,
  range: replayRanges,
};
/** Options that go with one of them alone. */
const OWN_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  quarantine: ['code', 'restore', 'bucket'],
  'dead-letters': ['queue'],
  range: ['from', 'to', 'bucket'],
};

const QUEUES = { score: 'TIDEWATCH_SCORE_QUEUE_URL', train: 'TIDEWATCH_TRAIN_QUEUE_URL' } as const;

export const replay: Command = {
  name: 'replay',
  operands: 'quarantine [DETECTOR…] | dead-letters | range DETECTOR…',
  summary: 'try again what was set aside, or have a range scored again; tells nobody twice',
  optionsHelp: [
    BUCKET_HELP,
    ['--dry-run', 'say what would be done, and do nothing'],
    ['--code CODE', 'quarantine: only what is there for this reason, such as killed-function'],
    ['--restore', 'quarantine: bring back copies of files that are gone from where they were'],
    [
      '--queue URL',
      'dead-letters: of this queue alone, or score or train; without it those of TIDEWATCH_SCORE_QUEUE_URL and\nTIDEWATCH_TRAIN_QUEUE_URL',
    ],
    ['--from TIME', 'range: ISO 8601, UTC where it names no zone; inclusive'],
    ['--to TIME', 'range: as --from, exclusive; now where it is not given'],
  ],
  examples: [
    'tidewatch replay quarantine checkout --code killed-function',
    'tidewatch replay dead-letters --dry-run',
    'tidewatch replay range checkout --from 2026-11-21T06:00Z --to 2026-11-22',
  ],
  options: {
    ...BUCKET_OPTION,
    ...textOptions('code', 'queue', 'from', 'to'),
    'dry-run': { type: 'boolean' },
    restore: { type: 'boolean' },
  },
  async run(invocation) {
    const [what = '', ...operands] = invocation.operands;
    const run = Object.hasOwn(WHAT, what) ? WHAT[what] : undefined;
    if (run === undefined)
      throw new UsageError(
        `replay needs to know what: ${Object.keys(WHAT).join(', ')}${what === '' ? '' : `, not ${JSON.stringify(what)}`}; see tidewatch replay --help`,
      );
    const foreign = Object.keys(OWN_OPTIONS)
      .filter((other) => other !== what)
      .flatMap((other) => OWN_OPTIONS[other]!)
      .find((option) => !OWN_OPTIONS[what]!.includes(option) && invocation.values[option] !== undefined);
    if (foreign !== undefined) throw new UsageError(`--${foreign} does not go with replay ${what}`);
    return run({ ...invocation, operands });
  },
};

/** Every file, manifest, silence and exclusion in quarantine; of named detectors theirs alone. States are no files that could be tried again. */
async function replayQuarantine(invocation: Invocation): Promise<ExitStatus> {
  const { operands, values, output } = invocation;
  const context = createContext(invocation, openBucket(invocation));
  const options = { restore: values.restore === true, dryRun: isDryRun(invocation) };
  refuseShards(operands, 'what is in quarantine');
  const wanted = operands.length === 0 ? undefined : await findChosen(context.store, operands);
  const entries = (await listReplayable(context))
    .filter(({ key, detector }) => wanted === undefined || wanted.includes(ownerOf(key) ?? detector))
    .filter(({ code }) => values.code === undefined || code === values.code);
  const states = wanted === undefined ? await listNotifyState(context.store) : [];
  for (const { key, code, message } of states)
    if (values.code === undefined || code === values.code)
      output.print('note', `left alone: ${key} was begun anew; what it held is ${quarantineKey(key)}`, {
        key,
        code,
        message,
      });
  if (entries.length === 0)
    output.print('note', 'nothing in quarantine that this would try again', { replayed: 0 });
  const units = new Set<string>();
  const status = await forEachDetector(
    invocation,
    entries.map(({ key }) => key),
    async (key) => {
      const entry = entries.find((each) => each.key === key)!;
      const outcome = await replayQuarantined(context.store, entry, options);
      const unit = unitOfWindowKey(key);
      if (unit !== undefined && IS_TRIED[outcome]) units.add(unit);
      output.print('replayed', `${options.dryRun ? 'would be ' : ''}${say(outcome, entry)}`, {
        key,
        detector: detectorOfWindowKey(key) ?? null,
        code: entry.code,
        outcome,
        dryRun: options.dryRun,
      });
    },
  );
  if (!options.dryRun) await askForScoring(invocation, units);
  return status;
}

const IS_TRIED: Readonly<Record<ReplayOutcome, boolean>> = {
  released: true,
  restored: true,
  gone: false,
  'no-copy': false,
  replaced: false,
};

async function listReplayable({ store }: StoreContext): Promise<readonly Quarantined[]> {
  return [
    ...(await listQuarantine(store, WINDOWS_PREFIX)),
    ...(await listQuarantine(store, DETECTORS_PREFIX)),
    ...(await listQuarantine(store, SILENCES_PREFIX)),
    ...(await listQuarantine(store, EXCLUSIONS_PREFIX)),
  ];
}

function ownerOf(key: string): string | undefined {
  return detectorOfWindowKey(key) ?? detectorOfManifestKey(key);
}

function say(outcome: ReplayOutcome, { key, code }: Quarantined): string {
  switch (outcome) {
    case 'released':
      return `tried again: ${key} (${code})`;
    case 'restored':
      return `brought back: ${key} (${code})`;
    case 'gone':
      return `left alone: ${key} is gone; --restore brings its copy back`;
    case 'no-copy':
      return `left alone: ${key} is gone, and has no copy`;
    case 'replaced':
      return `left alone: ${key} holds other bytes by now`;
  }
}

async function replayDeadLetters(invocation: Invocation): Promise<ExitStatus> {
  const { operands, output } = invocation;
  if (operands.length > 0)
    throw new UsageError(`replay dead-letters takes no detector, as ${JSON.stringify(operands[0])}`);
  const dryRun = isDryRun(invocation);
  const queues = openQueues(invocation);
  return forEachDetector(invocation, Object.keys(queues), async (name) => {
    const queue = queues[name]!;
    const messages = await (dryRun ? queue.countDead() : queue.redrive());
    output.print(
      'redriven',
      `${name}: about ${messages} dead letters ${dryRun ? 'would be' : 'are'} back in their queue`,
      {
        queue: name,
        messages,
        dryRun,
      },
    );
  });
}

function openQueues({ host, values }: Invocation): Readonly<Record<string, WorkQueueAccess>> {
  const named = stringValue(values.queue);
  if (named !== undefined) return { [named]: host.openQueue(findQueueUrl(host.env, named)) };
  const { scoreQueueUrl, trainQueueUrl } = readSettings(host.env, [], ['scoreQueueUrl', 'trainQueueUrl']);
  const found = Object.entries({ score: scoreQueueUrl, train: trainQueueUrl }).flatMap(([name, url]) =>
    url === undefined ? [] : [[name, host.openQueue(url)] as const],
  );
  if (found.length === 0)
    throw new UsageError(`replay dead-letters needs --queue, ${QUEUES.score} or ${QUEUES.train}`);
  return Object.fromEntries(found);
}

/** By its name, whose URL is in the environment, or by its URL. */
function findQueueUrl(env: Invocation['host']['env'], named: string): string {
  const setting = Object.hasOwn(QUEUES, named) ? QUEUES[named as keyof typeof QUEUES] : undefined;
  if (setting !== undefined) {
    const url = env[setting];
    if (url) return readQueueUrl(env, url);
    throw new UsageError(`--queue ${named} is the one of ${setting}, which is not set; give its URL`);
  }
  if (/^https?:\/\//.test(named)) return readQueueUrl(env, named);
  throw new UsageError(
    `--queue is ${JSON.stringify(named)}, neither a URL nor one of ${Object.keys(QUEUES).join(', ')}`,
  );
}

function readQueueUrl(env: Invocation['host']['env'], url: string): string {
  return readSettings({ ...env, [QUEUES.score]: url }, ['scoreQueueUrl']).scoreQueueUrl;
}

async function replayRanges(invocation: Invocation): Promise<ExitStatus> {
  const { operands, output } = invocation;
  if (operands.length === 0) throw new UsageError('replay range needs at least one DETECTOR');
  const dryRun = isDryRun(invocation);
  const range = readRange(invocation);
  const context = createContext(invocation, openBucket(invocation));
  const units = new Set<string>();
  const status = await forEachDetector(
    invocation,
    await listUnitsOf(context.store, await findChosen(context.store, operands)),
    async (name) => {
      const loaded = await loadDetector(context, name);
      const replayed = await replayRange({ ...loaded, range, dryRun }, context);
      if (replayed.windows.length + replayed.unscored.length > 0) units.add(name);
      output.print('replayed', `${name}: ${describe(replayed, dryRun)}`, {
        detector: name,
        dryRun,
        ...replayed,
      });
    },
  );
  if (!dryRun) await askForScoring(invocation, units);
  return status;
}

function readRange({ values, host }: Invocation): TimeRange {
  const start = timeValue(values, 'from');
  if (start === undefined) throw new UsageError('replay range needs --from TIME');
  const end = timeValue(values, 'to') ?? host.now();
  if (start >= end)
    throw new UsageError(
      `--from is ${new Date(start).toISOString()}, which is not before --to, ${new Date(end).toISOString()}`,
    );
  return { start, end };
}

function describe({ windows, unscored, version }: ReplayedRange, dryRun: boolean): string {
  const others = unscored.length === 0 ? '' : `, beside ${unscored.length} that have no scores yet`;
  return `${windows.length} windows ${dryRun ? '' : 'are '}to be scored again by ${version}${others}`;
}

/** Where a deployment's queue is known, its function does it; otherwise whoever sits here. */
async function askForScoring({ host, output }: Invocation, detectors: ReadonlySet<string>): Promise<void> {
  if (detectors.size === 0) return;
  const { scoreQueueUrl } = readSettings(host.env, [], ['scoreQueueUrl']);
  const names = [...detectors].sort();
  if (scoreQueueUrl === undefined) {
    output.print('note', `next: tidewatch score ${names.join(' ')}`, { next: 'score', detectors: names });
    return;
  }
  const queue = host.openQueue(scoreQueueUrl);
  for (const name of names) await queue.request(name);
  output.print('note', `scoring was asked for: ${names.join(', ')}`, { next: 'none', detectors: names });
}

function isDryRun({ values }: Invocation): boolean {
  return values['dry-run'] === true;
}
