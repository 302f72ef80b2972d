/**
 * `npm run bench -- receiver-schemas --data DIR`: what each receiver is sent, of each state of an incident, held against the
 * services' own descriptions, whole. DIR has checkouts of github.com/PagerDuty/api-schema, opsgenie/opsgenie-oas,
 * microsoft/AdaptiveCards, prometheus/alertmanager and slackapi/node-slack-sdk, of whose types TypeScript checks Slack's messages. The
 * tests hold it against extracts of them: test/helpers/receiver-schemas.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { formatTable } from '../lib/cli/table.ts';
import {
  RECEIVER_NAMES,
  type ReceiverName,
  writeReceiverPayloads,
} from '../test/helpers/receiver-payloads.ts';
import type { Study } from './study.ts';

/** @returns what is wrong with a request, in words; none: nothing */
type Check = (payload: unknown) => readonly string[];
type Described = Record<string, unknown>;

const PAGERDUTY = 'api-schema/reference/events-v2/openapiv3.json';
const OPSGENIE = 'opsgenie-oas/definitions/alert.yaml';
const OPSGENIE_COMMON = 'opsgenie-oas/definitions/common.yaml';
const TEAMS = 'AdaptiveCards/schemas/1.4.0/adaptive-card.json';
const ALERTMANAGER = 'alertmanager/api/v2/openapi.yaml';
const SLACK = 'node-slack-sdk/packages/types/src/index';
const TSC = join(import.meta.dirname, '../node_modules/.bin/tsc');

export const reportReceiverSchemas: Study = async (data) => {
  const checks = openChecks(resolve(data));
  const rows = await Promise.all(
    RECEIVER_NAMES.map(async (receiver) => {
      const payloads = await writeReceiverPayloads(receiver);
      const wrong = payloads.flatMap(({ state, payload }) =>
        checks[receiver](payload).map((what) => `${state}: ${what}`),
      );
      // A description that takes anything would say nothing.
      const refuses = checks[receiver](spoil(payloads[0].payload)).length > 0;
      return { receiver, payloads: payloads.length, wrong, refuses };
    }),
  );
  return {
    text: formatTable([
      ['receiver', 'requests', 'refused', 'refuses a broken one'],
      ...rows.map(({ receiver, payloads, wrong, refuses }) => [
        receiver,
        String(payloads),
        wrong.join('; ') || '0',
        refuses ? 'yes' : 'NO',
      ]),
    ]),
    figures: rows,
    isMissed: rows.some(({ wrong, refuses }) => wrong.length > 0 || !refuses),
  };
};

function openChecks(dir: string): Readonly<Record<ReceiverName, Check>> {
  const read = (file: string): Described => parse(readFileSync(join(dir, file), 'utf8')) as Described;
  const teams = compile(read(TEAMS))('');
  const opsgenie = compile({ definitions: { ...read(OPSGENIE), ...read(OPSGENIE_COMMON) } });
  return {
    slack: (message) => checkTypes(message, join(dir, SLACK)),
    pagerDuty: compile(read(PAGERDUTY))(
      '#/paths/~1enqueue/post/requestBody/content/application~1json/schema',
    ),
    opsgenie: (request) => {
      const { path, body } = request as { readonly path: string; readonly body: unknown };
      return opsgenie(`#/definitions/${nameOpsgenieBody(path)}`)(body);
    },
    teams: (message) => {
      const { attachments } = message as { readonly attachments: readonly { readonly content: Described }[] };
      // Of Teams alone: learn.microsoft.com describes it.
      return attachments.flatMap(({ content: { msteams: _, ...card } }) => teams(card));
    },
    alertmanager: compile(read(ALERTMANAGER))('#/definitions/postableAlerts'),
  };
}

/** @returns what checks by the part of it that a JSON pointer names */
function compile(description: Described): (pointer: string) => Check {
  const { id: _, $schema: __, ...whole } = description;
  // Formats and words of OpenAPI that are none of JSON Schema are passed over.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
  ajv.addSchema({ ...whole, $id: 'description' });
  return (pointer) => {
    const validate = ajv.compile({ $ref: `description${pointer}` });
    return (payload) => {
      validate(payload);
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    };
  };
}

function nameOpsgenieBody(path: string): string {
  if (path === '/v2/alerts') return 'CreateAlertPayload';
  if (path.includes('/priority?')) return 'UpdateAlertPriorityPayload';
  return path.includes('/close?') ? 'CloseAlertPayload' : 'AddNoteToAlertPayload';
}

/** Slack publishes its blocks as types. */
function checkTypes(message: unknown, types: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'receiver-schemas-'));
  try {
    const file = join(folder, 'message.ts');
    writeFileSync(
      file,
      `import type { KnownBlock } from ${JSON.stringify(types)};\n` +
        `export const message: { text: string; blocks: KnownBlock[] } = ${JSON.stringify(message)};\n`,
    );
    const { status, stdout } = spawnSync(
      TSC,
      [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
        file,
      ],
      { encoding: 'utf8' },
    );
    return status === 0 ? [] : [stdout.trim().split('\n')[0]!];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every text a number. */
function spoil(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload), (name, value: unknown) =>
    typeof value === 'string' && name !== 'path' ? 7 : value,
  );
}
