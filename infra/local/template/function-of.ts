import type { FunctionConfig } from '../lambda/function-config.ts';
import type { Site } from './resources.ts';
import { TemplateError } from './template-error.ts';

/** By name or ARN. */
export function functionOf(logicalId: string, nameOrArn: string, site: Site): FunctionConfig {
  const config = site.functions.get(nameOrArn.split(':').at(-1) ?? '');
  if (config) return config;
  throw new TemplateError(logicalId, `${nameOrArn} is not a function of this template`);
}
