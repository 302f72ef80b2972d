/** Which trainings go to containers of AWS Batch, and what these take. */
import type { Requests } from '../../store/count-requests.ts';
import { processorsOf, type Room } from '../shared/training-needs.ts';
import { type Judgement, judgeTraining } from '../train/judge-training.ts';
import { LEAST_BILLED, SECONDS } from './assumptions.ts';
import { CONTAINER_SECONDS, PLANNED_FUNCTIONS } from './functions.ts';
import { requestsOfJob, sumRequests, timesRequests } from './requests.ts';
import type { Workload } from './workload.ts';

/** As `batchVcpus` and `batchMemory` have it. */
export interface Container {
  readonly vcpus: number;
  readonly memoryMb: number;
}

/** Of a day. */
export interface ContainerUsage {
  readonly runs: number;
  readonly requests: Requests;
  /** That it runs for, and is paid for. */
  readonly seconds: number;
  readonly vcpuHours: number;
  readonly gbHours: number;
}

export const NO_CONTAINERS: ContainerUsage = {
  runs: 0,
  requests: { reads: 0, lists: 0, writes: 0 },
  seconds: 0,
  vcpuHours: 0,
  gbHours: 0,
};

/** @param container undefined: there are none */
export function placeTraining(load: Workload, container: Container | undefined): Judgement {
  const { memoryMb, timeout } = PLANNED_FUNCTIONS.train;
  return judgeTraining({
    detector: load.detector,
    kind: load.kind,
    values: load.valuesTrained,
    room: { memoryMb, processors: processorsOf(memoryMb), seconds: timeout },
    jobRoom: container && roomOf(container),
    isKiller: false,
  });
}

/** Of trainings that are jobs. @param windows that there are by then */
export function usageOfContainers(
  load: Workload,
  { container, windows }: { readonly container: Container; readonly windows: number },
): ContainerUsage {
  const requests = requestsOfJob(load, { windows });
  const { needs } = placeTraining(load, container);
  const waits = (requests.reads + requests.lists + requests.writes) * SECONDS.request;
  const each = Math.max(LEAST_BILLED, SECONDS.containerStart + needs.seconds + waits);
  const runs = load.trainingsADay;
  const hours = (runs * each) / 3600;
  return {
    runs,
    requests: timesRequests(requests, runs),
    seconds: runs * each,
    vcpuHours: hours * container.vcpus,
    gbHours: (hours * container.memoryMb) / 1024,
  };
}

export function sumContainers(all: readonly ContainerUsage[]): ContainerUsage {
  const total = (of: (usage: ContainerUsage) => number): number =>
    all.reduce((sum, usage) => sum + of(usage), 0);
  return {
    runs: total(({ runs }) => runs),
    requests: sumRequests(all.map(({ requests }) => requests)),
    seconds: total(({ seconds }) => seconds),
    vcpuHours: total(({ vcpuHours }) => vcpuHours),
    gbHours: total(({ gbHours }) => gbHours),
  };
}

function roomOf({ vcpus, memoryMb }: Container): Room {
  return { memoryMb, processors: vcpus, seconds: CONTAINER_SECONDS };
}
