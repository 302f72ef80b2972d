import { detectorOfUnit } from '../../config/work-unit.ts';
import { findDetectorNames } from '../../jobs/shared/load-detectors.ts';
import { sayNeeds } from '../../jobs/shared/training-needs.ts';
import { sayLeftOut } from '../../report/left-out.ts';
import { SILENCES_PREFIX } from '../../store/keys.ts';
import {
  BUCKET_HELP,
  BUCKET_OPTION,
  type Command,
  createContext,
  forEachDetector,
  openBucket,
} from '../command.ts';
import { type DetectorStatus, readDetectorStatus } from '../detector-status.ts';
import { findChosen } from '../detectors.ts';
import { worstStatus } from '../exit-code.ts';
import { listOfNoDetector, listUnmendedParts, sayLeftOutParts, sayQuarantined } from '../quarantined.ts';
import { formatTable } from '../table.ts';
import { listUnitsOf } from '../units.ts';
import { type Answered, measureAnswers } from '../verdicts.ts';

const HEADER = [
  'DETECTOR',
  'HEALTH',
  'PHASE',
  'MODEL',
  'NEWEST DATA',
  'LAG',
  'UNSCORED',
  'OPEN',
  'OUTBOX',
  'QUARANTINED',
] as const;

/** Reads only. */
export const status: Command = {
  name: 'status',
  operands: '[DETECTOR…]',
  summary: 'show what each detector is up to, and what is in quarantine',
  optionsHelp: [BUCKET_HELP, ['--check', 'exit code 1 where a detector is not healthy, for cron and probes']],
  examples: ['tidewatch status', 'tidewatch status checkout --json', 'tidewatch status --check'],
  options: { ...BUCKET_OPTION, check: { type: 'boolean' } },
  async run(invocation) {
    const { operands, output, values } = invocation;
    const context = createContext(invocation, openBucket(invocation));
    const names = await findChosen(context.store, operands);
    if (names.length === 0) output.print('note', 'no detectors in this bucket yet', { detectors: 0 });
    for (const { key, message } of operands.length > 0 ? [] : await listOfNoDetector(context.store))
      output.print('quarantined', sayQuarantined({ key, message }), { key, message });
    for (const note of operands.length > 0 ? [] : await listUnmendedParts(context.store, SILENCES_PREFIX))
      output.print('left-out', sayLeftOutParts(note).join('\n'), { key: note.key, leftOut: note.leftOut });
    const found: DetectorStatus[] = [];
    const units = await listUnitsOf(context.store, names);
    const outcome = await forEachDetector(invocation, units, async (name) => {
      found.push(await readDetectorStatus(context, name));
    });
    // As one table for people, one line each for programs.
    const [first, ...rest] = found;
    if (first === undefined) return outcome;
    const known = operands.length === 0 ? names : await findDetectorNames(context.store);
    const { byDetector, problems } = await measureAnswers(
      context.store,
      [...new Set(names.map(detectorOfUnit))],
      known,
    );
    const isIll = values.check === true && found.some(({ isHealthy }) => !isHealthy);
    const table = formatTable([HEADER, ...found.map(toRow)]);
    const withAnswers = (each: DetectorStatus): object => ({
      ...each,
      verdicts: byDetector.get(each.detector) ?? null,
    });
    const answers = [...byDetector].map(([detector, of]) => `${detector}: ${sayAnswers(of)}`);
    const unusable = problems.map((problem) => `verdict left out: ${problem}`);
    const notes = found.flatMap(({ problem, quarantined, leftOut, fineTunedFrom, ...each }) => {
      const detector = nameOf(each);
      return [
        ...(each.phase === 'learning' && each.isWarm
          ? [`${detector}: ${each.progress}; within the hour, and once an export has caught up`]
          : []),
        ...(problem === undefined ? [] : [`${detector}: ${problem}`]),
        ...(each.shardsKept === undefined ? [] : [each.shardsKept]),
        ...each.concerns.map(({ message }) => `${detector}: ${message}`),
        ...each.late.map(
          ({ key, rows, at }) =>
            `late: ${key}: ${rows} rows came after newer ones of their entities were decided on (${at}); they have scores, and nobody is alerted`,
        ),
        ...(fineTunedFrom === null
          ? []
          : [`${detector}: fine-tuned from ${fineTunedFrom.detector} ${fineTunedFrom.version}`]),
        ...(each.leftOutOfTraining === null
          ? []
          : [`${detector}: the model's training left out ${sayLeftOut(each.leftOutOfTraining)}`]),
        ...(each.training === null
          ? []
          : [
              `${detector}: run ${each.training.run} of the training of ${each.training.version} is under way or due`,
            ]),
        ...(each.trainingPlace?.isUnderWay === true
          ? [
              `${detector}: its training takes about ${sayNeeds(each.trainingPlace.needs)}, and is under way or waits as the job ${each.trainingPlace.job}`,
            ]
          : []),
        ...quarantined.map(sayQuarantined),
        ...leftOut.flatMap(sayLeftOutParts),
      ];
    });
    output.print('detector', [table, ...notes, ...answers, ...unusable].join('\n'), withAnswers(first));
    for (const each of rest) output.print('detector', undefined, withAnswers(each));
    return isIll ? worstStatus([outcome, 'failed']) : outcome;
  },
};

function sayAnswers({ true: right, false: wrong, expected, precision }: Answered): string {
  const answered = right + wrong + expected;
  return `of ${answered} answered, ${right} true, ${wrong} false, ${expected} expected: precision ${precision.toFixed(2)}`;
}

function nameOf({ detector, shard }: Pick<DetectorStatus, 'detector' | 'shard'>): string {
  return shard === undefined ? detector : `${detector}/shard=${shard}`;
}

function toRow(status: DetectorStatus): string[] {
  const { phase, rows, progress, isWarm, model, newestData, lagMs } = status;
  const { isHealthy, unscored, openIncidents, outbox, quarantined } = status;
  const learning = isWarm ? 'ready to train' : `learning, ${progress ?? `${rows} rows`}`;
  return [
    nameOf(status),
    isHealthy ? 'ok' : 'NOT OK',
    phase === 'learning' ? learning : phase,
    model ?? '-',
    newestData ?? '-',
    lagMs === null ? '-' : formatLag(lagMs),
    String(unscored.windows),
    openIncidents === null ? '-' : String(openIncidents),
    String(outbox),
    String(quarantined.length),
  ];
}

/** The two largest units: 3d4h, 2h5m, 4m10s. */
function formatLag(milliseconds: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const first = units.findIndex(([, size]) => milliseconds >= size);
  if (first === -1) return '0s';
  let rest = milliseconds;
  let text = '';
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${name}`;
  }
  return text;
}
