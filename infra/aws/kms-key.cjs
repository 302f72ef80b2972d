/**
 * The deployment's own key of KMS. serverless.yml takes it from here; CommonJS, because that is what Serverless loads. What is no
 * ARN of a key fails the packaging and not, much later, the deployment.
 */
const ARN = /^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;
/** Of nobody: in what a template leaves out, a value has the form of one all the same. */
const NO_KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000';

module.exports = async ({ resolveVariable }) => {
  const arn = (await resolveVariable('param:kmsKeyArn')).trim();
  // An alias is none: the policies of roles name what a key is, and not what it is called.
  if (arn !== '' && !ARN.test(arn))
    throw new Error(
      `kmsKeyArn is ${JSON.stringify(arn)}, not the ARN of a key such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-…`,
    );
  return { arn: arn === '' ? NO_KEY : arn, uses: arn === '' ? 'off' : 'on' };
};
