/** Jobs of AWS Batch for trainings that are beyond a function, from the environment. */

export interface BatchSetting {
  /** ARN of the job queue. */
  readonly queue: string;
  /** ARN of the job definition. */
  readonly definition: string;
  /** What each of its containers has. */
  readonly room: {
    readonly memoryMb: number;
    readonly processors: number;
    /** Seconds of one attempt. */
    readonly seconds: number;
  };
}

/** What each variable is for, as a message says it. */
export const BATCH_PURPOSES: Readonly<Record<BatchVariable, string>> = {
  TIDEWATCH_BATCH_QUEUE: 'the job queue of AWS Batch for trainings that are beyond the function',
  TIDEWATCH_BATCH_DEFINITION: 'the job definition of such a training',
  TIDEWATCH_BATCH_MEMORY: 'the MB that its container has',
  TIDEWATCH_BATCH_VCPUS: 'the processors that its container has',
  TIDEWATCH_BATCH_SECONDS: 'the seconds after which AWS Batch ends it',
};

type BatchVariable =
  | 'TIDEWATCH_BATCH_QUEUE'
  | 'TIDEWATCH_BATCH_DEFINITION'
  | 'TIDEWATCH_BATCH_MEMORY'
  | 'TIDEWATCH_BATCH_VCPUS'
  | 'TIDEWATCH_BATCH_SECONDS';

interface Reader {
  /** '' where it is missing, which is then a problem. */
  readonly required: (name: BatchVariable) => string;
  readonly complain: (problem: string) => void;
}

export function readBatch(reader: Reader): BatchSetting {
  return {
    queue: readArn(reader, 'TIDEWATCH_BATCH_QUEUE', 'job-queue'),
    definition: readArn(reader, 'TIDEWATCH_BATCH_DEFINITION', 'job-definition'),
    room: {
      memoryMb: readNumber(reader, 'TIDEWATCH_BATCH_MEMORY'),
      processors: readNumber(reader, 'TIDEWATCH_BATCH_VCPUS'),
      seconds: readNumber(reader, 'TIDEWATCH_BATCH_SECONDS'),
    },
  };
}

function readArn({ required, complain }: Reader, name: BatchVariable, kind: string): string {
  const arn = required(name);
  if (arn !== '' && !new RegExp(`^arn:[\\w-]+:batch:[a-z0-9-]+:\\d{12}:${kind}/[\\w:-]+$`).test(arn))
    complain(`${name} is ${JSON.stringify(arn)}, not the ARN of a ${kind} of AWS Batch`);
  return arn;
}

function readNumber({ required, complain }: Reader, name: BatchVariable): number {
  const text = required(name);
  if (text !== '' && !(Number(text) > 0))
    complain(`${name} is ${JSON.stringify(text)}, not a number above 0`);
  return Number(text);
}
