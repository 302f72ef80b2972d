/**
 * The parameters about jobs of AWS Batch, checked. serverless.yml takes them from here; CommonJS, because that is what Serverless
 * loads. What cannot hold fails the packaging and not, much later, the deployment or a training.
 */
/** By processors: memory in MB, from, to and in steps of: https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html */
const SIZES = {
  1: [2048, 8192, 1024],
  2: [4096, 16384, 1024],
  4: [8192, 30720, 1024],
  8: [16384, 61440, 4096],
  16: [32768, 122880, 8192],
};
/** Of Amazon ECR: the account, the region and the name of the repository. */
const ECR =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9][a-z0-9._/-]*)(?::[\w.-]+|@sha256:[0-9a-f]{64})?$/;
const IMAGE = /^[a-z0-9][\w.:/@-]*$/;
/** Of the memory, what V8 may take: tables and matrices lie beside its heap. */
const HEAP = 0.5;
/** Seconds of one attempt. */
const SECONDS = 12 * 3600;

module.exports = async ({ resolveVariable }) => {
  const given = async (name) => String((await resolveVariable(`param:${name}`)) ?? '').trim();
  const uses = readSwitch('batch', await given('batch'));
  const spot = readSwitch('batchSpot', await given('batchSpot'));
  const image = await given('batchImage');
  const size = readSize(await given('batchVcpus'), await given('batchMemory'));
  if (uses === 'on') {
    for (const name of ['vpcSubnetIds', 'vpcSecurityGroupIds'])
      if ((await given(name)) === '')
        throw new Error(
          `batch is on, and ${name} is empty: containers of AWS Batch need subnets and security groups`,
        );
    if (image === '')
      throw new Error(
        'batch is on, and batchImage is empty: the image that the Dockerfile builds, such as 123456789012.dkr.ecr.eu-west-1.amazonaws.com/tidewatch:0.1.0',
      );
    if (!IMAGE.test(image))
      throw new Error(`batchImage is ${JSON.stringify(image)}, which is no name of an image`);
  }
  const [, account, region, repository] = ECR.exec(image) ?? [];
  return {
    uses,
    // What nobody takes has the form of one all the same.
    image: image || 'none',
    capacity: spot === 'on' ? 'FARGATE_SPOT' : 'FARGATE',
    vcpus: String(size.vcpus),
    memory: String(size.memory),
    // As many trainings side by side as the train function has.
    mostVcpus: 2 * size.vcpus,
    seconds: SECONDS,
    secondsText: String(SECONDS),
    nodeOptions: `--max-old-space-size=${Math.floor(HEAP * size.memory)}`,
    isFromEcr: repository === undefined ? 'off' : uses,
    // The partition is the template's own.
    repository: `${region ?? 'us-east-1'}:${account ?? '000000000000'}:repository/${repository ?? 'none'}`,
  };
};

function readSwitch(name, text) {
  if (!['', 'off', 'on'].includes(text)) throw new Error(`${name} is ${JSON.stringify(text)}: on or off`);
  return text || 'off';
}

function readSize(vcpusText, memoryText) {
  const vcpus = Number(vcpusText || 4);
  const range = SIZES[vcpus];
  if (range === undefined)
    throw new Error(`batchVcpus is ${JSON.stringify(vcpusText)}: one of ${Object.keys(SIZES).join(', ')}`);
  const [least, most, step] = range;
  const memory = Number(memoryText || most);
  if (!(memory >= least && memory <= most && memory % step === 0))
    throw new Error(
      `batchMemory is ${JSON.stringify(memoryText)}: with ${vcpus} processors, ${least} to ${most} MB in steps of ${step}`,
    );
  return { vcpus, memory };
}
