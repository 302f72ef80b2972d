/** The commands that a message prints, run as they stand: by a shell, and by the command line. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert } from '../../../lib/alert/alert.ts';
import { answersOf, listAnswers } from '../../../lib/alert/answer-commands.ts';
import { buildIncidentAlert } from '../../../lib/alert/build-incident-alert.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import { matchesAll } from '../../../lib/answers/matcher.ts';
import { parseSilencing, type Silencing } from '../../../lib/answers/silencing.ts';
import { findSilence } from '../../../lib/incident/advance.ts';
import type { Member } from '../../../lib/incident/contract.ts';
import { ALERT_KEYS } from '../../../lib/jobs/notify/alert-keys.ts';
import { encodeJson } from '../../../lib/store/json.ts';
import { incidentKey } from '../../../lib/store/keys.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { createChange, NINE } from '../../helpers/anomalies.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../helpers/memory-object-store.ts';

/** What a shell makes of it. */
function argumentsOf(command: string): readonly string[] {
  const script = `tidewatch() { for each; do printf '%s\\0' "$each"; done; }; ${command}`;
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

async function run(
  command: string,
  store: MemoryObjectStore,
): Promise<{ readonly code: number; readonly stderr: string; readonly bucket: string | undefined }> {
  let bucket: string | undefined;
  const { code, stderr } = await runTestCli(argumentsOf(command), store, {
    env: {},
    now: () => NINE,
    openStore: (name) => {
      bucket = name;
      return store;
    },
  });
  return { code, stderr, bucket };
}

async function silenceBy(command: string): Promise<Silencing> {
  const store = createMemoryObjectStore();
  const { code, stderr } = await run(command, store);
  assert.equal(code, 0, `${command}: ${stderr}`);
  return parseSilencing(store.text('silences/i1.yml') ?? '', { source: 'i1', name: 'i1' });
}

function alertOf(members: readonly Member[]): Alert {
  return buildIncidentAlert({
    notification: { state: 'opened', incidentId: 'i1', sequence: 1, severity: 'warning', members },
    anomalyOf: (anomalyId) => {
      const { detector, entity } = members.find((member) => member.anomalyId === anomalyId)!;
      return createAnomaly({ detector, entity });
    },
    keys: ALERT_KEYS,
    place: { bucket: 'alerts-of-prod', region: 'eu-west-1' },
  });
}

test('the text names the page and the commands, and each of them works as it is printed', async () => {
  const { text } = renderAlert(alertOf([createChange({ anomalyId: 'a' })]));
  assert.match(text, /^Page: {7}s3:\/\/alerts-of-prod\/incidents\/i1\.html$/m);
  assert.match(
    text,
    /^Look at it: https:\/\/eu-west-1\.console\.aws\.amazon\.com\/s3\/object\/alerts-of-prod\?region=eu-west-1&prefix=incidents\/i1\.html$/m,
  );
  const commands = [...text.matchAll(/tidewatch .*/g)].map(([command]) => command);
  assert.equal(commands.length, 4);
  for (const command of commands) {
    const store = createMemoryObjectStore();
    const incident = { formatVersion: 1, incidentId: 'i1', severity: 'info', members: [], changes: [] };
    await store.put(incidentKey('i1'), encodeJson(incident));
    await store.put('detectors/shop.yml', encodeJson({ kind: 'AnomalyDetector' }));
    const { code, stderr, bucket } = await run(command, store);
    assert.deepEqual([code, stderr, bucket], [0, '', 'alerts-of-prod'], command);
  }
});

test('the silence is of every member, over entities, workloads and detectors', async () => {
  const pods = [0, 1, 2].map((i) => createChange({ anomalyId: `p${i}`, entity: `shop/payment-${i}` }));
  const others = ['database', 'orders (2)'].map((name) =>
    createChange({ anomalyId: name.slice(0, 6), detector: name.slice(0, 6), workload: name, entity: name }),
  );
  const many = Array.from({ length: 80 }, (_, i) =>
    createChange({ anomalyId: `m${i}`, entity: `e${i}`, workload: `a-workload-${i}` }),
  );
  // Those of the third workload are not in the message.
  const unseen = Array.from({ length: 60 }, (_, i) =>
    createChange({ anomalyId: `u${i}`, entity: `u${i}`, workload: i < 50 ? `w${i % 2}` : 'w2' }),
  );
  // Nor would one of these be, by rank alone.
  const another = Array.from({ length: 60 }, (_, i) =>
    createChange({ anomalyId: `v${i}`, entity: `v${i}`, workload: i < 55 ? 'payment' : 'cart' }),
  );
  const elsewhere = another.map((member, i) =>
    i < 55 ? member : { ...member, workload: 'payment', detector: 'disks' },
  );
  const whole = [createChange({ anomalyId: 'w', entity: '', workload: 'payment' })];
  for (const members of [pods, [...pods, ...others], others, many, unseen, another, elsewhere, whole]) {
    const command = answersOf(alertOf(members)).at(-1)!.command;
    const silencing = await silenceBy(command);
    const incident = {
      id: 'i1',
      members,
      firstSeen: NINE,
      status: 'told' as const,
      severity: 'warning' as const,
      sequence: 1,
      isWorse: false,
      flaps: 0,
    };
    assert.equal(findSilence(incident, [silencing]), 'i1', command);
    const stranger = createChange({ detector: 'search', entity: 'search', workload: 'search' });
    assert.equal(findSilence({ ...incident, members: [stranger] }, [silencing]), undefined, command);
  }
  const one = answersOf(alertOf(pods.slice(0, 1))).at(-1)!.command;
  assert.match(one, /'detector = "shop"' 'entity = "shop\/payment-0"' --for 2h/);
});

test('the silence of one pod whose name is generated is of its successors and siblings, and of nothing else', async () => {
  const pod = (entity: string, workload: string): Member =>
    createChange({ anomalyId: 'a', entity, workload });
  const quiet = async (
    member: Member,
  ): Promise<[string, string, (entity: string, workload: string) => boolean]> => {
    const { command, covers = '' } = answersOf(alertOf([member])).at(-1)!;
    const { matchers } = await silenceBy(command);
    const { detector } = member;
    return [
      command,
      covers,
      (entity, workload) =>
        matchesAll(matchers, { detector, entity, workload, metric: '', severity: 'info' }),
    ];
  };
  const [command, covers, matches] = await quiet(pod('sh.op/payment-5ff676694b-fzj9z', 'payment'));
  assert.match(
    command,
    /'detector = "shop"' 'workload = "payment"' 'entity =~ "sh\\\\\.op\/\[\^\/\]\+"' --for 2h/,
  );
  assert.equal(covers, 'what its detector finds in its workload, also pods that are new');
  assert.ok(matches('sh.op/payment-5ff676694b-x2x4z', 'payment'), 'a sibling');
  assert.ok(matches('sh.op/payment-6d4cf56db6-x2x4z', 'payment'), 'a successor');
  assert.ok(!matches('staging/payment-6d4cf56db6-x2x4z', 'payment'), 'of another namespace');
  assert.ok(!matches('sh.op/orders-6d4cf56db6-x2x4z', 'orders'), 'of another workload');
  const [bare] = await quiet(pod('payment-5ff676694b-fzj9z', 'payment'));
  assert.match(bare, /'workload = "payment"' --for 2h/);
  // Of a container, that container.
  const [, , ofContainer] = await quiet(pod('shop/payment-5ff676694b-fzj9z/app', 'payment'));
  assert.ok(ofContainer('shop/payment-6d4cf56db6-x2x4z/app', 'payment'));
  assert.ok(!ofContainer('shop/payment-6d4cf56db6-x2x4z/proxy', 'payment'));
  // What is called so again: a StatefulSet's pod, and what is no pod.
  for (const [entity, workload] of [
    ['shop/db-0', 'db'],
    ['shop/disk-bcdfg', 'shop/disk-bcdfg'],
  ] as const) {
    const [own, said] = await quiet(pod(entity, workload));
    assert.ok(own.includes(`'entity = "${entity}"' --for 2h`), own);
    assert.equal(said, 'this entity alone');
  }
  const { text } = renderAlert(alertOf([pod('shop/payment-5ff676694b-fzj9z', 'payment')]));
  assert.match(
    text,
    /^Quiet for 2 hours: tidewatch .*\n {2}covers: {10}what its detector finds in its workload, also pods that are new$/m,
  );
});

test('whatever a name holds, the silence is of it', async () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.stringMatching(/^[a-z"'\\$`!|*. ]{1,12}$/),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 3 }), async (entities) => {
      const members = entities.map((entity) => ({ detector: 'shop', entity, workload: entity }));
      const { command } = listAnswers({ incidentId: 'i1', bucket: 'alerts-of-prod', members }).at(-1)!;
      const { matchers } = await silenceBy(command);
      for (const each of members)
        assert.ok(matchesAll(matchers, { ...each, metric: '', severity: 'info' }), command);
    }),
    { numRuns: 60 },
  );
});
