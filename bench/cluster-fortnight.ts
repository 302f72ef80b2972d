/**
 * `npm run bench -- cluster-fortnight [--scale NAME] [--through WAY] [--seeds N] [--model KIND] [--mails DIR]`: what people are told of
 * a cluster in two weeks, all at the defaults, by the jobs in memory or through the functions' zips on the emulator. Forty workloads
 * with churn and a weekly season; twelve known faults, and what is none: two rollouts, a scale-up, an outage of Prometheus. Then two
 * shows: a pod that flaps, and forty with one cause.
 */

import { renderSubject } from '../lib/alert/subject.ts';
import { formatTable } from '../lib/cli/table.ts';
import { takeMedian } from '../lib/maths/median.ts';
import { populate } from './cluster-fortnight/cluster.ts';
import { judge, type Verdict } from './cluster-fortnight/judge.ts';
import { DEPLOYED_AT, live } from './cluster-fortnight/live.ts';
import { measure } from './cluster-fortnight/measure.ts';
import { openMemoryHost } from './cluster-fortnight/memory-host.ts';
import { DAY, FORTNIGHT, MINUTE, SCALES } from './cluster-fortnight/plan.ts';
import { startZipsHost } from './cluster-fortnight/zips-host.ts';
import type { Study } from './study.ts';

export const reportFortnight: Study = async (
  _,
  say,
  { seeds = 1, scale: name = 'coarse', through = 'memory', model, mails },
) => {
  const scale = SCALES[name];
  const verdicts: Verdict[] = [];
  const texts: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const pods = populate(scale, seed);
    const begun = performance.now();
    say(`seed ${seed}: ${pods.length} pods in all`);
    const measured = measure(pods, scale, seed);
    const place = { pods: measured, scale, start: DEPLOYED_AT, say, mails };
    await using host = through === 'zips' ? await startZipsHost(place) : openMemoryHost(place);
    const lived = await live({
      host,
      scale,
      say,
      kind: model,
      now: () => performance.now() / 1000,
      hear: ({ at, alert }) => say(`${nameTime(at)} ${alert.state} ${renderSubject(alert)}`),
    });
    const verdict = judge(lived.messages, pods, scale);
    verdicts.push(verdict);
    const minutes = (performance.now() - begun) / MINUTE;
    texts.push(
      [
        `seed ${seed}: ${scale.workloads} workloads, ${scale.pods} pods (${pods.length} that ever lived), a row each ${scale.step / MINUTE} min, ${scale.days} days after ${lived.trainings} trainings, through ${through === 'zips' ? 'the zips' : 'memory'}; ${minutes.toFixed(1)} min`,
        render(verdict),
      ].join('\n\n'),
    );
  }
  return { text: texts.join('\n\n'), figures: verdicts };
};

/** As `day 3 20:17`. */
function nameTime(at: number): string {
  const day = Math.floor((at - FORTNIGHT) / DAY);
  return `day ${day} ${new Date(at).toISOString().slice(11, 16)}`;
}

function render(verdict: Verdict): string {
  const { known, falseIncidents, weeks, messages, messagesAnIncident } = verdict;
  const faults = known.filter(({ isShow }) => !isShow);
  const told = faults.filter(({ toldAs }) => toldAs > 0);
  const delays = told.map(({ delay }) => delay! / MINUTE);
  const table = formatTable([
    ['fault', 'incidents', 'delay, min', 'messages', 'culprit first', 'first message'],
    ...known.map((each) => [
      each.isShow ? `show: ${each.name}` : each.name,
      String(each.toldAs),
      each.delay === undefined ? '-' : (each.delay / MINUTE).toFixed(0),
      String(each.messages),
      each.isCulpritFirst === undefined ? '-' : each.isCulpritFirst ? 'yes' : 'no',
      each.summary ?? '',
    ]),
  ]);
  const duplicates = known.reduce((sum, { toldAs }) => sum + Math.max(0, toldAs - 1), 0);
  return [
    table,
    '',
    `told ${told.length} of ${faults.length}, culprit first ${told.filter(({ isCulpritFirst }) => isCulpritFirst).length}; median delay ${middle(delays).toFixed(0)} min, worst ${Math.max(0, ...delays).toFixed(0)} min`,
    `false ${falseIncidents.length}, ${(falseIncidents.length / weeks).toFixed(2)} a week; duplicates ${duplicates}; Prometheus' outage told ${verdict.outageToldAs} times`,
    `messages ${messages}; an incident: median ${middle(messagesAnIncident)}, most ${Math.max(0, ...messagesAnIncident)}`,
    ...falseIncidents.map(
      ({ hours, summary, messages: count }) =>
        `false at day ${Math.floor(hours / 24)}, ${(hours % 24).toFixed(1)} h, ${count} messages: ${summary}`,
    ),
  ].join('\n');
}

function middle(values: readonly number[]): number {
  return values.length === 0 ? 0 : takeMedian([...values]);
}
