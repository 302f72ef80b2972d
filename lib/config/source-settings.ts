/** Where metrics come from, and how that is asked: of the environment, or of the deployment's list by name. */
import type { TlsSetting } from './tls-setting.ts';

/** One kind a source that there is; `openSource` opens it. */
export type SourceSettings = PrometheusSettings;

export interface PrometheusSettings {
  readonly kind: 'prometheus';
  readonly url: string;
  readonly auth: PrometheusAuthSetting;
  /** Sent with every request, such as `X-Scope-OrgID`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Queries at a time; absent: as `DEFAULT_CONCURRENCY`. */
  readonly concurrency?: number;
  /** Absent: public authorities are trusted, and no certificate is shown. */
  readonly tls?: TlsSetting;
}

export type PrometheusAuthSetting =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'sigv4'; readonly region: string }
  /** The credentials are in a secret; `parsePrometheusSecret` reads its text. */
  | { readonly kind: 'secret'; readonly scheme: 'bearer' | 'basic'; readonly secretArn: string }
  /** The token or the password is what the file holds. */
  | { readonly kind: 'file'; readonly scheme: 'bearer'; readonly path: string }
  | { readonly kind: 'file'; readonly scheme: 'basic'; readonly username: string; readonly path: string };
