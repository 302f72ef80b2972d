/**
 * State machines of Step Functions: kept as they are declared, and not run. Whoever has an interpreter finds here what it needs.
 */
import { ACCOUNT_ID } from '../contract.ts';
import type { Role } from '../iam/access.ts';
import type { Properties } from './properties.ts';
import type { Created, Site } from './resources.ts';
import { roleOf } from './roles.ts';
import { TemplateError } from './template-error.ts';

export interface StateMachine {
  readonly arn: string;
  /** Amazon States Language, with every reference resolved. */
  readonly definition: object;
  readonly role: Role;
}

export async function createStateMachine(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const name = properties.text('StateMachineName', `${site.stackName}-${logicalId}`);
  const arn = `arn:aws:states:${site.region}:${ACCOUNT_ID}:stateMachine:${name}`;
  properties.ignore('StateMachineType');
  const definition = properties.value('Definition');
  if (typeof definition !== 'object' || definition === null)
    throw new TemplateError(logicalId, 'Definition is missing; no other form is emulated');
  const role = roleOf(logicalId, properties.text('RoleArn'), 'states.amazonaws.com', site);
  site.stateMachines.set(logicalId, { arn, definition, role });
  site.log(`step functions: ${name} is kept as declared; executions are not emulated`);
  return { ref: arn, attributes: { Arn: arn, Name: name } };
}
