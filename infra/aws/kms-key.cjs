/**
 * The deployment's own key of KMS. serverless.yml takes it from here; CommonJS, because that is what Serverless loads. What is no
 * ARN of a key fails the packaging and not, much later, the deployment.
 */
const ARN = /^arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;

module.exports = async ({ resolveVariable }) => {
  const arn = (await resolveVariable('param:kmsKeyArn')).trim();
  // An alias is none: the policies of roles name what a key is, and not what it is called.
  if (arn !== '' && !ARN.test(arn))
    throw new Error(
      `kmsKeyArn is ${JSON.stringify(arn)}, not the ARN of a key such as arn:aws:kms:eu-west-1:123456789012:key/1234abcd-…`,
    );
  return { arn };
};
