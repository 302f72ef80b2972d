/**
 * What the services' published descriptions say of the requests that receivers make, in JSON Schema: members, types, values and
 * limits of what is sent, and nothing else allowed. Written by hand, as the descriptions are larger, in several formats, and
 * of several licences:
 * - PagerDuty: github.com/PagerDuty/api-schema, reference/events-v2/openapiv3.json; limits of developer.pagerduty.com/docs
 * - Opsgenie: github.com/opsgenie/opsgenie-oas, definitions/alert.yaml; limits of docs.opsgenie.com/docs/alert-api
 * - Teams: github.com/microsoft/AdaptiveCards, schemas/1.4.0/adaptive-card.json; `msteams` of learn.microsoft.com
 * - Alertmanager: github.com/prometheus/alertmanager, api/v2/openapi.yaml; label names of its data model
 * - Slack: docs.slack.dev/reference/block-kit
 */
type Schema = Readonly<Record<string, unknown>>;

const text = (maxLength: number): Schema => ({ type: 'string', minLength: 1, maxLength });
const time = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' };
const address = { type: 'string', pattern: '^https?://' };

function object(required: Schema, optional: Schema = {}): Schema {
  return {
    type: 'object',
    required: Object.keys(required),
    properties: { ...required, ...optional },
    additionalProperties: false,
  };
}

function list(items: Schema, maxItems: number, minItems = 1): Schema {
  return { type: 'array', items, minItems, maxItems };
}

const pagerDuty = object(
  {
    routing_key: { type: 'string' },
    event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    // Optional there for a trigger; without it nothing that comes later would belong to it.
    dedup_key: text(255),
    payload: object(
      {
        summary: text(1024),
        source: { type: 'string', minLength: 1 },
        severity: { enum: ['critical', 'error', 'warning', 'info'] },
      },
      {
        timestamp: time,
        component: { type: 'string' },
        group: { type: 'string' },
        class: { type: 'string' },
        custom_details: { type: 'object' },
      },
    ),
  },
  {
    client: { type: 'string' },
    client_url: address,
    links: list(object({ href: address }, { text: { type: 'string' } }), 100, 0),
  },
);

const priority = { enum: ['P1', 'P2', 'P3', 'P4', 'P5'] };
const strings = { type: 'object', additionalProperties: { type: 'string' } };
const opsgenieAlert = object(
  { message: text(130) },
  {
    alias: text(512),
    description: { type: 'string', maxLength: 15_000 },
    details: strings,
    entity: { type: 'string', maxLength: 512 },
    source: { type: 'string', maxLength: 100 },
    priority,
    tags: list({ type: 'string', maxLength: 50 }, 20, 0),
  },
);
const opsgenieNote = object({ note: text(25_000) }, { source: { type: 'string', maxLength: 100 } });
const opsgenie = {
  oneOf: [
    object({ method: { const: 'POST' }, path: { const: '/v2/alerts' }, body: opsgenieAlert }),
    object({
      method: { const: 'POST' },
      path: { type: 'string', pattern: '^/v2/alerts/[^/]+/(notes|close)\\?identifierType=alias$' },
      body: opsgenieNote,
    }),
    object({
      method: { const: 'PUT' },
      path: { type: 'string', pattern: '^/v2/alerts/[^/]+/priority\\?identifierType=alias$' },
      body: object({ priority }),
    }),
  ],
};

const run = object(
  { type: { const: 'TextRun' }, text: { type: 'string', minLength: 1 } },
  {
    weight: { enum: ['Default', 'Lighter', 'Bolder'] },
    size: { enum: ['Default', 'Small', 'Medium', 'Large', 'ExtraLarge'] },
    color: { enum: ['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention'] },
    fontType: { enum: ['Default', 'Monospace'] },
  },
);
const teams = object({
  type: { const: 'message' },
  attachments: list(
    object({
      contentType: { const: 'application/vnd.microsoft.card.adaptive' },
      content: object(
        {
          $schema: { const: 'http://adaptivecards.io/schemas/adaptive-card.json' },
          type: { const: 'AdaptiveCard' },
          version: { const: '1.4' },
          body: list(object({ type: { const: 'RichTextBlock' }, inlines: list(run, 100) }), 1000),
        },
        {
          speak: { type: 'string' },
          actions: list(
            object({ type: { const: 'Action.OpenUrl' }, url: address }, { title: { type: 'string' } }),
            6,
            0,
          ),
          msteams: object({ width: { const: 'Full' } }),
        },
      ),
    }),
    1,
  ),
});

const labels = (name: string): Schema => ({
  type: 'object',
  propertyNames: { pattern: name },
  additionalProperties: { type: 'string', minLength: 1 },
});
const alertmanager = {
  type: 'array',
  items: object(
    {
      labels: {
        ...labels('^[a-zA-Z_][a-zA-Z0-9_]*$'),
        properties: { alertname: { type: 'string', minLength: 1 } },
        required: ['alertname'],
      },
    },
    {
      annotations: labels('^[a-zA-Z_][a-zA-Z0-9_]*$'),
      startsAt: time,
      endsAt: time,
      generatorURL: address,
    },
  ),
};

const plain = (most: number): Schema => object({ type: { const: 'plain_text' }, text: text(most) });
const markdown = (most: number): Schema => object({ type: { const: 'mrkdwn' }, text: text(most) });
const slack = object({
  text: text(40_000),
  blocks: list(
    {
      oneOf: [
        object({ type: { const: 'header' }, text: plain(150) }),
        object({ type: { const: 'section' }, text: markdown(3000) }),
        object({ type: { const: 'section' }, fields: list(markdown(2000), 10) }),
        object({ type: { const: 'context' }, elements: list(markdown(3000), 10) }),
      ],
    },
    50,
  ),
});

/** Of one request's body; of Opsgenie with method and path. */
export const RECEIVER_SCHEMAS: Readonly<Record<string, Schema>> = {
  slack,
  pagerDuty,
  opsgenie,
  teams,
  alertmanager,
};
