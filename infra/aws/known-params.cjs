/**
 * The names of the deployment's parameters. serverless.yml takes them from here; CommonJS, because that is what Serverless
 * loads. A name that is none of them, which Serverless itself passes over, fails the packaging: what it was meant to set
 * would stay unset without a word.
 */
module.exports = async ({ options, resolveConfigurationProperty }) => {
  const stages = Object.values(await resolveConfigurationProperty(['params']));
  // A stage all of whose parameters are commented out is null.
  const known = stages.flatMap((params) => Object.keys(params ?? {}));
  const given = [options.param ?? []].flat().map((text) => text.split('=', 1)[0]);
  const unknown = given.find((name) => !known.includes(name));
  if (unknown === undefined) return known;
  const meant = known.find((name) => name.toLowerCase() === unknown.toLowerCase());
  throw new Error(
    `--param names ${JSON.stringify(unknown)}, which is no parameter; ${meant ? `did you mean ${meant}?` : `they are ${known.join(', ')}`}`,
  );
};
