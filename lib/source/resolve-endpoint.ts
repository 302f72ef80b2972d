import { parsePrometheusSecret } from '../config/prometheus-secret.ts';
import type { PrometheusAuthSetting, PrometheusSettings } from '../config/settings.ts';
import {
  type AwsCredentials,
  DEFAULT_CONCURRENCY,
  DEFAULT_RETRIES,
  DEFAULT_TIMEOUT_MS,
  type PrometheusAuth,
  type PrometheusEndpoint,
} from './prometheus-endpoint.ts';

export interface EndpointSecrets {
  /** The text of a secret by its ARN. */
  readonly readSecret: (arn: string) => Promise<string>;
  /** For SigV4. */
  readonly credentials: () => Promise<AwsCredentials>;
}

/** Settings with their secrets looked up. @throws SettingError where a secret has another form */
export async function resolveEndpoint(
  settings: PrometheusSettings,
  secrets: EndpointSecrets,
): Promise<PrometheusEndpoint> {
  return {
    url: settings.url,
    auth: await resolveAuth(settings.auth, secrets),
    headers: settings.headers,
    timeoutMs: DEFAULT_TIMEOUT_MS,
    concurrency: DEFAULT_CONCURRENCY,
    retries: DEFAULT_RETRIES,
  };
}

async function resolveAuth(auth: PrometheusAuthSetting, secrets: EndpointSecrets): Promise<PrometheusAuth> {
  if (auth.kind === 'secret') return parsePrometheusSecret(await secrets.readSecret(auth.secretArn), auth);
  if (auth.kind === 'sigv4') return { ...auth, credentials: secrets.credentials };
  return auth;
}
