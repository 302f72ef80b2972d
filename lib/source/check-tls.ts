/** Certificates that cannot hold are told of by name, before a handshake fails for a reason that nobody understands. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { SettingError } from '../base/errors.ts';
import type { TlsMaterial } from '../config/tls-setting.ts';

const BLOCK =
  /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** @throws SettingError that says which of them it is, and shows none */
export function checkTls({ ca, cert, key }: TlsMaterial, { protocol, host }: URL): void {
  if (protocol !== 'https:')
    throw bad(`certificates are set for ${host}, whose address is ${protocol}// and not https://`);
  if ((cert === undefined) !== (key === undefined))
    throw bad(`of the certificate and its key for ${host}, one is missing`);
  // Node passes over an authority that it cannot read, and would then trust nobody.
  if (ca !== undefined) checkCertificates(ca, `the authorities (ca) for ${host}`);
  if (cert === undefined || key === undefined) return;
  checkCertificates(cert, `the certificate (cert) for ${host}`);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw bad(
      `the key for ${host} is no PEM of an unencrypted private key that belongs to the certificate (${codeOf(cause)})`,
    );
  }
}

function checkCertificates(pem: string, subject: string): void {
  const begun = pem.match(/-----BEGIN /g)?.length ?? 0;
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length < begun)
    throw bad(
      `${subject} must be PEM certificates and nothing else: ${blocks.length} of ${begun} blocks are one`,
    );
  for (const [index, block] of blocks.entries())
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw bad(`${subject} cannot be read: certificate ${index + 1} of ${blocks.length} (${codeOf(cause)})`);
    }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}

function bad(message: string): SettingError {
  return new SettingError('bad-tls', message);
}
