import { SettingError } from '../base/errors.ts';
import type { PrometheusAuthSetting } from './source-settings.ts';

/**
 * The credentials in a secret's text. bearer: the token itself or `{"token": …}`; basic: `{"username": …, "password": …}`,
 * the form that AWS Secrets Manager gives to database credentials.
 * @param secretArn for the message: what the text is, no message shows
 * @throws SettingError where it has another form
 */
export function parsePrometheusSecret(
  text: string,
  { scheme, secretArn }: PrometheusAuthSetting & { readonly kind: 'secret' },
): PrometheusAuthSetting & { readonly kind: 'bearer' | 'basic' } {
  const members = parseObject(text);
  if (scheme === 'bearer') {
    const token = members === undefined ? text.trim() : members.token;
    if (typeof token === 'string' && token !== '') return { kind: 'bearer', token };
    throw new SettingError('bad-secret', `the secret ${secretArn} is neither a token nor {"token": "…"}`);
  }
  const { username, password } = members ?? {};
  if (typeof username === 'string' && typeof password === 'string')
    return { kind: 'basic', username, password };
  throw new SettingError('bad-secret', `the secret ${secretArn} is not {"username": "…", "password": "…"}`);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
