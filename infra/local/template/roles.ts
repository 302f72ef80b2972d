/** The template's roles: what the functions and the scheduler are judged by. */
import { ACCOUNT_ID } from '../contract.ts';
import type { Role } from '../iam/access.ts';
import { readPolicy } from '../iam/policy.ts';
import { type Properties, readProperties } from './properties.ts';
import type { Created, Site } from './resources.ts';
import { TemplateError } from './template-error.ts';

export async function createRole(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('RoleName', `${site.stackName}-${logicalId}`);
  const arn = `arn:aws:iam::${ACCOUNT_ID}:role/${name}`;
  properties.ignore('Description', 'Path');
  const assumedBy = readServices(`${logicalId} AssumeRolePolicyDocument`, properties);
  const statements = properties.list('Policies').flatMap((values) => {
    const policy = readProperties(`${logicalId} Policies`, values);
    policy.ignore('PolicyName');
    return readPolicy(`${logicalId} Policies`, policy.object('PolicyDocument'));
  });
  site.roles.set(arn, { name, arn, assumedBy, statements });
  return { ref: name, attributes: { Arn: arn } };
}

export async function createRolePolicy(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const roleName = properties.text('RoleName');
  const role = [...site.roles.values()].find(({ name }) => name === roleName);
  if (role === undefined) throw new TemplateError(logicalId, 'RoleName is no role of this template');
  const name = properties.text('PolicyName');
  role.statements.push(...readPolicy(logicalId, properties.object('PolicyDocument')));
  return { ref: `${role.name}|${name}`, attributes: {} };
}

/** @throws TemplateError where the template has no such role, or the service may not take it on */
export function roleOf(logicalId: string, arn: string, service: string, site: Site): Role {
  const role = site.roles.get(arn);
  if (role === undefined) throw new TemplateError(logicalId, `${arn} is not a role of this template`);
  if (role.assumedBy.includes(service)) return role;
  throw new TemplateError(logicalId, `${role.name} cannot be assumed by ${service}`);
}

/** Services that may take the role on. Conditions on them (such as the account) hold here. */
function readServices(where: string, properties: Properties): string[] {
  const document = properties.object('AssumeRolePolicyDocument');
  document.ignore('Version');
  return document.list('Statement').flatMap((values) => {
    const statement = readProperties(where, values);
    statement.ignore('Sid', 'Condition');
    const allows = statement.text('Effect') === 'Allow' && statement.text('Action') === 'sts:AssumeRole';
    const principal = statement.object('Principal');
    const services = [principal.value('Service') ?? []].flat().map(String);
    statement.finish();
    return allows ? services : [];
  });
}
