import { SettingError } from '../base/errors.ts';
import { parsePrometheusSecret } from '../config/prometheus-secret.ts';
import type { PrometheusAuthSetting, PrometheusSettings } from '../config/source-settings.ts';
import { parseTlsSecret, type TlsMaterial, type TlsSetting } from '../config/tls-setting.ts';
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
  /** The text of a file by its path. */
  readonly readFile: (path: string) => Promise<string>;
  /** For SigV4. */
  readonly credentials: () => Promise<AwsCredentials>;
}

/** Settings with their secrets and files looked up. @throws SettingError where one has another form, or cannot be read */
export async function resolveEndpoint(
  settings: PrometheusSettings,
  secrets: EndpointSecrets,
): Promise<PrometheusEndpoint> {
  const { url, headers, concurrency = DEFAULT_CONCURRENCY, tls } = settings;
  return {
    url,
    auth: await resolveAuth(settings.auth, secrets),
    headers,
    timeoutMs: DEFAULT_TIMEOUT_MS,
    concurrency,
    retries: DEFAULT_RETRIES,
    ...(tls !== undefined && { tls: await resolveTls(tls, secrets) }),
  };
}

async function resolveAuth(auth: PrometheusAuthSetting, secrets: EndpointSecrets): Promise<PrometheusAuth> {
  if (auth.kind === 'secret') return parsePrometheusSecret(await secrets.readSecret(auth.secretArn), auth);
  if (auth.kind === 'sigv4') return { ...auth, credentials: secrets.credentials };
  if (auth.kind !== 'file') return auth;
  // Editors end a file with a line break.
  const text = (await readText(auth.path, secrets)).replace(/\r?\n$/, '');
  if (auth.scheme === 'bearer') return { kind: 'bearer', token: text };
  return { kind: 'basic', username: auth.username, password: text };
}

async function resolveTls(tls: TlsSetting, secrets: EndpointSecrets): Promise<TlsMaterial> {
  if (tls.kind === 'secret') return parseTlsSecret(await secrets.readSecret(tls.secretArn), tls.secretArn);
  const { caFile, certFile, keyFile } = tls;
  return {
    ...(caFile !== undefined && { ca: await readText(caFile, secrets) }),
    ...(certFile !== undefined && { cert: await readText(certFile, secrets) }),
    ...(keyFile !== undefined && { key: await readText(keyFile, secrets) }),
  };
}

async function readText(path: string, { readFile }: EndpointSecrets): Promise<string> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new SettingError('unreadable-file', `the file ${path} for Prometheus cannot be read: ${code}`, {
      cause,
    });
  }
}
