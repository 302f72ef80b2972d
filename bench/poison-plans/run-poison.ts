/** A life of the service with poison in its bucket: what is told and scored of the good entities must not depend on it. */
import { readTable } from '../../lib/window/parquet.ts';
import type { Cloud } from '../fault-plans/cloud.ts';
import { compare } from '../fault-plans/judge-plan.ts';
import { describeMessage } from '../fault-plans/run-plan.ts';
import { ENTITIES, type Feed, queryService, runService } from '../fault-plans/service.ts';
import { type Poison, placePoison } from './poison.ts';
import { poisonQueries } from './poison-series.ts';

/** Of the good entities. */
export interface GoodOutcome {
  /** Their rows of all scores, by entity and time. */
  readonly rows: ReadonlyMap<string, string>;
  /** Their messages, by notification. */
  readonly told: ReadonlyMap<string, string>;
}

const MOST_NAMED = 6;

/** @throws Error where the life does not come to its end */
export async function runPoisoned(feed: Feed, poisons: readonly Poison[]): Promise<GoodOutcome> {
  const active = new Set<string>();
  const cloud = await runService({
    feed,
    queryRange: poisonQueries(queryService, active),
    // The next version would be of the poison's rows, too, where they can be used.
    retrains: false,
    async before(bucket, step) {
      for (const poison of poisons) {
        if (poison.step !== step) continue;
        active.add(poison.kind);
        await placePoison(bucket, poison);
      }
    },
  });
  const told = cloud.published
    .filter(({ alert }) => ENTITIES.includes(alert.entity))
    // Its words are of what was known when it was made. Poison takes requests, and they take time.
    .map(({ alert }) => {
      return [alert.notificationId, JSON.stringify(describeMessage(alert, (id) => id))] as const;
    });
  return { rows: await readScores(cloud), told: new Map(told) };
}

/** @returns what differs, for people */
export async function judgePoisons(
  feed: Feed,
  poisons: readonly Poison[],
  expected: GoodOutcome,
): Promise<readonly string[]> {
  try {
    const { rows, told } = await runPoisoned(feed, poisons);
    return [...compare('message', expected.told, told), ...compare('score', expected.rows, rows)].slice(
      0,
      MOST_NAMED,
    );
  } catch (error) {
    return [`it does not end: ${error instanceof Error ? error.stack : String(error)}`];
  }
}

async function readScores({ store }: Cloud): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  for await (const { key } of store.list('scores/')) {
    if (!key.endsWith('.parquet')) continue;
    for (const row of readTable((await store.get(key)).body).toArray()) {
      const cells = { ...row.toJSON() } as Readonly<Record<string, unknown>>;
      if (ENTITIES.includes(String(cells['entity'])))
        rows.set(
          `${cells['entity']} ${Number(cells['timestamp'])}`,
          JSON.stringify({ key, ...cells }, plain),
        );
    }
  }
  return rows;
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' || value instanceof Date ? Number(value) : value;
}
