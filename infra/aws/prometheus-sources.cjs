/**
 * The parameter prometheusSources for the template: as the function reads it, and the secrets that its role may read. A list
 * that cannot hold fails the packaging.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parsePrometheusSources, secretsOfSources } = require('../../lib/config/prometheus-sources.ts');

/** Of a function's environment AWS takes 4 KB in all: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const MOST_BYTES = 3_072;

module.exports = async ({ resolveVariable }) => {
  const given = async (name) => (await resolveVariable(`param:${name}`)) ?? '';
  const json = readList(await given('prometheusSources'));
  const region = await resolveVariable('self:provider.region');
  const sources =
    json === '' ? new Map() : parsePrometheusSources(json, { source: 'prometheusSources', region });
  const own = [await given('prometheusSecretArn'), await given('prometheusTlsSecretArn')].filter(Boolean);
  const secretArns = [...new Set([...own, ...secretsOfSources(sources.values())])];
  const signs = [...sources.values()].some(({ auth }) => auth.kind === 'sigv4');
  return {
    json,
    hasSecrets: secretArns.length > 0 ? 'on' : 'off',
    // A list that nobody takes may not be empty in a template.
    secretArns: secretArns.length > 0 ? secretArns : [''],
    signs: signs || (await given('prometheusAuth')) === 'sigv4' ? 'on' : 'off',
  };
};

/** JSON, the path of a file with it beside serverless.yml, or what `params` of serverless.yml has as a map. */
function readList(given) {
  const text = typeof given === 'string' ? given.trim() : JSON.stringify(given);
  if (text === '') return '';
  const json = text.startsWith('{') ? text : readFileSync(join(__dirname, '../..', text), 'utf8');
  // Without line breaks, which the file has for people.
  const short = JSON.stringify(JSON.parse(json));
  const size = Buffer.byteLength(short);
  if (size > MOST_BYTES)
    throw new Error(`prometheusSources has ${size} bytes, and a function takes ${MOST_BYTES}`);
  return short;
}
