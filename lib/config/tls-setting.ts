/** What a server behind TLS is trusted by, and what is shown to it. */
import { SettingError } from '../base/errors.ts';

/** Where the PEM texts are: in a secret as `{"ca": …, "cert": …, "key": …}`, each of them optional, or in files. */
export type TlsSetting =
  | { readonly kind: 'secret'; readonly secretArn: string }
  | {
      readonly kind: 'files';
      readonly caFile?: string | undefined;
      readonly certFile?: string | undefined;
      readonly keyFile?: string | undefined;
    };

/** PEM texts. */
export interface TlsMaterial {
  /** Certificates that are trusted, in place of those of public authorities. */
  readonly ca?: string | undefined;
  /** Of the client, with the chain up to what the server trusts; and its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const MEMBERS = ['ca', 'cert', 'key'] as const;

/**
 * @param secretArn for the message: what the text is, no message shows
 * @throws SettingError where it has another form
 */
export function parseTlsSecret(text: string, secretArn: string): TlsMaterial {
  const members = parseObject(text);
  const given = MEMBERS.filter((name) => members?.[name] !== undefined);
  if (members !== undefined && given.length > 0 && given.every((name) => typeof members[name] === 'string'))
    return Object.fromEntries(given.map((name) => [name, members[name]]));
  throw new SettingError(
    'bad-secret',
    `the secret ${secretArn} is not {"ca": "…", "cert": "…", "key": "…"} with PEM texts; ca alone, or cert and key alone, will do`,
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
