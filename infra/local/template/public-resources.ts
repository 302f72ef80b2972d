/** Addresses of functions, who may use them, and secrets. */
import { functionUrl } from '../lambda/function-url.ts';
import { functionOf } from './function-of.ts';
import type { Properties } from './properties.ts';
import type { Created, Site } from './resources.ts';
import { TemplateError } from './template-error.ts';

export async function createFunctionUrl(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const { name, arn } = functionOf(logicalId, properties.text('TargetFunctionArn'), site);
  const authType = properties.text('AuthType');
  if (authType !== 'NONE') throw new TemplateError(logicalId, `AuthType ${authType} is not emulated`);
  site.functionUrls.add(name);
  const url = functionUrl(site.endpoint, name);
  return { ref: arn, attributes: { FunctionArn: arn, FunctionUrl: url } };
}

/** Services may invoke functions in any case; of interest is what everybody may. */
export async function permit(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  const { name } = functionOf(logicalId, properties.text('FunctionName'), site);
  const action = properties.text('Action');
  properties.ignore('FunctionUrlAuthType', 'InvokedViaFunctionUrl', 'SourceAccount', 'SourceArn');
  if (properties.text('Principal') === '*')
    site.publicActions.set(name, [...(site.publicActions.get(name) ?? []), action]);
  return { ref: `${site.stackName}-${logicalId}`, attributes: {} };
}

export async function createSecret(
  logicalId: string,
  properties: Properties,
  site: Site,
): Promise<Omit<Created, 'type'>> {
  properties.ignore('Description');
  const generated = properties.object('GenerateSecretString');
  const length = generated.number('PasswordLength', 32);
  if (!generated.boolean('ExcludePunctuation', false))
    throw new TemplateError(logicalId, 'a secret with punctuation is not emulated');
  const { arn } = await site.secrets.ensure(properties.text('Name', `${site.stackName}-${logicalId}`), {
    length,
  });
  return { ref: arn, attributes: { Id: arn } };
}
