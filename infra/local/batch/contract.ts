import type { AwsCredentials } from '../iam/access.ts';

/** A job definition as the template declares it. */
export interface JobDefinition {
  readonly name: string;
  /** With its revision. */
  readonly arn: string;
  readonly image: string;
  /** After the image's entry point; `Ref::NAME` stands for a parameter. */
  readonly command: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Of the job's role. */
  readonly credentials: AwsCredentials;
  readonly attempts: number;
  readonly evaluateOnExit: readonly ExitRule[];
  readonly timeoutSeconds: number;
}

/** A rule that holds where every pattern that it has matches; each may end with `*`. */
export interface ExitRule {
  readonly action: 'RETRY' | 'EXIT';
  readonly onExitCode?: string | undefined;
  readonly onReason?: string | undefined;
  readonly onStatusReason?: string | undefined;
}

/** An EventBridge rule about jobs: which events go where. */
export interface JobRule {
  readonly statuses: readonly string[];
  readonly jobQueues: readonly string[];
  readonly queueArns: readonly string[];
}

export interface Job {
  readonly jobId: string;
  readonly jobName: string;
  readonly jobQueue: string;
  readonly definition: JobDefinition;
  readonly parameters: Readonly<Record<string, string>>;
  /** Epoch ms. */
  readonly createdAt: number;
  status: 'SUBMITTED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  statusReason: string | undefined;
  exitCode: number | undefined;
  attempts: number;
}
