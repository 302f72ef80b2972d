/**
 * The parameters about backfills, checked. serverless.yml takes them from here; CommonJS, because that is what Serverless loads.
 */
const { parsePrometheusSources } = require('../../lib/config/prometheus-sources.ts');
const readSources = require('./prometheus-sources.cjs');

/** Of a source that says nothing else. */
const DEFAULT_CONCURRENCY = 4;

module.exports = async (serverless) => {
  const given = async (name) => String((await serverless.resolveVariable(`param:${name}`)) ?? '').trim();
  const uses = (await given('backfill')) || 'off';
  if (!['off', 'on'].includes(uses)) throw new Error(`backfill is ${JSON.stringify(uses)}: on or off`);
  const text = (await given('backfillConcurrency')) || '2';
  const concurrency = Number(text);
  if (!(Number.isInteger(concurrency) && concurrency >= 1))
    throw new Error(`backfillConcurrency is ${JSON.stringify(text)}, not a whole number above 0`);
  if (uses === 'on') {
    const { json } = await readSources(serverless);
    const region = await serverless.resolveVariable('self:provider.region');
    const sources =
      json === '' ? new Map() : parsePrometheusSources(json, { source: 'prometheusSources', region });
    const hasOwn = (await given('prometheusUrl')) !== '';
    if (!hasOwn && sources.size === 0)
      throw new Error('backfill is on, and there is no Prometheus: set prometheusUrl or prometheusSources');
    const own = Number((await given('prometheusConcurrency')) || DEFAULT_CONCURRENCY);
    const bounds = [
      ...(hasOwn ? [['prometheusConcurrency', own]] : []),
      ...[...sources].map(([name, source]) => [
        `the concurrency of ${name}`,
        source.concurrency ?? DEFAULT_CONCURRENCY,
      ]),
    ];
    // Each day asks for one query at a time at least.
    for (const [name, bound] of bounds)
      if (concurrency > bound)
        throw new Error(
          `backfillConcurrency is ${concurrency}, and ${name} is ${bound}: so many days would ask for more at a time`,
        );
  }
  return { uses, concurrency };
};
