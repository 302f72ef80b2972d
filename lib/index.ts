/**
 * What the package gives to other programs: reading the alerts that it publishes, handing them on to services that people
 * have, and checking the manifests that it takes. Everything else is the command line, and may change with any version.
 */
export type { Alert, Reason } from './alert/alert.ts';
export { alertJsonSchema } from './alert/alert-json-schema.ts';
export { parseAlert } from './alert/parse-alert.ts';
export { ManifestError, TidewatchError } from './base/errors.ts';
export type { Detector } from './config/detector.ts';
export { parseManifest } from './config/manifest.ts';
export { manifestJsonSchema } from './config/manifest-schema.ts';
export { toAlertmanagerAlerts } from './receivers/alertmanager.ts';
export { toOpsgenieRequests } from './receivers/opsgenie.ts';
export { toPagerDutyEvent } from './receivers/pagerduty.ts';
export { toSlackMessage } from './receivers/slack.ts';
export { toTeamsMessage } from './receivers/teams.ts';
