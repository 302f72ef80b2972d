/**
 * The deployment's parameters about the VPC, as lists. serverless.yml takes them from here; CommonJS, because that is what
 * Serverless loads. A half or a misspelt one fails the packaging and not, much later, the deployment.
 */
const LISTS = {
  vpcSubnetIds: { id: /^subnet-[0-9a-f]{8,17}$/, example: 'subnet-0a1b2c3d4e5f60718' },
  vpcSecurityGroupIds: { id: /^sg-[0-9a-f]{8,17}$/, example: 'sg-0a1b2c3d4e5f60718' },
};

module.exports = async ({ resolveVariable }) => {
  const given = async (name) => String((await resolveVariable(`param:${name}`)) ?? '').trim();
  const subnetIds = readList('vpcSubnetIds', await given('vpcSubnetIds'));
  const securityGroupIds = readList('vpcSecurityGroupIds', await given('vpcSecurityGroupIds'));
  if ((subnetIds.length === 0) !== (securityGroupIds.length === 0))
    throw new Error('vpcSubnetIds and vpcSecurityGroupIds need each other: one of them is empty');
  const deliver = await given('vpcDeliver');
  if (!['', 'off', 'on'].includes(deliver))
    throw new Error(`vpcDeliver is ${JSON.stringify(deliver)}: on or off`);
  if (deliver === 'on' && subnetIds.length === 0)
    throw new Error('vpcDeliver is on, and there is no VPC: set vpcSubnetIds and vpcSecurityGroupIds');
  return {
    // A list that nobody takes may not be empty in a template, and has the form of one.
    subnetIds: subnetIds.length > 0 ? subnetIds : ['subnet-00000000'],
    securityGroupIds: securityGroupIds.length > 0 ? securityGroupIds : ['sg-00000000'],
    export: subnetIds.length > 0 ? 'on' : 'off',
    deliver: deliver || 'off',
  };
};

/** Comma-separated; spaces around an id do not count. */
function readList(name, text) {
  if (text === '') return [];
  const { id, example } = LISTS[name];
  const ids = text.split(',').map((part) => part.trim());
  const wrong = ids.find((part) => !id.test(part));
  if (wrong !== undefined)
    throw new Error(`${name} holds ${JSON.stringify(wrong)}, which is no id such as ${example}`);
  if (new Set(ids).size < ids.length) throw new Error(`${name} holds the same id twice: ${text}`);
  return ids;
}
