/** Roles and the keys that act for them: what each was refused, and what it was granted and never used. */
import { randomBytes } from 'node:crypto';
import { ACCOUNT_ID, AwsError, type Permissions } from '../contract.ts';
import { findGrants, type Grant, listGrants, type Statement } from './policy.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  /** Services that may take it on: lambda.amazonaws.com, … */
  readonly assumedBy: readonly string[];
  /** Further policies may be added. */
  readonly statements: Statement[];
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A grant, or the lack of one, of a role. */
export interface RoleGrant extends Grant {
  readonly role: string;
}

export interface Access {
  /** Access key → secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A new key that acts for the role. */
  issueKey(role: Role): AwsCredentials;
  /** Undefined for the key that may do everything. */
  permissionsOf(accessKeyId: string): Permissions | undefined;
  /** Of what acts for a role in process. */
  actAs(role: Role): Permissions;
  /** What was asked for and not allowed, each once, in the order of the first time. */
  readonly denials: readonly RoleGrant[];
  /** What roles are allowed and nobody asked for yet, as the policies have it. */
  listUnused(): RoleGrant[];
}

/** The key of whoever runs the emulator, and its secret: it may do everything. */
export const ACCESS_KEY_ID = 'test';
export const SECRET_ACCESS_KEY = 'test';

/** Services that name it in their own way. */
const DENIAL_CODES: Readonly<Record<string, string>> = {
  lambda: 'AccessDeniedException',
  secretsmanager: 'AccessDeniedException',
  sns: 'AuthorizationError',
};

export function createAccess(log: (line: string) => void): Access {
  const secrets: Record<string, string> = { [ACCESS_KEY_ID]: SECRET_ACCESS_KEY };
  const roles = new Map<string, Role>();
  const roleOfKey = new Map<string, Role>();
  const used = new Set<string>();
  const denials = new Map<string, RoleGrant>();

  function actAs(role: Role): Permissions {
    roles.set(role.arn, role);
    function check(action: string, resource: string): boolean {
      const grants = findGrants(role.statements, { action, resource });
      for (const grant of grants) used.add(nameGrant(role, grant));
      if (grants.length > 0) return true;
      const name = nameGrant(role, { action, resource });
      if (!denials.has(name)) log(`iam: ${role.name} has no permission for ${action} on ${resource}`);
      denials.set(name, { role: role.name, action, resource });
      return false;
    }
    return {
      role: role.name,
      check,
      require(action, resource) {
        if (check(action, resource)) return;
        const [service = ''] = action.split(':');
        throw new AwsError(
          DENIAL_CODES[service] ?? 'AccessDenied',
          403,
          `User: arn:aws:sts::${ACCOUNT_ID}:assumed-role/${role.name} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`,
        );
      },
    };
  }

  return {
    secrets,
    actAs,
    issueKey(role) {
      roles.set(role.arn, role);
      const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
      const secretAccessKey = randomBytes(20).toString('hex');
      secrets[accessKeyId] = secretAccessKey;
      roleOfKey.set(accessKeyId, role);
      return { accessKeyId, secretAccessKey };
    },
    permissionsOf(accessKeyId) {
      const role = roleOfKey.get(accessKeyId);
      return role && actAs(role);
    },
    get denials() {
      return [...denials.values()];
    },
    listUnused: () =>
      [...roles.values()].flatMap((role) =>
        listGrants(role.statements)
          .filter((grant) => !used.has(nameGrant(role, grant)))
          .map((grant) => ({ role: role.name, ...grant })),
      ),
  };
}

function nameGrant({ arn }: Role, { action, resource }: Grant): string {
  return `${arn} ${action} ${resource}`;
}
