/**
 * `npm run bench -- sock-shop-replay --data DIR`: the nine pods of Sock Shop as one detector, as `tidewatch backtest --train-for 3d`
 * replays them, all at the defaults. Training and test parts follow one another, with the 47 hours without data that lie between them.
 *
 * Right is an incident of which an anomaly overlaps a labelled event of its pod, false any other. The labels are the faults that
 * were injected in the last two days: what else went on (a load that stops, a node that clears caches) has none.
 */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatLength } from '../lib/alert/format-value.ts';
import { parseDuration } from '../lib/base/duration.ts';
import { formatTable } from '../lib/cli/table.ts';
import { defaultDetector } from '../lib/config/defaults.ts';
import { DEFAULT_GROUPING } from '../lib/config/grouping.ts';
import { type BacktestResult, backtest } from '../lib/jobs/offline/backtest.ts';
import { formatTime } from '../lib/report/format.ts';
import { mergeWindows } from '../lib/window/combine.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { createMemoryTelemetry } from '../test/helpers/memory-telemetry.ts';
import { readSeries } from './quality/read-series.ts';
import type { Study } from './study.ts';

const PODS = 'sockshop_k8s/pods';
const TRAIN_FOR = parseDuration('3d');
/** Of progress. */
const EACH = 0.1;

export const reportSockShop: Study = async (data, say) => {
  const window = readPods(data);
  let told = 0;
  const result = await backtest(
    {
      detector: defaultDetector('sock-shop'),
      window,
      trainFor: TRAIN_FOR,
      grouping: DEFAULT_GROUPING,
      onProgress: (done) => {
        if (done < told + EACH) return;
        told = done;
        say(`replayed ${(100 * done).toFixed(0)} %`);
      },
    },
    createMemoryTelemetry(),
  );
  return { text: render(result), figures: result };
};

/** @throws Error where the folder has none of them */
function readPods(data: string): MetricWindow {
  const files = globSync(`${PODS}/{train,test}/*.csv.gz`, { cwd: data }).sort();
  if (files.length === 0) throw new Error(`${join(data, PODS)} has no train/*.csv.gz and test/*.csv.gz`);
  return mergeWindows(
    files.map((file) => ({ ...readSeries(join(data, file)), entities: [basename(file, '.csv.gz')] })),
  );
}

function render({ watched, incidents, published, judged, incidentsPerWeek }: BacktestResult): string {
  if (watched === undefined || judged === undefined) return 'never trained';
  const { events, delay } = judged;
  const lines = incidents.map(({ start, end, isOpen, isRight, entities, alerts, summary }) => [
    isRight === true ? 'right' : 'false',
    formatTime(start),
    `${formatLength(end - start)}${isOpen ? ' and on' : ''}`,
    String(entities),
    String(alerts),
    summary,
  ]);
  return [
    formatTable([['', 'onset', 'lasted', 'pods', 'messages', 'told as'], ...lines]),
    '',
    formatTable([
      ['watched', 'incidents', 'a week', 'false', 'messages', 'found', 'of', 'median delay'],
      [
        formatLength(watched.end - watched.start),
        String(events.alerts),
        incidentsPerWeek.toFixed(1),
        String(events.falseAlerts),
        String(published.length),
        String(events.foundEvents),
        String(events.events),
        formatLength(delay.median),
      ],
    ]),
  ].join('\n');
}
