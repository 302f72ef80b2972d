/** Parquet that cannot be used: quarantine, reason, log line and metric, while everything else goes on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeleteObjectCommand, GetObjectTaggingCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Quarantined } from '../../lib/jobs/shared/quarantine.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { HISTORY, shopParquet, shopQuery, writeParquet } from '../helpers/shop-parquet.ts';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/parquet/parquet-testing');
const FAULT = { pod: 'payment', from: 725, to: 735 };
const NEWEST = { from: 720, to: 735, fault: FAULT };
const NEWEST_ROWS = shopQuery({ from: 720, to: 735 });

interface BadFile {
  readonly name: string;
  readonly body: () => Promise<Uint8Array> | Uint8Array;
  readonly code: string;
  /** What the message says besides the key. */
  readonly told: RegExp;
}

const BAD: readonly BadFile[] = [
  { name: 'empty', body: () => new Uint8Array(), code: 'empty-file', told: /0 bytes|empty/ },
  { name: 'text', body: () => Buffer.from('timestamp,cpu\n1,2\n'), code: 'unreadable', told: /Parquet/i },
  {
    name: 'truncated',
    body: async () => (await shopParquet(NEWEST)).slice(0, -200),
    code: 'unreadable',
    told: /./,
  },
  fixture('ARROW-GH-47662', 'unreadable'),
  fixture('PARQUET-1481', 'unreadable'),
  fixture('ARROW-RS-GH-6229-LEVELS', 'unreadable'),
  fixture('large_string_map.brotli', 'too-large'),
  { name: 'no-rows', body: sql(`SELECT * FROM (${NEWEST_ROWS}) LIMIT 0`), code: 'no-rows', told: /no rows/ },
  {
    name: 'no-time',
    body: sql(`SELECT * EXCLUDE (ts) FROM (${NEWEST_ROWS})`),
    code: 'no-time-column',
    told: /cpu \(numbers\)/,
  },
  {
    name: 'no-numbers',
    body: sql(`SELECT ts, pod FROM (${NEWEST_ROWS})`),
    code: 'no-metric-column',
    told: /pod \(text\)/,
  },
  {
    name: 'only-nan',
    body: sql(
      `SELECT ts, pod, 'nan'::DOUBLE AS cpu, NULL::DOUBLE AS memory, 'nan'::DOUBLE AS requests FROM (${NEWEST_ROWS})`,
    ),
    code: 'no-values',
    told: /no value in any of its 3 metrics/,
  },
  {
    name: 'twice',
    body: sql(
      `SELECT * FROM (${NEWEST_ROWS} LIMIT 3) UNION ALL SELECT * REPLACE (cpu + 1 AS cpu) FROM (${NEWEST_ROWS} LIMIT 3)`,
    ),
    code: 'duplicate-row',
    told: /"cart".*row 4.*2026-01-01T12:00:00\.000Z, with other values/,
  },
  {
    name: 'drifted',
    body: sql(`SELECT * EXCLUDE (memory) FROM (${NEWEST_ROWS})`),
    code: 'schema-drift',
    told: /memory/,
  },
];

let stack: LocalStack;
let everything: AlertQueue;

before(async () => {
  stack = await startLocalStack();
  everything = await subscribeQueue(stack);
  await stack.put('windows/detector=shop/history.parquet', await shopParquet(HISTORY));
  await stack.idle();
});
after(() => stack?.close());

describe('Parquet that cannot be used', () => {
  before(async () => {
    // A marker of another writer, and an object that no detector can be told from, beside them.
    await stack.put('windows/detector=shop/_SUCCESS', '');
    await stack.put('windows/lost.parquet', await shopParquet(NEWEST));
    for (const { name, body } of BAD) await stack.put(keyOf(name), await body());
    await stack.put('windows/detector=shop/new.parquet', await shopParquet(NEWEST));
    await everything.waitFor(1);
    await stack.idle();
  });

  for (const { name, body, code, told } of BAD)
    it(`${name}: quarantined as ${code}, with the object and the value in the reason`, async () => {
      const key = keyOf(name);
      assert.deepEqual(await stack.get(`quarantine/${key}`), new Uint8Array(await body()), 'a copy');
      assert.ok(await stack.get(key), 'the original stays');
      const reason = await stack.getJson<Quarantined>(`quarantine/${key}.reason.json`);
      assert.deepEqual([reason.key, reason.detector, reason.code], [key, 'shop', code]);
      assert.ok(reason.message.includes(key), reason.message);
      assert.match(reason.message, told);
      assert.equal(await stack.get(`scores/detector=shop/${name}.parquet`), undefined);
      assert.deepEqual(linesAbout(key), [['ERROR', code, reason.message]]);
    });

  it('is counted, each once', () => {
    assert.equal(stack.metric('score', 'ObjectsQuarantined', 'shop'), BAD.length);
    const failures = stack.logs('score').filter(({ message }) => message === 'scoring failed');
    assert.deepEqual(failures, []);
    assert.equal(stack.metric('score', 'DetectorsFailed', 'shop'), 0);
  });

  it('does not hold up the rest: the good window is scored and alerted on', async () => {
    assert.ok(await stack.get('scores/detector=shop/new.parquet'));
    assert.deepEqual(
      (await everything.alerts()).map(({ detector, entity, state }) => [detector, entity, state]),
      [['shop', 'payment', 'opened']],
    );
  });

  it('is told apart from markers of other writers, and from what no detector can be told from', async () => {
    assert.equal(await stack.get('quarantine/windows/detector=shop/_SUCCESS'), undefined);
    const reason = await stack.getJson<Quarantined>('quarantine/windows/lost.parquet.reason.json');
    assert.deepEqual([reason.code, reason.detector], ['no-detector', 'none']);
    assert.equal(stack.metric('score', 'ObjectsQuarantined', 'none'), 1);
  });

  it('keeps its tags in quarantine, which the role allows', async () => {
    const object = { Bucket: stack.bucket, Key: 'windows/detector=tagged/empty.parquet' };
    await stack.s3.send(new PutObjectCommand({ ...object, Body: '', Tagging: 'team=a' }));
    await stack.idle();
    const copy = { ...object, Key: `quarantine/${object.Key}` };
    const { TagSet } = await stack.s3.send(new GetObjectTaggingCommand(copy));
    assert.deepEqual(TagSet, [{ Key: 'team', Value: 'a' }]);
  });
});

describe('replay', () => {
  it('scores what is dropped again in a mended form', async () => {
    await stack.put(keyOf('truncated'), await shopParquet({ from: 735, to: 740 }));
    await stack.idle();
    assert.ok(await stack.get('scores/detector=shop/truncated.parquet'));
    assert.equal(stack.metric('score', 'ObjectsQuarantined', 'shop'), BAD.length);
  });

  it('takes up what drifted once a model is trained on it', async () => {
    // The newest window decides which metrics a model has.
    await stack.put(
      keyOf('drifted'),
      await writeParquet(`SELECT * EXCLUDE (memory) FROM (${shopQuery({ from: 740, to: 800 })})`),
    );
    await stack.idle();
    assert.equal(stack.metric('score', 'ObjectsQuarantined', 'shop'), BAD.length + 1);
    const trained = await stack.service.deployment.invoke('train', { detector: 'shop' });
    assert.equal(trained.functionError, undefined);
    await stack.idle();
    const reason = `quarantine/${keyOf('drifted')}.reason.json`;
    await stack.s3.send(new DeleteObjectCommand({ Bucket: stack.bucket, Key: reason }));
    await stack.send('ScoreQueue', { detector: 'shop' });
    await stack.idle();
    assert.ok(await stack.get('scores/detector=shop/drifted.parquet'));
  });
});

function fixture(name: string, code: string): BadFile {
  return { name, body: () => readFileSync(path.join(FIXTURES, `${name}.parquet`)), code, told: /./ };
}

function sql(query: string): () => Promise<Uint8Array> {
  return () => writeParquet(query);
}

function keyOf(name: string): string {
  return `windows/detector=shop/${name}.parquet`;
}

/** Level, code and reason of the log lines of quarantine for an object. */
function linesAbout(key: string): unknown[][] {
  return stack
    .logs('score')
    .filter((line) => line['message'] === 'object quarantined' && line['key'] === key)
    .map(({ level, code, reason }) => [level, code, reason]);
}
